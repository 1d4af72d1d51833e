using CartRecovery.Engine.Telemetry;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Backtest;

/// <summary>The result of a replay.</summary>
public sealed record ReplayReport
{
    /// <summary>Number of events in the range, which are scored and decided on.</summary>
    public required long Events { get; init; }

    /// <summary>Number of events before the range, which are only applied to carts.</summary>
    public required long EventsBefore { get; init; }

    /// <summary>Number of carts of all these events.</summary>
    public required long Carts { get; init; }

    /// <summary>Scores after each event in the range and at each idle trigger.</summary>
    public required ScoreDistribution Scores { get; init; }

    /// <summary>Replayed decisions, in event time order.</summary>
    public required IReadOnlyList<ReplayedDecision> Decisions { get; init; }

    /// <summary>Original decisions, in event time order; empty if those are unknown.</summary>
    public required IReadOnlyList<ReplayedDecision> Originals { get; init; }

    /// <summary>When each cart's last order of the range was placed (ms since 1970 UTC), by the cart's key.</summary>
    public required IReadOnlyDictionary<Hash128, long> Orders { get; init; }

    /// <summary>Difference from the original decisions; null if those are unknown.</summary>
    public required DecisionDifference? Difference { get; init; }

    /// <summary>Number of rejected events.</summary>
    public required long Rejected { get; init; }

    /// <summary>First of them, with its problem.</summary>
    public required string? FirstRejected { get; init; }

    /// <summary>When the first event that was read was received (ms since 1970 UTC); <see langword="null"/> without events.</summary>
    public long? ReadFrom { get; init; }

    /// <summary>Whether the streams were read from their first event. If not, carts that began before <see cref="ReadFrom"/> may differ.</summary>
    public required bool IsWhole { get; init; }
}
