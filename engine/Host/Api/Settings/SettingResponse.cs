using System.Text.Json.Nodes;

namespace CartRecovery.Host.Api.Settings;

/// <summary>A key's value in force.</summary>
/// <param name="Path">The key.</param>
/// <param name="Value">The value; secrets are shown as ***.</param>
/// <param name="Version">The last version, as in the ETag.</param>
/// <param name="IsChanged">Whether the API overrides the key or a part of it.</param>
sealed record SettingResponse(string Path, JsonNode? Value, long Version, bool IsChanged);
