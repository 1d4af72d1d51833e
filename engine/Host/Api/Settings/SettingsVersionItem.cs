using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane.Settings;

namespace CartRecovery.Host.Api.Settings;

/// <summary>A version, as lists show it.</summary>
/// <param name="Number">Its number.</param>
/// <param name="At">When it was made.</param>
/// <param name="By">Who made it, as in the audit log.</param>
/// <param name="Reason">Why; empty if nobody said.</param>
/// <param name="Changes">What differs from the version before.</param>
sealed record SettingsVersionItem(long Number, DateTime At, string By, string Reason, IReadOnlyList<SettingsDifferenceItem> Changes)
{
    /// <summary>Describes a version.</summary>
    public static SettingsVersionItem Of(SettingsVersion version) => new(version.Number, version.At.UtcDateTime, version.By, version.Reason, ChangesOf(version));

    /// <summary>Returns what differs from the version before.</summary>
    public static IReadOnlyList<SettingsDifferenceItem> ChangesOf(SettingsVersion version) => [.. JsonNode.Parse(version.Changes)!.AsArray().Select(change =>
        new SettingsDifferenceItem((string)change!["path"]!, change["from"]?.DeepClone(), change["to"]?.DeepClone()))];
}
