using System.Text.Json.Serialization;
using CartRecovery.Engine.Journeys.Reports;

namespace CartRecovery.Host.Api.Tracking;

/// <summary>The events of an intervention.</summary>
/// <param name="InterventionId">The intervention's id.</param>
/// <param name="Events">The events, in order.</param>
sealed record TrackedIntervention(string InterventionId, IReadOnlyList<TrackedStep> Events);

/// <summary>An event of an intervention.</summary>
/// <param name="Type">decided, sent, withheld, delivered, opened, clicked, dismissed, order or refund.</param>
/// <param name="At">When it happened.</param>
/// <param name="Value">The value of an order, or the negative value of a refund; absent for other events.</param>
/// <param name="Currency">The currency of the value, ISO 4217.</param>
sealed record TrackedStep(
    string Type, DateTime At,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Value = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Currency = null)
{
    /// <summary>Describes an event.</summary>
    public static TrackedStep Of(TrackStep step) => new(step.Type, DateTimeOffset.FromUnixTimeMilliseconds(step.At).UtcDateTime, step.Value, step.Currency);
}
