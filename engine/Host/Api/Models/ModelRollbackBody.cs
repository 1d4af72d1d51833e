using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Models;

/// <summary>What to roll back.</summary>
/// <param name="Alias">The alias; `champion` by default.</param>
/// <param name="Why">The reason; at most 500 characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record ModelRollbackBody(string? Alias = null, string? Why = null);
