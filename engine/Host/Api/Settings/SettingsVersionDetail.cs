using System.Text.Json.Nodes;

namespace CartRecovery.Host.Api.Settings;

/// <summary>A version.</summary>
/// <param name="Number">Its number.</param>
/// <param name="At">When it was made.</param>
/// <param name="By">Who made it, as in the audit log.</param>
/// <param name="Reason">Why; empty if nobody said.</param>
/// <param name="Changes">What differs from the version before.</param>
/// <param name="Overlay">All that it lays over the file.</param>
sealed record SettingsVersionDetail(long Number, DateTime At, string By, string Reason, IReadOnlyList<SettingsDifferenceItem> Changes, JsonNode Overlay);
