namespace CartRecovery.Host.Api.Settings;

/// <summary>What differs between two versions.</summary>
/// <param name="From">The one.</param>
/// <param name="To">The other.</param>
/// <param name="Changes">The differences of what lies over the file.</param>
sealed record SettingsDifference(long From, long To, IReadOnlyList<SettingsDifferenceItem> Changes);
