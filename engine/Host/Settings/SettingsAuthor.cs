using CartRecovery.Engine.ControlPlane.Audit;

namespace CartRecovery.Host.Settings;

/// <summary>Who changes settings, and why.</summary>
/// <param name="Actor">Who, as in the audit log.</param>
/// <param name="Reason">Why; empty if nobody says.</param>
/// <param name="Address">Where the request comes from.</param>
/// <param name="Action">What is done, for the audit log.</param>
sealed record SettingsAuthor(string Actor, string Reason, string? Address = null, string Action = "config.change")
{
    /// <summary>A command on the machine.</summary>
    public static SettingsAuthor Command(string? reason) => new(AuditEvent.Command, reason ?? "");
}
