using CartRecovery.Engine.ControlPlane.Settings;

namespace CartRecovery.Host.Settings;

/// <summary>The settings with which an engine starts.</summary>
/// <param name="Head">The last version.</param>
/// <param name="Problem">Why it is not in force; <see langword="null"/> if it is.</param>
sealed record SettingsStart(SettingsVersion Head, string? Problem = null)
{
    /// <summary>The version in force.</summary>
    public long InForce { get; init; }

    /// <summary>Why campaigns of the API are set aside, by name.</summary>
    public IReadOnlyDictionary<string, string> Unfit { get; init; } = CampaignFit.None;

    /// <summary>The campaigns of the API that should be in force, by name.</summary>
    public string Campaigns { get; init; } = "{}";

    /// <summary>No settings of the API: the file alone is in force.</summary>
    public static SettingsStart None { get; } = new(SettingsVersion.None);
}
