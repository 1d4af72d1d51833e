namespace CartRecovery.Engine.ControlPlane.Settings;

/// <summary>A version of the settings: an overlay of the configuration file.</summary>
/// <param name="Number">Its number, from 1; 0 for the file alone.</param>
/// <param name="At">When it was made.</param>
/// <param name="By">The actor who made it, as in the audit log.</param>
/// <param name="Reason">The reason; may be empty.</param>
/// <param name="Overlay">All values that override the file, a JSON object.</param>
/// <param name="Changes">The differences from the previous version, a JSON list.</param>
public sealed record SettingsVersion(long Number, DateTimeOffset At, string By, string Reason, string Overlay, string Changes)
{
    /// <summary>The settings before the first change.</summary>
    public static SettingsVersion None { get; } = new(0, DateTimeOffset.UnixEpoch, "", "", "{}", "[]");
}
