namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>A time in which a recurring silence hides alerts.</summary>
/// <param name="StartsAt">The beginning.</param>
/// <param name="EndsAt">The end.</param>
sealed record AmSilenceWindow(DateTimeOffset StartsAt, DateTimeOffset EndsAt);
