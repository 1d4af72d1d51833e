using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>What a silence hides or would hide.</summary>
/// <param name="Count">How many alerts that fire.</param>
/// <param name="Alerts">The first 100 of them.</param>
/// <param name="Windows">Of a recurring silence, the first 10 times of the next 31 days in which it hides alerts.</param>
sealed record AmSilencePreview(
    int Count, IReadOnlyList<AlertItem> Alerts, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<AmSilenceWindow>? Windows = null);
