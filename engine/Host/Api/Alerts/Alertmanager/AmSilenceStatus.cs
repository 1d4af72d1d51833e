namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>The state of a silence.</summary>
/// <param name="State">`pending`, `active` or `expired`.</param>
sealed record AmSilenceStatus(string State);
