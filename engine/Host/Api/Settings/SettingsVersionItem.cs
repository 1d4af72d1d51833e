using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane.Settings;

namespace CartRecovery.Host.Api.Settings;

/// <summary>A version, in lists.</summary>
/// <param name="Number">The version's number.</param>
/// <param name="At">When it was made.</param>
/// <param name="By">The actor who made it, as in the audit log.</param>
/// <param name="Reason">The reason; may be empty.</param>
/// <param name="Changes">The differences from the previous version.</param>
sealed record SettingsVersionItem(long Number, DateTime At, string By, string Reason, IReadOnlyList<SettingsDifferenceItem> Changes)
{
    /// <summary>Describes a version.</summary>
    public static SettingsVersionItem Of(SettingsVersion version) => new(version.Number, version.At.UtcDateTime, version.By, version.Reason, ChangesOf(version));

    /// <summary>Returns the differences from the previous version.</summary>
    public static IReadOnlyList<SettingsDifferenceItem> ChangesOf(SettingsVersion version) => [.. JsonNode.Parse(version.Changes)!.AsArray().Select(change =>
        new SettingsDifferenceItem((string)change!["path"]!, change["from"]?.DeepClone(), change["to"]?.DeepClone()))];
}
