using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Health;

/// <summary>The state of the way of events: stages in its order, and what has passed since the start.</summary>
/// <param name="Status">The worst of the stages: `healthy`, `degraded` or `unhealthy`.</param>
/// <param name="Stages">The stages.</param>
/// <param name="Processed">Events folded, scored and decided on.</param>
/// <param name="Predictions">Rows scored.</param>
/// <param name="Carts">Carts seen for the first time.</param>
/// <param name="JourneyLag">Journal entries that journeys have not read.</param>
/// <param name="JourneyLagSeconds">How long ago the oldest of them was written, in seconds.</param>
sealed record PipelineStatus(
    string Status, IReadOnlyList<PipelineStage> Stages, long Processed, long Predictions, long Carts, long JourneyLag, double JourneyLagSeconds);

/// <summary>A stage of the way of events.</summary>
/// <param name="Stage">The part of `/health`.</param>
/// <param name="Status">`healthy`, `degraded` or `unhealthy`.</param>
/// <param name="Detail">What is wrong, or the current state.</param>
/// <param name="QueueDepth">Of a partition: slabs queued in its inbox.</param>
sealed record PipelineStage(
    string Stage, string Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? QueueDepth = null);
