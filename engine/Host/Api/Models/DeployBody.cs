using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Models;

/// <summary>A version to deploy.</summary>
/// <param name="Version">The version: `name@hash` or `name@alias`.</param>
/// <param name="Alias">The alias to move there; `champion` by default.</param>
/// <param name="Expected">The version that the alias must name before; empty if it must be new, absent for any.</param>
/// <param name="Why">The reason; at most 500 characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record DeployBody(string? Version, string? Alias = null, string? Expected = null, string? Why = null);
