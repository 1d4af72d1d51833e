using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>A message about a group of alerts to one receiver.</summary>
/// <param name="Receiver">Who gets it.</param>
/// <param name="GroupKey">Identifies the group at the receiver: its route and labels. PagerDuty's and Opsgenie's key for duplicates.</param>
/// <param name="GroupLabels">The labels that the alerts share by the route.</param>
/// <param name="Alerts">The alerts, those that fire first; resolved ones only if the receiver wants them.</param>
public sealed record Notice(string Receiver, string GroupKey, SeriesLabels GroupLabels, IReadOnlyList<AlertMessage> Alerts)
{
    /// <summary>Whether an alert of the notice fires.</summary>
    public bool IsFiring => Alerts.Any(alert => !alert.IsResolved);

    /// <summary>The keys of the alerts that fire.</summary>
    internal IReadOnlySet<SeriesLabels> Firing => Alerts.Where(alert => !alert.IsResolved).Select(alert => alert.Labels).ToHashSet();

    /// <summary>The keys of the alerts that have resolved.</summary>
    internal IReadOnlySet<SeriesLabels> Resolved => Alerts.Where(alert => alert.IsResolved).Select(alert => alert.Labels).ToHashSet();
}
