using CartRecovery.Engine.Configuration.Settings;

namespace CartRecovery.Host.Settings;

/// <summary>What a change of the settings did, or would do.</summary>
/// <param name="Version">The version in force after it.</param>
/// <param name="Changes">What differs from before in the settings in force.</param>
sealed record SettingsResult(long Version, IReadOnlyList<SettingsChange> Changes);
