namespace CartRecovery.Engine.ControlPlane.Settings;

/// <summary>A version of the settings to write.</summary>
/// <param name="After">The version that it is based on. The write fails if this is no longer the last one.</param>
/// <param name="Overlay">All values that override the file, a JSON object.</param>
/// <param name="Changes">The differences from the previous version, a JSON list.</param>
/// <param name="Action">The action, for the audit log.</param>
/// <param name="Target">The key, for the audit log; empty for all keys.</param>
/// <param name="Actor">The actor, for the audit log.</param>
/// <param name="Reason">The reason; may be empty.</param>
/// <param name="Address">The client's address, for the audit log.</param>
/// <param name="Scheduled">The id of the scheduled change that it applies; <see langword="null"/> for none.</param>
public sealed record SettingsWrite(
    long After, string Overlay, string Changes, string Action, string Target, string Actor, string Reason, string? Address = null, string? Scheduled = null);
