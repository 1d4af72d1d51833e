using System.Text.Json.Serialization;
using CartRecovery.Host.Models;

namespace CartRecovery.Host.Api.Serving;

/// <summary>What a shadow scores.</summary>
/// <param name="Rate">The share of the rows, 0 to 1; 0.1 by default.</param>
/// <param name="Version">The version: `name@hash` or `name@alias`; absent for the alias's present one.</param>
/// <param name="Why">The reason; at most 500 characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record ShadowBody(double Rate = ServingSettings.DefaultRate, string? Version = null, string? Why = null);
