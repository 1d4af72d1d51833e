using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Selects interventions. <see langword="null"/> matches everything.</summary>
public sealed record InterventionFilter
{
    public required string StoreId { get; init; }

    /// <summary>The cart's key.</summary>
    public Hash128? Cart { get; init; }

    public string? UserId { get; init; }

    public string? Campaign { get; init; }

    public string? Channel { get; init; }

    public MessageState? State { get; init; }

    public WithheldReason? Reason { get; init; }

    /// <summary>Earliest decision time, inclusive (ms since 1970 UTC).</summary>
    public long From { get; init; } = long.MinValue;

    /// <summary>Latest decision time, exclusive (ms since 1970 UTC).</summary>
    public long Before { get; init; } = long.MaxValue;

    /// <summary>Number of the latest to skip.</summary>
    public int Skip { get; init; }

    /// <summary>Maximum number to return.</summary>
    public required int Limit { get; init; }
}
