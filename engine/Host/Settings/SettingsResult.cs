using CartRecovery.Engine.Configuration.Settings;

namespace CartRecovery.Host.Settings;

/// <summary>The result of a change of the settings, or of its dry run.</summary>
/// <param name="Version">The version in force afterwards.</param>
/// <param name="Changes">The differences in the settings in force.</param>
sealed record SettingsResult(long Version, IReadOnlyList<SettingsChange> Changes);
