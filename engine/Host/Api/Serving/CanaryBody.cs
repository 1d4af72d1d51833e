using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Serving;

/// <summary>What share of the shoppers a canary gets.</summary>
/// <param name="Percent">The share, above 0 and at most 100.</param>
/// <param name="Version">The version: `name@hash` or `name@alias`; absent for the present canary's.</param>
/// <param name="Automatic">Whether it is stepped up while its guardrails hold: 1, 5, 25, 100, then champion. They roll it back in any case.</param>
/// <param name="Why">The reason; at most 500 characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record CanaryBody(double? Percent, string? Version = null, bool Automatic = false, string? Why = null);
