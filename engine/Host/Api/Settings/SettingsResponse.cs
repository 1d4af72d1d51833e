using System.Text.Json.Nodes;

namespace CartRecovery.Host.Api.Settings;

/// <summary>The settings in force.</summary>
/// <param name="Version">The last version, as in the ETag; 0 for the file alone.</param>
/// <param name="InForce">The version in force. An earlier one if the last does not fit the file.</param>
/// <param name="Problem">Why the last version is not in force; null if it is.</param>
/// <param name="Config">All keys with their values; secrets are shown as ***.</param>
/// <param name="Changes">The overrides of the file; null removes a key.</param>
sealed record SettingsResponse(long Version, long InForce, string? Problem, JsonNode Config, JsonNode Changes);
