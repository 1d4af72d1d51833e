using System.Text.Json.Serialization;
using CartRecovery.Engine.Journeys.Reports;

namespace CartRecovery.Host.Api.Tracking;

/// <summary>What became of an intervention.</summary>
/// <param name="InterventionId">The intervention.</param>
/// <param name="Events">What happened, in order.</param>
sealed record TrackedIntervention(string InterventionId, IReadOnlyList<TrackedStep> Events);

/// <summary>A step of an intervention.</summary>
/// <param name="Type">decided, sent, withheld, delivered, opened, clicked, dismissed, order or refund.</param>
/// <param name="At">When.</param>
/// <param name="Value">The order's value, or (negative) the refund's; absent for others.</param>
/// <param name="Currency">Its currency, ISO 4217.</param>
sealed record TrackedStep(
    string Type, DateTime At,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Value = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Currency = null)
{
    /// <summary>Creates the answer.</summary>
    public static TrackedStep Of(TrackStep step) => new(step.Type, DateTimeOffset.FromUnixTimeMilliseconds(step.At).UtcDateTime, step.Value, step.Currency);
}
