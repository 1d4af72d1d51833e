using CartRecovery.Engine.Events;
using CartRecovery.Engine.Telemetry;
using Prometheus;

namespace CartRecovery.Engine.Pipeline;

/// <summary>A partition's counters: plain numbers written by its worker only and read by any thread.</summary>
public sealed class PartitionCounters
{
    readonly long[] _botCarts = new long[Enum.GetValues<BotEvidence>().Length];
    long _processed;
    long _predictions;
    long _runs;
    long _withheldByWindow;
    long _carts;
    long _timersRejected;
    long _duplicates;
    long _checkpoints;
    long _checkpointFailures;
    long _checkpointTicks;
    long _checkpointStallTicks;

    /// <summary>Time from received to decided, in seconds; null if it is not measured. All partitions may share one.</summary>
    public IHistogram? Latency { get; set; }

    /// <summary>Records the model's runs for the current commit batch; null if it is not traced.</summary>
    internal CommitBatchTrace? Trace { get; set; }

    /// <summary>Distribution of scores; null if it is not measured.</summary>
    public ScoreDistribution? Scores { get; init; }

    /// <summary>Events folded, scored and decided.</summary>
    public long Processed => Volatile.Read(ref _processed);

    /// <summary>Rows scored.</summary>
    public long Predictions => Volatile.Read(ref _predictions);

    /// <summary>Runs of the model.</summary>
    public long Runs => Volatile.Read(ref _runs);

    /// <summary>Carts created since the start.</summary>
    public long Carts => Volatile.Read(ref _carts);

    /// <summary>Idle timers the wheel had no room for.</summary>
    public long TimersRejected => Volatile.Read(ref _timersRejected);

    /// <summary>Duplicate events: acknowledged, otherwise ignored.</summary>
    public long Duplicates => Volatile.Read(ref _duplicates);

    /// <summary>Interventions withheld because the cart had one within the window.</summary>
    public long WithheldByWindow => Volatile.Read(ref _withheldByWindow);

    internal void AddProcessed(long count) => Volatile.Write(ref _processed, _processed + count);

    internal void AddRun(ReadOnlySpan<float> scores)
    {
        Volatile.Write(ref _predictions, _predictions + scores.Length);
        Volatile.Write(ref _runs, _runs + 1);
        Scores?.Add(scores);
    }

    internal void AddCart() => Volatile.Write(ref _carts, _carts + 1);

    /// <summary>Carts that count as a bot's since the start.</summary>
    public long BotCartsBy(BotEvidence evidence) => Volatile.Read(ref _botCarts[(int)evidence]);

    internal void AddBotCart(BotEvidence evidence) => Volatile.Write(ref _botCarts[(int)evidence], _botCarts[(int)evidence] + 1);

    internal void AddTimerRejected() => Volatile.Write(ref _timersRejected, _timersRejected + 1);

    /// <summary>Checkpoints made.</summary>
    public long Checkpoints => Volatile.Read(ref _checkpoints);

    /// <summary>Checkpoints that failed.</summary>
    public long CheckpointFailures => Volatile.Read(ref _checkpointFailures);

    /// <summary>Duration of the last checkpoint.</summary>
    public TimeSpan CheckpointTook => TimeSpan.FromTicks(Volatile.Read(ref _checkpointTicks));

    /// <summary>How long the last checkpoint paused the worker.</summary>
    public TimeSpan CheckpointStall => TimeSpan.FromTicks(Volatile.Read(ref _checkpointStallTicks));

    internal void AddCheckpoint(TimeSpan took)
    {
        Volatile.Write(ref _checkpointTicks, took.Ticks);
        Volatile.Write(ref _checkpoints, _checkpoints + 1);
    }

    internal void AddCheckpointFailure() => Volatile.Write(ref _checkpointFailures, _checkpointFailures + 1);

    internal void SetCheckpointStall(TimeSpan stall) => Volatile.Write(ref _checkpointStallTicks, stall.Ticks);

    internal void AddDuplicates(long count) => Volatile.Write(ref _duplicates, _duplicates + count);

    internal void AddWithheld() => Volatile.Write(ref _withheldByWindow, _withheldByWindow + 1);
}
