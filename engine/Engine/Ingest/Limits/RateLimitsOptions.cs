using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>The configured rates.</summary>
/// <param name="Requests">Rates of requests and opened streams, by group.</param>
/// <param name="Events">Rates of events, by the kind of their key.</param>
/// <param name="Bytes">Rates of their bytes, by the kind of their key.</param>
/// <param name="CountsLoopback">Whether the rates of addresses apply to this machine too.</param>
public sealed record RateLimitsOptions(
    Func<RouteGroup, ScopedRates> Requests, Func<KeyKind, ScopedRates> Events, Func<KeyKind, ScopedRates> Bytes,
    bool CountsLoopback = false);
