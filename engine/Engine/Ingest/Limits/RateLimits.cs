using System.Net;
using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>The rates of all clients, over both ports. Any thread.</summary>
public sealed class RateLimits : IDisposable
{
    /// <summary>Sent to a client that exceeds a rate.</summary>
    public static readonly HttpProblem Exceeded = new(429, "rate_limited",
        "Too many requests or events: a rate of limits.rates is exceeded. Retry later; HTTP responses say when in Retry-After.");

    readonly ScopedBuckets[] _requests;
    readonly ScopedBuckets[] _events;
    readonly ScopedBuckets[] _bytes;
    bool _countsLoopback;

    /// <param name="options">The rates.</param>
    public RateLimits(RateLimitsOptions options)
    {
        _requests = [.. Groups.Select(group => new ScopedBuckets(options.Requests(group)))];
        _events = [.. Enum.GetValues<KeyKind>().Select(kind => new ScopedBuckets(options.Events(kind)))];
        _bytes = [.. Enum.GetValues<KeyKind>().Select(kind => new ScopedBuckets(options.Bytes(kind)))];
        _countsLoopback = options.CountsLoopback;
    }

    /// <summary>Replaces the rates. A stream that nothing limited stays so until it is opened again.</summary>
    public void Update(RateLimitsOptions options)
    {
        foreach (var group in Groups)
        {
            _requests[(int)group].Update(options.Requests(group));
        }

        foreach (var kind in Enum.GetValues<KeyKind>())
        {
            _events[(int)kind].Update(options.Events(kind));
            _bytes[(int)kind].Update(options.Bytes(kind));
        }

        _countsLoopback = options.CountsLoopback;
    }

    /// <summary>All groups.</summary>
    public static IReadOnlyList<RouteGroup> Groups { get; } = Enum.GetValues<RouteGroup>();

    /// <summary>All scopes.</summary>
    public static IReadOnlyList<RateScope> Scopes { get; } = Enum.GetValues<RateScope>();

    /// <summary>No limits.</summary>
    public static RateLimits None { get; } = new(new RateLimitsOptions(_ => default, _ => default, _ => default));

    /// <summary>The rates of requests.</summary>
    public ScopedBuckets Requests(RouteGroup group) => _requests[(int)group];

    /// <summary>The group of events and streams with a key; without one, a browser's.</summary>
    public static RouteGroup GroupOf(StoreKey? key) => key?.Kind == KeyKind.Secret ? RouteGroup.Server : RouteGroup.Browser;

    /// <summary>Returns the address and key that the rates apply to.</summary>
    /// <param name="address">The client's address; <see langword="null"/> if unknown.</param>
    /// <param name="key">Its key; <see langword="null"/> before it has authenticated.</param>
    public RateSource SourceOf(IPAddress? address, StoreKey? key) => RateSource.Of(address, key, _countsLoopback);

    /// <summary>Counts a stream about to open, or the attempt with a wrong key.</summary>
    /// <param name="address">The client's address.</param>
    /// <param name="key">Its key; <see langword="null"/> for a wrong one.</param>
    /// <returns>The rate that was exceeded; <see langword="null"/> if none was.</returns>
    public RateRejection? TryOpen(IPAddress? address, StoreKey? key) => Requests(GroupOf(key)).TryAcquire(SourceOf(address, key), 1);

    /// <summary>Creates the meter of a source's events; <see langword="null"/> if nothing limits them.</summary>
    /// <param name="address">The client's address.</param>
    /// <param name="key">Its key.</param>
    public EventMeter? MeterOf(IPAddress? address, StoreKey key)
    {
        var (events, bytes) = (_events[(int)key.Kind], _bytes[(int)key.Kind]);
        return events.IsUnlimited && bytes.IsUnlimited ? null : new EventMeter(events, bytes, SourceOf(address, key));
    }

    /// <summary>How often streams waited for a rate of events or bytes.</summary>
    public long WaitsFor(RateScope scope) => _events.Concat(_bytes).Sum(buckets => buckets.WaitedFor(scope));

    /// <summary>How often a stream or a batch was rejected because too many waited for a rate of events or bytes.</summary>
    public long EventRejectionsBy(RateScope scope) => _events.Concat(_bytes).Sum(buckets => buckets.RejectedBy(scope));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buckets in _requests.Concat(_events).Concat(_bytes))
        {
            buckets.Dispose();
        }
    }
}
