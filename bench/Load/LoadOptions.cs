using System.Globalization;
using CommandLine;

namespace CartRecovery.Bench.Load;

/// <summary>The command line of <c>load</c>.</summary>
[Verb("load")]
public sealed class LoadOptions
{
    [Option("url", Default = "ws://127.0.0.1:8081/v1/stream", MetaValue = "URL",
        HelpText = "The engine's WebSocket stream (ws:// only).")]
    public string Url { get; set; } = "ws://127.0.0.1:8081/v1/stream";

    [Option("tcp", MetaValue = "HOST:PORT",
        HelpText = "Send over plain TCP to this address instead of WebSocket frames to --url: lines of JSON, or length-prefixed MessagePack.")]
    public string? Tcp { get; set; }

    [Option("format", Default = "json", MetaValue = "json|msgpack", HelpText = "How events are encoded. Over WebSocket, MessagePack uses binary messages.")]
    public string Format { get; set; } = "json";

    [Option("key", Default = "sk_demo", HelpText = "The store's key: X-Api-Key of the handshake, the first message over TCP.")]
    public string Key { get; set; } = "sk_demo";

    [Option("connections", Default = 8, HelpText = "Connections, 1-1024; up to four share a thread.")]
    public int Connections { get; set; } = 8;

    [Option("rate", Default = 50_000, MetaValue = "N",
        HelpText = "Events a second over all connections, on a fixed schedule that does not wait for the engine. "
            + "0 sends at full rate, limited only by --in-flight.")]
    public int Rate { get; set; } = 50_000;

    [Option("in-flight", Default = 20_000, MetaValue = "N",
        HelpText = "With --rate 0: the maximum number of unacknowledged events, over all connections.")]
    public int InFlight { get; set; } = 20_000;

    [Option("duration", Default = "60s", HelpText = "How long to send: 500ms, 60s, 5m, 1h.")]
    public string Duration { get; set; } = "60s";

    [Option("carts", Default = 100_000, MetaValue = "N", HelpText = "Carts that the events are spread over, 1-99999999.")]
    public int Carts { get; set; } = 100_000;

    [Option("per-message", Default = 1, MetaValue = "N",
        HelpText = "Events per message or line, at most 1000: 1 sends objects, more sends arrays.")]
    public int PerMessage { get; set; } = 1;

    [Option("events", MetaValue = "FILE",
        HelpText = "Real events as REES46 publishes them (CSV, or CSV.gz); the first 100000 rows are replayed cyclically. "
            + "Default: config/demo/rees46-2019-10-01.csv.gz, in this folder or one above it.")]
    public string? Events { get; set; }

    [Option("items", Default = 0, MetaValue = "N",
        HelpText = "Send each add_to_cart and purchase with N lines in its items, at most 200: its product and those before it. 0 for none. Only with json.")]
    public int Items { get; set; }

    [Option("warm-up", Default = "5s", HelpText = "How long to send before the figures begin: 0s for not at all. Losses count from the start.")]
    public string WarmUp { get; set; } = "0s";

    [Option("metrics", MetaValue = "URL",
        HelpText = "The engine's metrics, read before, every second, and after. Default: /metrics on the host of --url or --tcp, on its port, the one below, "
            + "or 8080. With 'none', only acks are reported.")]
    public string? Metrics { get; set; }

    [Option("drain", Default = "10s", HelpText = "How long to wait for the last acks, and for the engine's counters to catch up.")]
    public string Drain { get; set; } = "10s";

    [Option("compare-journal", MetaValue = "BINARY",
        HelpText = "Start this engine with and without its journal, three times each, alternating, at full rate, and report the journal's cost.")]
    public string? CompareJournal { get; set; }

    [Option("json", MetaValue = "FILE", HelpText = "Also write the report to this file.")]
    public string? Json { get; set; }

    /// <summary>How long to send.</summary>
    internal TimeSpan SendFor => ParseDuration(Duration);

    /// <summary>How long to wait afterwards.</summary>
    internal TimeSpan DrainFor => ParseDuration(Drain);

    /// <summary>How long to send before the figures begin.</summary>
    internal TimeSpan WarmUpFor => ParseDuration(WarmUp);

    /// <summary>Where the metrics may be, in order; empty if they are not wanted.</summary>
    internal IReadOnlyList<Uri> MetricsUris => Metrics is null
        ? [.. new[] { Target.Port, Target.Port - 1, 8080 }.Distinct().Where(port => port > 0).Select(port => new UriBuilder("http", Target.Host, port, "/metrics").Uri)]
        : string.Equals(Metrics, "none", StringComparison.OrdinalIgnoreCase) ? [] : [new Uri(Metrics)];

    /// <summary>The stream's address.</summary>
    internal Target Target => Tcp is null ? Target.WebSocket(Url, Key, EventFormat) : Target.Tcp(Tcp, Key, EventFormat);

    /// <summary>How events are encoded.</summary>
    internal EventFormat EventFormat => Format == "msgpack" ? EventFormat.MessagePack : EventFormat.Json;

    /// <summary>Returns the options' problems, one line each.</summary>
    internal IEnumerable<string> Problems()
    {
        if (Connections is < 1 or > 1024)
        {
            yield return "--connections must be 1-1024";
        }

        if (Rate is < 0 or > 100_000_000)
        {
            yield return "--rate must be 0-100000000";
        }

        if (InFlight < Connections)
        {
            yield return "--in-flight must be at least one for each connection";
        }

        if (Carts < Connections || Carts > 99_999_999)
        {
            yield return "--carts must be at least one for each connection, and at most 99999999";
        }

        if (PerMessage is < 1 or > 1000)
        {
            yield return "--per-message must be 1-1000";
        }

        if (Format is not ("json" or "msgpack"))
        {
            yield return $"--format '{Format}' is neither json nor msgpack";
        }

        if (Items is < 0 or > EventMix.MaxItems || (Items > 0 && EventFormat != EventFormat.Json))
        {
            yield return $"--items must be 0-{EventMix.MaxItems}, and 0 with --format msgpack";
        }

        if (InFlight / Math.Max(1, Connections) < PerMessage)
        {
            yield return "--in-flight must allow each connection a whole message";
        }

        if (ParseDuration(Duration) <= TimeSpan.Zero)
        {
            yield return $"--duration '{Duration}' is not a duration: write 500ms, 60s, 5m or 1h";
        }

        if (ParseDuration(Drain) <= TimeSpan.Zero)
        {
            yield return $"--drain '{Drain}' is not a duration: write 500ms, 60s, 5m or 1h";
        }

        if (ParseDuration(WarmUp) <= TimeSpan.Zero && WarmUp.Trim('0') is not ("" or "s" or "ms"))
        {
            yield return $"--warm-up '{WarmUp}' is not a duration: write 0s, 500ms, 5s or 1m";
        }

        if (Metrics is not null && !string.Equals(Metrics, "none", StringComparison.OrdinalIgnoreCase)
            && !(Uri.TryCreate(Metrics, UriKind.Absolute, out var metrics) && metrics.Scheme is "http" or "https"))
        {
            yield return $"--metrics '{Metrics}' is not an http:// URL";
        }

        if (Tcp is null && !(Uri.TryCreate(Url, UriKind.Absolute, out var url) && url.Scheme is "ws"))
        {
            yield return $"--url '{Url}' is not a ws:// URL";
        }

        if (Tcp is not null && !Uri.TryCreate($"tcp://{Tcp}", UriKind.Absolute, out _))
        {
            yield return $"--tcp '{Tcp}' is not HOST:PORT";
        }
    }

    /// <summary>Parses a duration; zero if invalid, which Problems() reports.</summary>
    internal static TimeSpan ParseDuration(string text)
    {
        var unit = text.TrimStart('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.');
        if (!double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                out var number) || number > 1e6)
        {
            return TimeSpan.Zero;
        }

        return unit switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" or "" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            _ => TimeSpan.Zero,
        };
    }
}
