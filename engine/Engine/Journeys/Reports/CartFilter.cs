namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Selects carts. <see langword="null"/> matches everything.</summary>
public sealed record CartFilter
{
    public required string StoreId { get; init; }

    public string? Campaign { get; init; }

    public string? UserId { get; init; }

    /// <summary>Earliest time of the latest trigger, inclusive (ms since 1970 UTC).</summary>
    public long From { get; init; } = long.MinValue;

    /// <summary>Latest time of the latest trigger, exclusive (ms since 1970 UTC).</summary>
    public long Before { get; init; } = long.MaxValue;

    /// <summary>Number of the latest to skip.</summary>
    public int Skip { get; init; }

    /// <summary>Maximum number to return.</summary>
    public required int Limit { get; init; }
}
