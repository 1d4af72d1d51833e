namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>A group of alerts.</summary>
/// <param name="Alerts">The alerts.</param>
/// <param name="Labels">The labels of the group.</param>
/// <param name="Receiver">Who gets its notices.</param>
sealed record AmGroup(IReadOnlyList<AmAlert> Alerts, IReadOnlyDictionary<string, string> Labels, AmReceiver Receiver);
