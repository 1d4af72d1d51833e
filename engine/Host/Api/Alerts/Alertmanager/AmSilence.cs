using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>A silence.</summary>
/// <param name="Id">The id.</param>
/// <param name="Status">Its state.</param>
/// <param name="UpdatedAt">When it was changed.</param>
/// <param name="Comment">Why.</param>
/// <param name="CreatedBy">Who created it.</param>
/// <param name="EndsAt">When it ends.</param>
/// <param name="Matchers">The conditions.</param>
/// <param name="StartsAt">When it begins.</param>
/// <param name="Recurrence">When it hides alerts in between; nothing for always.</param>
sealed record AmSilence(
    string Id, AmSilenceStatus Status, DateTimeOffset UpdatedAt, string Comment, string CreatedBy, DateTimeOffset EndsAt, IReadOnlyList<AmMatcher> Matchers, DateTimeOffset StartsAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<AmInterval>? Recurrence = null);
