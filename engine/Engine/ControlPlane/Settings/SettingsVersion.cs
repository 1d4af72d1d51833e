namespace CartRecovery.Engine.ControlPlane.Settings;

/// <summary>A version of the settings: all changes that lie over the configuration file.</summary>
/// <param name="Number">Its number, from 1; 0 for the file alone.</param>
/// <param name="At">When it was made.</param>
/// <param name="By">Who made it, as in the audit log.</param>
/// <param name="Reason">Why; empty if nobody said.</param>
/// <param name="Overlay">The changes, a JSON object.</param>
/// <param name="Changes">What differs from the version before, a JSON list.</param>
public sealed record SettingsVersion(long Number, DateTimeOffset At, string By, string Reason, string Overlay, string Changes)
{
    /// <summary>The settings before the first change.</summary>
    public static SettingsVersion None { get; } = new(0, DateTimeOffset.UnixEpoch, "", "", "{}", "[]");
}
