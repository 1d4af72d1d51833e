using System.Text.Json.Nodes;

namespace CartRecovery.Host.Api.Settings;

/// <summary>The settings in force.</summary>
/// <param name="Version">The last version, as in the ETag; 0 for the file alone.</param>
/// <param name="InForce">The version in force: another one while the last does not fit the file.</param>
/// <param name="Problem">Why the last version is not in force; null if it is.</param>
/// <param name="Config">All keys with their values; *** stands for a secret.</param>
/// <param name="Changes">What the API lays over the file; null takes a key out.</param>
sealed record SettingsResponse(long Version, long InForce, string? Problem, JsonNode Config, JsonNode Changes);
