using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration.Settings;

namespace CartRecovery.Host.Api.Settings;

/// <summary>A difference.</summary>
/// <param name="Path">The key.</param>
/// <param name="From">The former value; null for none.</param>
/// <param name="To">The new value; null for none.</param>
sealed record SettingsDifferenceItem(string Path, JsonNode? From, JsonNode? To)
{
    /// <summary>Lists differences.</summary>
    public static IReadOnlyList<SettingsDifferenceItem> Of(IEnumerable<SettingsChange> changes) => [.. changes.Select(change => new SettingsDifferenceItem(change.Path, change.From, change.To))];
}
