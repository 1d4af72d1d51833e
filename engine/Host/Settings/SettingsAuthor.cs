using CartRecovery.Engine.ControlPlane.Audit;

namespace CartRecovery.Host.Settings;

/// <summary>The author of a change of the settings, with the reason.</summary>
/// <param name="Actor">The actor, as in the audit log.</param>
/// <param name="Reason">The reason; may be empty.</param>
/// <param name="Address">The client's address; <see langword="null"/> for a command.</param>
/// <param name="Action">The action in the audit log.</param>
sealed record SettingsAuthor(string Actor, string Reason, string? Address = null, string Action = "config.change")
{
    /// <summary>Returns the author of a command on the machine.</summary>
    public static SettingsAuthor Command(string? reason) => new(AuditEvent.Command, reason ?? "");
}
