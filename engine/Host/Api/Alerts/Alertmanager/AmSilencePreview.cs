namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>What a silence hides or would hide.</summary>
/// <param name="Count">How many alerts that fire.</param>
/// <param name="Alerts">The first 100 of them.</param>
sealed record AmSilencePreview(int Count, IReadOnlyList<AlertItem> Alerts);
