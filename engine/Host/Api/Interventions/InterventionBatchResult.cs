using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Interventions;

/// <summary>The results of a batch, in its order.</summary>
/// <param name="Items">The items.</param>
sealed record InterventionBatchResult(IReadOnlyList<InterventionBatchItem> Items);

/// <summary>The result of an item of a batch.</summary>
/// <param name="Intervention">The intervention; absent if the item was rejected.</param>
/// <param name="Code">The code of the problem if the item was rejected, as for a single request.</param>
/// <param name="Detail">The problem and its remedy.</param>
sealed record InterventionBatchItem(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ScheduledIntervention? Intervention = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail = null);
