using System.Globalization;
using System.Net.Sockets;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Crowd;

/// <summary>
/// The <c>crowd</c> command: measures what many streams cost. Shoppers send an event a second each; every other kind sends as much as the
/// engine takes and reads nothing.
/// </summary>
static class CrowdCommand
{
    const string Shoppers = "shoppers", Silent = "silent";

    static readonly string s_usage = $"""
        crowd --binary FILE [--kind shoppers] [--clients 5000] [--duration 10s]
          --kind shoppers: an event a second each, compared with eight connections at the same rate
          --kind {Silent}|{string.Join('|', CrowdBehaviour.Kinds.Keys)}: what others notice meanwhile and one second after, and the engine's memory
        """;

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>crowd</c>.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var values = args.Chunk(2).Where(a => a.Length == 2).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);
        var kind = values.GetValueOrDefault("--kind", Shoppers);
        var time = LoadOptions.ParseDuration(values.GetValueOrDefault("--duration", "10s"));
        if (!values.TryGetValue("--binary", out var binary) || time <= TimeSpan.Zero || (kind is not (Shoppers or Silent) && !CrowdBehaviour.Kinds.ContainsKey(kind))
            || !int.TryParse(values.GetValueOrDefault("--clients", "5000"), CultureInfo.InvariantCulture, out var clients) || clients < 1 || clients > (kind == Silent ? 20_000 : 9_999))
        {
            await Console.Error.WriteLineAsync($"Usage: {s_usage}");
            return 2;
        }

        try
        {
            using var engine = new EngineProcess(binary);
            await engine.StartAsync();
            foreach (var line in engine.Log.Split('\n').Where(line => line.Contains("connections ", StringComparison.Ordinal) || line.Contains("total ", StringComparison.Ordinal)))
            {
                Console.WriteLine(line);
            }

            var passed = kind switch
            {
                Shoppers => await ShopperRun.RunAsync(engine, clients, time),
                Silent => await RunSilentAsync(engine, clients, time),
                _ => await RunAsync(engine, CrowdBehaviour.Kinds[kind](clients), clients, time),
            };
            return passed ? 0 : 1;
        }
        catch (Exception failed) when (failed is LoadException or SocketException || (failed as AggregateException)?.InnerException is LoadException or SocketException)
        {
            await Console.Error.WriteLineAsync((failed.InnerException ?? failed).Message);
            return 1;
        }
    }

    static async Task<bool> RunAsync(EngineProcess engine, CrowdBehaviour behaviour, int clients, TimeSpan time)
    {
        using var probes = new Probes(engine);
        Print("before", await probes.RunAsync(TimeSpan.FromSeconds(3)));
        var before = engine.ResidentBytes;
        using (var crowd = new ClientCrowd(behaviour.Framed ? Target.WebSocket(engine.Url, "sk_demo") : Target.Tcp(engine.Tcp, "sk_demo"), clients))
        {
            var opened = engine.ResidentBytes;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clients:N0} streams opened: {(opened - before) / 1e6:N0} MB more, {(opened - before) / clients:N0} bytes each"));
            crowd.Begin(behaviour);
            Print("during", await probes.RunAsync(time));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{crowd.SentBytes / 1e6:N0} MB taken; engine {engine.ResidentBytes / 1e6:N0} MB, {(engine.ResidentBytes - opened) / 1e6:N0} MB more, at most {engine.PeakBytes / 1e6:N0} MB; {crowd.Ended:N0} streams closed by it"));
        }

        await Task.Delay(TimeSpan.FromSeconds(1));
        Print("one second after", await probes.RunAsync(TimeSpan.FromSeconds(5)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"engine {engine.ResidentBytes / 1e6:N0} MB, at most {engine.PeakBytes / 1e6:N0} MB"));
        return true;
    }

    static async Task<bool> RunSilentAsync(EngineProcess engine, int clients, TimeSpan time)
    {
        using var probes = new Probes(engine);
        Print("before", await probes.RunAsync(TimeSpan.FromSeconds(3)));
        var before = engine.ResidentBytes;
        using (var crowd = new SilentCrowd(clients, engine.StreamPort, engine.HttpPort))
        {
            Print("during", await probes.RunAsync(time));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{crowd.Opened:N0} sockets opened, {clients:N0} at a time; engine {engine.ResidentBytes / 1e6:N0} MB, {(engine.ResidentBytes - before) / 1e6:N0} MB more, at most {engine.PeakBytes / 1e6:N0} MB"));
        }

        await Task.Delay(TimeSpan.FromSeconds(1));
        Print("one second after", await probes.RunAsync(TimeSpan.FromSeconds(3)));
        return true;
    }

    static void Print(string title, IReadOnlyList<ProbeResult> lines) => Console.WriteLine($"{title}:\n  {string.Join("\n  ", lines)}");
}
