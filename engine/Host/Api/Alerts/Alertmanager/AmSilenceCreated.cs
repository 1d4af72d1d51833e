using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>The id of a silence that was created or changed.</summary>
/// <param name="SilenceId">The id.</param>
sealed record AmSilenceCreated([property: JsonPropertyName("silenceID")] string SilenceId);
