using System.Text.Json.Nodes;

namespace CartRecovery.Host.Api.Settings;

/// <summary>A version.</summary>
/// <param name="Number">The version's number.</param>
/// <param name="At">When it was made.</param>
/// <param name="By">The actor who made it, as in the audit log.</param>
/// <param name="Reason">The reason; may be empty.</param>
/// <param name="Changes">The differences from the previous version.</param>
/// <param name="Overlay">All overrides of the file.</param>
sealed record SettingsVersionDetail(long Number, DateTime At, string By, string Reason, IReadOnlyList<SettingsDifferenceItem> Changes, JsonNode Overlay);
