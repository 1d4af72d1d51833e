namespace CartRecovery.Host.Api.Settings;

/// <summary>The result of a change or of its dry run.</summary>
/// <param name="Version">The version in force afterwards.</param>
/// <param name="Changes">The differences in the settings in force.</param>
/// <param name="DryRun">Whether it was a dry run, which changes nothing.</param>
/// <param name="Scheduled">The id of the scheduled change; null if it was made at once.</param>
sealed record SettingsOutcome(long Version, IReadOnlyList<SettingsDifferenceItem> Changes, bool DryRun, string? Scheduled);
