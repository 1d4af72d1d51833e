using CartRecovery.Engine.Telemetry;

namespace CartRecovery.Engine.Backtest;

/// <summary>What came of a replay.</summary>
public sealed record ReplayReport
{
    /// <summary>Events of the range: scored, and decided on.</summary>
    public required long Events { get; init; }

    /// <summary>Events before the range: folded alone.</summary>
    public required long EventsBefore { get; init; }

    /// <summary>Carts of all those events.</summary>
    public required long Carts { get; init; }

    /// <summary>The scores after each event of the range, and at each idle trigger.</summary>
    public required ScoreDistribution Scores { get; init; }

    /// <summary>What was decided now, in the order of event time.</summary>
    public required IReadOnlyList<ReplayedDecision> Decisions { get; init; }

    /// <summary>The difference to what was decided then; null where nobody knows that.</summary>
    public required DecisionDifference? Difference { get; init; }

    /// <summary>Events that could not be used.</summary>
    public required long Refused { get; init; }

    /// <summary>The first of them, and why.</summary>
    public required string? FirstRefused { get; init; }

    /// <summary>False: older events have been let go of, so carts that began then are not what they were.</summary>
    public required bool IsWhole { get; init; }
}
