namespace CartRecovery.Host.Api.Settings;

/// <summary>The differences between two versions.</summary>
/// <param name="From">The first version.</param>
/// <param name="To">The second version.</param>
/// <param name="Changes">The differences of their overrides.</param>
sealed record SettingsDifference(long From, long To, IReadOnlyList<SettingsDifferenceItem> Changes);
