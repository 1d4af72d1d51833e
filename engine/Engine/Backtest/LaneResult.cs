using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Backtest;

/// <summary>The result of a lane. Outlives the lane, whose stores are freed at its end.</summary>
/// <param name="isFirst">Whether the lane is its stream's first, which counts what all lanes see.</param>
sealed class LaneResult(bool isFirst)
{
    long _folded;
    long _position;

    /// <summary>The lane's counters.</summary>
    public PartitionCounters Counters { get; } = new() { Scores = new ScoreDistribution() };

    /// <summary>Whether the lane is its stream's first.</summary>
    public bool IsFirst => isFirst;

    /// <summary>Number of events applied, including those before the range. Any thread.</summary>
    public long Folded
    {
        get => Volatile.Read(ref _folded);
        set => Volatile.Write(ref _folded, value);
    }

    /// <summary>Position in the stream, in bytes. Any thread.</summary>
    public long Position
    {
        get => Volatile.Read(ref _position);
        set => Volatile.Write(ref _position, value);
    }

    /// <summary>Number of events in the range.</summary>
    public long Events { get; set; }

    /// <summary>When the first event of the stream was received (ms since 1970 UTC); <see langword="null"/> without events.</summary>
    public long? ReadFrom { get; set; }

    /// <summary>Number of rejected events in the stream.</summary>
    public long Rejected { get; set; }

    /// <summary>First of them, with its problem.</summary>
    public string? FirstRejected { get; set; }

    /// <summary>Original decisions in the range.</summary>
    public List<ReplayedDecision> Then { get; } = [];

    /// <summary>Replayed decisions in the range.</summary>
    public List<ReplayedDecision> Now { get; } = [];

    /// <summary>When each cart's last order of the range was placed (ms since 1970 UTC), by the cart's key.</summary>
    public Dictionary<Hash128, long> Orders { get; } = [];
}
