using System.Globalization;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Usage;

namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>What a client is told whose key or store has used up its events of the day.</summary>
public static class QuotaProblem
{
    /// <summary>The problem.</summary>
    public static readonly HttpProblem Exceeded = new(429, "quota_exceeded",
        "The events of the day are used up: eventsPerDay of the store or the key. Send again when Retry-After says, or have the quota raised.");

    /// <summary>Returns the problem of a key; <see langword="null"/> if it may send.</summary>
    public static HttpProblem? Of(UsageLedger? usage, StoreKey key) => usage?.OfKey(key).Exceeded is null ? null : Exceeded;

    /// <summary>Returns the value of <c>Retry-After</c>.</summary>
    public static string RetryAfter(UsageLedger usage, UsageCounter counter) =>
        Math.Max(1, (long)Math.Ceiling(usage.RetryAfter(counter).TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
