using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Events;
using CartRecovery.Host.Composition;
using CartRecovery.Tests.Configuration;

namespace CartRecovery.Tests.Support;

/// <summary>The whole engine in this process: the shipped configuration on free ports, with little memory and no campaigns.</summary>
sealed class InProcessEngine : IAsyncDisposable
{
    public const string Secret = "sk_demo", Publishable = "pk_demo";

    readonly string? _data;
    readonly Action<CartRecoveryConfig>? _change;

    InProcessEngine(EngineHost host, string? data, Action<CartRecoveryConfig>? change)
    {
        Host = host;
        (_data, _change) = (data, change);
        var addresses = host.Addresses;
        Stream = new IPEndPoint(IPAddress.Loopback, addresses[1].Port);
        HttpPort = new IPEndPoint(IPAddress.Loopback, addresses[0].Port);
        Http = new HttpClient { BaseAddress = addresses[0], Timeout = Eventually.Deadline };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Secret);
    }

    public EngineHost Host { get; }

    public IPEndPoint Stream { get; }

    public IPEndPoint HttpPort { get; }

    /// <summary>An HTTP client with the secret key.</summary>
    public HttpClient Http { get; }

    public Counts Counts => Counts.Of(Host);

    public static async Task<InProcessEngine> StartAsync(
        Action<CartRecoveryConfig>? change = null, TimeProvider? time = null, Action<EngineHost>? prepare = null)
    {
        var data = Directory.CreateTempSubdirectory("cartrecovery-").FullName;
        var config = Configure(data, change);
        var host = new EngineHost(config, new MemoryBudget(config, 1L << 40), time ?? TimeProvider.System);
        prepare?.Invoke(host);
        await host.StartAsync();
        return new InProcessEngine(host, data, change);
    }

    /// <summary>An engine that was started elsewhere, whose data folder stays.</summary>
    public static InProcessEngine Of(EngineHost host) => new(host, data: null, change: null);

    /// <summary>Reloads its configuration with further changes.</summary>
    public void Reload(Action<CartRecoveryConfig> change)
    {
        var config = Configure(_data!, _change);
        change(config);
        Host.Apply(config);
    }

    /// <summary>Watches a configuration that is loaded anew with further changes at each request.</summary>
    /// <param name="change">The further changes.</param>
    /// <param name="loading">Runs at each load.</param>
    public void Watch(Action<CartRecoveryConfig> change, Action? loading = null) => Host.Watch("none.yaml", (_, _) =>
    {
        loading?.Invoke();
        return (Configure(_data!, _change + change), []);
    });

    static CartRecoveryConfig Configure(string data, Action<CartRecoveryConfig>? change)
    {
        var result = ConfigLoader.Load(Path.Combine(Repository.Root, "config", "cartrecovery.yaml"), TestCatalog.Shipped);
        Assert.That(result.Problems, Is.Empty);
        var config = result.Config!;
        config.Data = data;
        config.Listen.Http = new EndpointAddress("127.0.0.1", 0);
        config.Listen.Stream = new EndpointAddress("127.0.0.1", 0);
        config.Partitions = 2;
        config.Memory.Carts = ByteSize.FromMegabytes(16);
        config.Memory.Customers = ByteSize.FromMegabytes(16);
        config.Dedup.Memory = ByteSize.FromMegabytes(8);
        config.Decisions.Campaigns.Clear();
        config.Sinks.Clear();
        config.Contact.Holdout = 0;
        config.Log.Level = LogThreshold.Error;

        // Most tests need no history of metrics.
        config.Monitoring.Enabled = false;
        change?.Invoke(config);
        return config;
    }

    /// <summary>A campaign that answers every event of a type on the shopper's own stream.</summary>
    public static CampaignConfig Answering(string eventType, string message = "hello {{cart_id}}") => new()
    {
        Name = $"on-{eventType}",
        Trigger = new TriggerConfig { Event = eventType },
        Action = new ActionConfig { Type = ActionKind.Reminder },
        Channel = "socket",
        Message = message,
    };

    /// <summary>A key in configuration syntax.</summary>
    public static StoreKeyConfig Key(string key, KeyKind kind, params string[] origins) => new()
    {
        Key = key,
        Kind = kind,
        Origins = [.. origins.Select(o => OriginPattern.TryParse(o, out var pattern) ? pattern : throw new ArgumentException(o, nameof(origins)))],
    };

    /// <summary>A cart's features; null if there is no such cart.</summary>
    public async Task<JsonElement?> FeaturesAsync(string cartId)
    {
        using var response = await Http.GetAsync($"/v1/features/{Uri.EscapeDataString(cartId)}");
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        return json.RootElement.GetProperty("features").Clone();
    }

    /// <summary>The number of events folded into a cart.</summary>
    public async Task<int> EventsOfAsync(string cartId) =>
        await FeaturesAsync(cartId) is { } features ? features.GetProperty("event_count").GetInt32() : 0;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
        if (_data is not null)
        {
            Directory.Delete(_data, recursive: true);
        }
    }
}

/// <summary>The engine's counters, for comparison with earlier ones.</summary>
sealed record Counts(long Received, long Processed, long Rejected)
{
    public static Counts Of(EngineHost host) => new(
        host.Metrics.Received, host.Metrics.Processed, Enum.GetValues<EventErrorCode>().Sum(host.Counters.RejectedFor));

    public static Counts operator -(Counts now, Counts before) =>
        new(now.Received - before.Received, now.Processed - before.Processed, now.Rejected - before.Rejected);
}

/// <summary>Events in client syntax.</summary>
static class EventJson
{
    static readonly long s_start = TimeProvider.System.GetUtcNow().AddHours(-1).ToUnixTimeMilliseconds();
    static int s_id;

    /// <summary>
    /// One event, each a millisecond after the previous one, so that decisions on them have distinct ids; <paramref name="more"/> is
    /// appended verbatim: <c>,"price":5</c>.
    /// </summary>
    public static string Of(string cart, string type = "page_view", string more = "", string? session = null) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"id":"e{{Interlocked.Increment(ref s_id)}}","type":"{{type}}","cartId":"{{cart}}","ts":{{s_start + Volatile.Read(ref s_id)}}{{(session is null ? "" : $",\"sessionId\":\"{session}\"")}}{{AmountOf(type, more)}}{{more}}}""");

    // An order of an amount that the test does not look at.
    static string AmountOf(string type, string more) =>
        type is not ("purchase" or "refund") || more.Contains("\"price\"", StringComparison.Ordinal) || more.Contains("\"value\"", StringComparison.Ordinal)
            || more.Contains("\"items\"", StringComparison.Ordinal) ? "" : ",\"value\":0";

    /// <summary>An array of events.</summary>
    public static string Array(params IEnumerable<string> events) => $"[{string.Join(',', events)}]";

    /// <summary>A number of page views of one cart.</summary>
    public static IEnumerable<string> Many(string cart, int count) => Enumerable.Range(0, count).Select(_ => Of(cart));

    /// <summary>An unused cart id.</summary>
    public static string NewCart() => $"c{Interlocked.Increment(ref s_id)}";

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
