namespace CartRecovery.Host.Api.Settings;

/// <summary>What a change did, or would do.</summary>
/// <param name="Version">The version in force after it.</param>
/// <param name="Changes">The differences in the settings in force.</param>
/// <param name="DryRun">Whether nothing was changed.</param>
/// <param name="Scheduled">The id of the scheduled change; null if it was made at once.</param>
sealed record SettingsOutcome(long Version, IReadOnlyList<SettingsDifferenceItem> Changes, bool DryRun, string? Scheduled);
