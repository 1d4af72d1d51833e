using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Interventions;

/// <summary>What became of a batch, in its order.</summary>
/// <param name="Items">The items.</param>
sealed record InterventionBatchResult(IReadOnlyList<InterventionBatchItem> Items);

/// <summary>What became of an item of a batch.</summary>
/// <param name="Intervention">The intervention; absent if the item was refused.</param>
/// <param name="Code">Why it was refused: the code of the problem that it would have got alone.</param>
/// <param name="Detail">What to do.</param>
sealed record InterventionBatchItem(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ScheduledIntervention? Intervention = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail = null);
