namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>Whether notices of an alert are sent.</summary>
/// <param name="InhibitedBy">The fingerprint of an alert that keeps it quiet.</param>
/// <param name="SilencedBy">The ids of silences that hide it.</param>
/// <param name="State">`active` or `suppressed`.</param>
sealed record AmAlertStatus(IReadOnlyList<string> InhibitedBy, IReadOnlyList<string> SilencedBy, string State);
