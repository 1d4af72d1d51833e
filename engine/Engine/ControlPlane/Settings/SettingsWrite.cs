namespace CartRecovery.Engine.ControlPlane.Settings;

/// <summary>A version that shall be written.</summary>
/// <param name="After">The version that it changes: no other may have been made meanwhile.</param>
/// <param name="Overlay">The changes, a JSON object.</param>
/// <param name="Changes">What differs from the version before, a JSON list.</param>
/// <param name="Action">What is done, for the audit log.</param>
/// <param name="Target">The key, for the audit log; empty for all.</param>
/// <param name="Actor">Who does it.</param>
/// <param name="Reason">Why; may be empty.</param>
/// <param name="Address">Where the request comes from.</param>
/// <param name="Scheduled">The scheduled change that it makes; <see langword="null"/> for none.</param>
public sealed record SettingsWrite(
    long After, string Overlay, string Changes, string Action, string Target, string Actor, string Reason, string? Address = null, string? Scheduled = null);
