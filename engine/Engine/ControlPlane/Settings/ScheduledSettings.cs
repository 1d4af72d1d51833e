namespace CartRecovery.Engine.ControlPlane.Settings;

/// <summary>A scheduled change of the settings.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ApplyAt">When it is due.</param>
/// <param name="CreatedAt">When it was scheduled.</param>
/// <param name="By">The actor who scheduled it, as in the audit log.</param>
/// <param name="Reason">The reason; may be empty.</param>
/// <param name="Operation">set, merge or remove.</param>
/// <param name="Path">The key; empty for all settings.</param>
/// <param name="Value">The value, as JSON.</param>
/// <param name="State">pending, applied, failed or cancelled.</param>
/// <param name="Problem">Why it failed; <see langword="null"/> otherwise.</param>
/// <param name="Version">The settings version that it made; <see langword="null"/> until it is applied.</param>
public sealed record ScheduledSettings(
    string Id, DateTimeOffset ApplyAt, DateTimeOffset CreatedAt, string By, string Reason, string Operation, string Path, string Value, string State, string? Problem, long? Version)
{
    /// <summary>A value of <see cref="State"/>.</summary>
    public const string Pending = "pending", Applied = "applied", Failed = "failed", Cancelled = "cancelled";
}
