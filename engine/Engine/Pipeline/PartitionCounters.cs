using System.Runtime.InteropServices;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Primitives;
using Prometheus;

namespace CartRecovery.Engine.Pipeline;

/// <summary>A partition's counters: plain numbers written by its worker only and read by any thread.</summary>
public sealed class PartitionCounters
{
    readonly long[] _botCarts = new long[Enum.GetValues<BotEvidence>().Length];
    Numbers _numbers;

    /// <summary>Time from received to decided, in seconds; null if it is not measured. All partitions may share one.</summary>
    public IHistogram? Latency { get; set; }

    /// <summary>Records the model's runs for the current commit batch; null if it is not traced.</summary>
    internal CommitBatchTrace? Trace { get; set; }

    /// <summary>Distribution of scores; null if it is not measured.</summary>
    public ScoreDistribution? Scores { get; init; }

    /// <summary>Events folded, scored and decided.</summary>
    public long Processed => Volatile.Read(ref _numbers.Processed);

    /// <summary>Rows scored.</summary>
    public long Predictions => Volatile.Read(ref _numbers.Predictions);

    /// <summary>Runs of the model.</summary>
    public long Runs => Volatile.Read(ref _numbers.Runs);

    /// <summary>Carts created since the start.</summary>
    public long Carts => Volatile.Read(ref _numbers.Carts);

    /// <summary>Idle timers the wheel had no room for.</summary>
    public long TimersRejected => Volatile.Read(ref _numbers.TimersRejected);

    /// <summary>Duplicate events: acknowledged, otherwise ignored.</summary>
    public long Duplicates => Volatile.Read(ref _numbers.Duplicates);

    /// <summary>Interventions withheld because the cart had one within the window.</summary>
    public long WithheldByWindow => Volatile.Read(ref _numbers.WithheldByWindow);

    internal void AddProcessed(long count) => Volatile.Write(ref _numbers.Processed, _numbers.Processed + count);

    internal void AddRun(ReadOnlySpan<float> scores)
    {
        Volatile.Write(ref _numbers.Predictions, _numbers.Predictions + scores.Length);
        Volatile.Write(ref _numbers.Runs, _numbers.Runs + 1);
        Scores?.Add(scores);
    }

    internal void AddCart() => Volatile.Write(ref _numbers.Carts, _numbers.Carts + 1);

    /// <summary>Carts that count as a bot's since the start.</summary>
    public long BotCartsBy(BotEvidence evidence) => Volatile.Read(ref _botCarts[(int)evidence]);

    internal void AddBotCart(BotEvidence evidence) => Volatile.Write(ref _botCarts[(int)evidence], _botCarts[(int)evidence] + 1);

    internal void AddTimerRejected() => Volatile.Write(ref _numbers.TimersRejected, _numbers.TimersRejected + 1);

    /// <summary>Checkpoints made.</summary>
    public long Checkpoints => Volatile.Read(ref _numbers.Checkpoints);

    /// <summary>Checkpoints that failed.</summary>
    public long CheckpointFailures => Volatile.Read(ref _numbers.CheckpointFailures);

    /// <summary>Duration of the last checkpoint.</summary>
    public TimeSpan CheckpointTook => TimeSpan.FromTicks(Volatile.Read(ref _numbers.CheckpointTicks));

    /// <summary>How long the last checkpoint paused the worker.</summary>
    public TimeSpan CheckpointStall => TimeSpan.FromTicks(Volatile.Read(ref _numbers.CheckpointStallTicks));

    internal void AddCheckpoint(TimeSpan took)
    {
        Volatile.Write(ref _numbers.CheckpointTicks, took.Ticks);
        Volatile.Write(ref _numbers.Checkpoints, _numbers.Checkpoints + 1);
    }

    internal void AddCheckpointFailure() => Volatile.Write(ref _numbers.CheckpointFailures, _numbers.CheckpointFailures + 1);

    internal void SetCheckpointStall(TimeSpan stall) => Volatile.Write(ref _numbers.CheckpointStallTicks, stall.Ticks);

    internal void AddDuplicates(long count) => Volatile.Write(ref _numbers.Duplicates, _numbers.Duplicates + count);

    internal void AddWithheld() => Volatile.Write(ref _numbers.WithheldByWindow, _numbers.WithheldByWindow + 1);

    /// <summary>
    /// The numbers, with room after them. Counters of neighbouring partitions are allocated one after another: without it, two workers would write to one
    /// cache line, or to a pair of them that the processor fetches together.
    /// </summary>
    [StructLayout(LayoutKind.Sequential, Size = PaddedSize)]
    internal struct Numbers
    {
        /// <summary>The size with the room, in bytes.</summary>
        public const int PaddedSize = 4 * CacheLine.Size;

        public long Processed;
        public long Predictions;
        public long Runs;
        public long WithheldByWindow;
        public long Carts;
        public long TimersRejected;
        public long Duplicates;
        public long Checkpoints;
        public long CheckpointFailures;
        public long CheckpointTicks;
        public long CheckpointStallTicks;
    }
}
