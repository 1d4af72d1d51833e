using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Pipeline;

/// <summary>How far a recovery has come.</summary>
/// <param name="Events">Events folded.</param>
/// <param name="Bytes">Bytes of the journal read.</param>
/// <param name="Total">Bytes to read.</param>
public readonly record struct RecoveryProgress(long Events, long Bytes, long Total);

/// <summary>What a partition was made of again.</summary>
/// <param name="Events">Events folded from the journal, behind the checkpoint.</param>
/// <param name="Took">How long that took.</param>
/// <param name="Undelivered">Decisions whose delivery had not ended.</param>
/// <param name="Warnings">What was not as it should be and was coped with.</param>
public sealed record RecoveryReport(long Events, TimeSpan Took, int Undelivered, IReadOnlyList<string> Warnings);

/// <summary>A partition as it was.</summary>
/// <param name="State">Its state.</param>
/// <param name="Journal">Its journal, open for writing; null for none.</param>
/// <param name="Checkpoints">Who makes its checkpoints; null for nobody.</param>
/// <param name="ReceivedAt">When the latest events were received: milliseconds since 1970 UTC; 0 for never.</param>
/// <param name="Report">How it went.</param>
sealed record RecoveredPartition(
    PartitionState State, PartitionJournal? Journal, PartitionCheckpoints? Checkpoints, long ReceivedAt, RecoveryReport Report);

/// <summary>Makes a partition's state again: the newest checkpoint that is whole, and the journal behind it.</summary>
/// <param name="index">The partition's number.</param>
/// <param name="options">What all partitions share.</param>
/// <param name="slabs">Lends slabs.</param>
/// <param name="counters">What is counted.</param>
sealed class PartitionRecovery(int index, PipelineOptions options, SlabPool slabs, PartitionCounters counters)
{
    const int ProgressEvery = 64;

    public int Index => index;

    public PipelineOptions Options => options;

    /// <summary>Recovers.</summary>
    public RecoveredPartition Run(TimeProvider time, Action<RecoveryProgress>? progress)
    {
        if (options.Journal is not { } journal)
        {
            return new RecoveredPartition(NewState(checkpoint: null), null, null, 0, new RecoveryReport(0, TimeSpan.Zero, 0, []));
        }

        var start = time.GetTimestamp();
        var warnings = new List<string>();
        var folder = new CheckpointFolder(journal.CheckpointFolder(index), journal.CheckpointsKept);
        var device = journal.Device(index);
        PartitionState? state = null;
        try
        {
            var begin = new JournalReader(device, journal.Layout).Begin;
            state = Restore(folder, begin, warnings, out var address, out var position);
            var reader = new JournalReader(device, journal.Layout, address, position.Sequence);
            var player = new JournalReplayer(state, new EventBlockReader(journal.Stores), slabs);
            Play(reader, player, state.Stages.CustomerEvents, progress);
            if (reader.TornBytes > 0)
            {
                warnings.Add(Cut(device, journal.Layout, reader));
            }

            var log = new PartitionJournal(device, journal.Layout, reader.Begin, reader.End, Math.Max(1, reader.NextSequence));
            var retention = new JournalRetention(device, journal.Layout, journal.RetentionAge, journal.RetentionBytes, time);
            var checkpoints = new PartitionCheckpoints(index, options.Consumer, state, log, journal, retention, folder, options.DataFolder, counters, time,
                isBehind: reader.NextSequence != position.Sequence);
            return new RecoveredPartition(state, log, checkpoints, Math.Max(position.ReceivedAt, player.ReceivedAt),
                new RecoveryReport(player.Events, time.GetElapsedTime(start), state.Outbox.Count, warnings));
        }
        catch
        {
            device.Dispose();
            state?.Dispose();
            throw;
        }
    }

    PartitionState NewState(Checkpoint? checkpoint) => new(
        new PartitionStages(index, options, counters, checkpoint), new DedupWindow(options.DedupBytes, options.DedupWindow), new Outbox());

    // The newest checkpoint that is whole; else an empty state, and the journal from its beginning.
    PartitionState Restore(CheckpointFolder folder, long begin, List<string> warnings, out long address, out (long Sequence, long ReceivedAt) position)
    {
        foreach (var checkpoint in folder.Good(reason => warnings.Add($"Partition {index}: a checkpoint is passed over. {reason}"))
            .Where(c => c.JournalAddress >= begin))
        {
            PartitionState? state = null;
            try
            {
                folder.Adopt(checkpoint);
                state = NewState(checkpoint);
                position = PartitionCheckpoints.Restore(checkpoint, state);
                address = checkpoint.JournalAddress;
                return state;
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                warnings.Add($"Partition {index}: a checkpoint is passed over. {checkpoint.Path}: {e.Message}");
                state?.Dispose();
            }
        }

        if (begin > 0)
        {
            throw new JournalException("checkpoint_missing",
                $"The journal of partition {index} begins at address {begin}, and there is no whole checkpoint of that place or behind it. "
                + "Nothing was changed. Restore the data folder from a backup, or move it away to start with an empty state.");
        }

        folder.Adopt(null);
        (address, position) = (0, default);
        return NewState(checkpoint: null);
    }

    void Play(JournalReader reader, JournalReplayer player, List<CustomerEvent> customerEvents, Action<RecoveryProgress>? progress)
    {
        var from = reader.End;
        var total = Math.Max(0, reader.FileEnd - from);
        var batchEnd = from;
        for (var entries = 1; reader.TryNext(out var entry); entries++)
        {
            player.Play(entry);
            HandOver(customerEvents, batchEnd);
            batchEnd = entry.Kind is EntryKind.Events or EntryKind.Tick ? reader.End : batchEnd;
            if (entries % ProgressEvery == 0)
            {
                progress?.Invoke(new RecoveryProgress(player.Events, reader.End - from, total));
            }
        }

        player.Finish();
        HandOver(customerEvents, batchEnd);
        options.Consumer.Advance(index, reader.End);
    }

    // What the turn that ends at an address says beyond its carts, unless it is known there.
    void HandOver(List<CustomerEvent> customerEvents, long batchEnd)
    {
        if (batchEnd > options.Consumer.PersistedUpTo(index))
        {
            customerEvents.ForEach(options.Consumer.Consume);
        }

        customerEvents.Clear();
    }

    string Cut(JournalDevice device, in JournalLayout layout, JournalReader reader)
    {
        var segment = layout.SegmentOf(reader.End);
        foreach (var later in device.Segments().Where(s => s > segment))
        {
            device.RemoveSegment(later);
        }

        device.Cut(segment, layout.OffsetOf(reader.End));
        return $"Partition {index}: the last {reader.TornBytes:N0} bytes of the journal, behind address {reader.End}, are no whole entry and were cut off; "
            + "nothing of them had been acknowledged";
    }
}
