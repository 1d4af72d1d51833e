namespace CartRecovery.Engine.ControlPlane.Settings;

/// <summary>A change of the settings that is made later.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ApplyAt">When it is made.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="By">Who asked for it, as in the audit log.</param>
/// <param name="Reason">Why; empty if nobody said.</param>
/// <param name="Operation">set, merge or remove.</param>
/// <param name="Path">The key; empty for all settings.</param>
/// <param name="Value">The value, as JSON.</param>
/// <param name="State">pending, applied, failed or cancelled.</param>
/// <param name="Problem">Why it failed.</param>
/// <param name="Version">The version that it became.</param>
public sealed record ScheduledSettings(
    string Id, DateTimeOffset ApplyAt, DateTimeOffset CreatedAt, string By, string Reason, string Operation, string Path, string Value, string State, string? Problem, long? Version)
{
    /// <summary>A state.</summary>
    public const string Pending = "pending", Applied = "applied", Failed = "failed", Cancelled = "cancelled";
}
