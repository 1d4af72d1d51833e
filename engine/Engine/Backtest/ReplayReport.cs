using CartRecovery.Engine.Telemetry;

namespace CartRecovery.Engine.Backtest;

/// <summary>The result of a replay.</summary>
public sealed record ReplayReport
{
    /// <summary>Gets the number of events in the range, which are scored and decided on.</summary>
    public required long Events { get; init; }

    /// <summary>Gets the number of events before the range, which are only applied to carts.</summary>
    public required long EventsBefore { get; init; }

    /// <summary>Gets the number of carts of all these events.</summary>
    public required long Carts { get; init; }

    /// <summary>Gets the scores after each event in the range and at each idle trigger.</summary>
    public required ScoreDistribution Scores { get; init; }

    /// <summary>Gets the replayed decisions, in event time order.</summary>
    public required IReadOnlyList<ReplayedDecision> Decisions { get; init; }

    /// <summary>Gets the difference from the original decisions; null if those are unknown.</summary>
    public required DecisionDifference? Difference { get; init; }

    /// <summary>Gets the number of rejected events.</summary>
    public required long Refused { get; init; }

    /// <summary>Gets the first of them, with its problem.</summary>
    public required string? FirstRefused { get; init; }

    /// <summary>Gets whether the streams are complete. If not, older events have been deleted, and carts that began then differ.</summary>
    public required bool IsWhole { get; init; }
}
