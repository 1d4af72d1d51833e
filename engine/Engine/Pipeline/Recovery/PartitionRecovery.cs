using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Erasure;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.State;

namespace CartRecovery.Engine.Pipeline.Recovery;

/// <summary>Progress of a recovery.</summary>
/// <param name="Events">Events folded.</param>
/// <param name="Bytes">Journal bytes read.</param>
/// <param name="Total">Journal bytes to read.</param>
public readonly record struct RecoveryProgress(long Events, long Bytes, long Total)
{
    /// <summary>Records of an earlier version being taken over, before the journal is read.</summary>
    public TakeoverProgress Takeover { get; init; }
}

/// <summary>Result of a recovery.</summary>
/// <param name="Events">Events folded from the journal after the checkpoint.</param>
/// <param name="Took">Duration.</param>
/// <param name="TakenOver">Decisions that an earlier format kept to be delivered.</param>
/// <param name="Warnings">Problems that recovery worked around.</param>
public sealed record RecoveryReport(long Events, TimeSpan Took, int TakenOver, IReadOnlyList<string> Warnings);

/// <summary>A recovered partition.</summary>
/// <param name="State">The state.</param>
/// <param name="Journal">The journal, open for writing; null without one.</param>
/// <param name="Checkpoints">Makes checkpoints; null without a journal.</param>
/// <param name="Handover">What readers must still be given of an earlier format.</param>
/// <param name="ReceivedAt">When the latest events were received (ms since 1970 UTC); 0 if there were none.</param>
/// <param name="Report">How the recovery went.</param>
sealed record RecoveredPartition(
    PartitionState State, PartitionJournal? Journal, PartitionCheckpoints? Checkpoints, Handover Handover, long ReceivedAt, RecoveryReport Report);

/// <summary>Recovers a partition from its newest complete checkpoint and the journal after it.</summary>
/// <param name="index">The partition's number.</param>
/// <param name="options">Options shared by all partitions.</param>
/// <param name="slabs">Provides slabs.</param>
/// <param name="counters">The partition's counters.</param>
/// <param name="tail">Makes the journal available to readers.</param>
sealed class PartitionRecovery(int index, PipelineOptions options, SlabPool slabs, PartitionCounters counters, JournalTail tail)
{
    const int ProgressEvery = 64;

    public int Index => index;

    public PipelineOptions Options => options;

    /// <summary>Recovers the partition.</summary>
    public RecoveredPartition Run(TimeProvider time, Action<RecoveryProgress>? progress)
    {
        if (options.Journal is not { } journal)
        {
            return new RecoveredPartition(NewState(checkpoint: null, progress: null), null, null, new Handover(), 0, new RecoveryReport(0, TimeSpan.Zero, 0, []));
        }

        var start = time.GetTimestamp();
        var warnings = new List<string>();
        var folder = new CheckpointFolder(journal.CheckpointFolder(index), journal.CheckpointsKept);
        var device = journal.Device(index);
        var handover = new Handover();
        PartitionState? state = null;
        try
        {
            JournalRedo.Apply(device, journal.Layout);
            var begin = new JournalReader(device, journal.Layout).Begin;
            state = Restore(folder, begin, handover, warnings, progress, out var address, out var position);
            var reader = new JournalReader(device, journal.Layout, address, position.Sequence);
            var player = new JournalReplayer(state, handover, new EventBlockReader(journal.Stores), slabs, options.ReadCampaigns, options.Keys);
            Play(reader, player, progress);
            if (reader.TornBytes > 0)
            {
                warnings.Add(Cut(device, journal.Layout, reader));
            }

            var log = new PartitionJournal(device, journal.Layout, reader.Begin, reader.End, Math.Max(1, reader.NextSequence), tail);
            var retention = new JournalRetention(device, journal.Layout, journal.RetentionAge, journal.RetentionBytes, journal.MaxLagBytes, time);
            var checkpoints = new PartitionCheckpoints(state, log, tail, journal, retention, folder, options.DataFolder, counters, time,
                isBehind: reader.NextSequence != position.Sequence || state.Stages.Stores.IsTakenOver);
            return new RecoveredPartition(state, log, checkpoints, handover, Math.Max(position.ReceivedAt, player.ReceivedAt),
                new RecoveryReport(player.Events, time.GetElapsedTime(start), handover.Count, warnings));
        }
        catch
        {
            device.Dispose();
            state?.Dispose();
            throw;
        }
    }

    PartitionState NewState(Checkpoint? checkpoint, Action<RecoveryProgress>? progress) => new(
        new PartitionStages(index, options, counters, checkpoint, takeover => progress?.Invoke(default(RecoveryProgress) with { Takeover = takeover })),
        new DedupWindow(options.DedupBytes, options.DedupWindow));

    // The newest complete checkpoint; without one, an empty state and the whole journal.
    PartitionState Restore(CheckpointFolder folder, long begin, Handover handover, List<string> warnings, Action<RecoveryProgress>? progress,
        out long address, out (long Sequence, long ReceivedAt) position)
    {
        foreach (var checkpoint in folder.ReadUndamaged(reason => warnings.Add($"Partition {index}: a checkpoint was skipped. {reason}"))
            .Where(c => c.JournalAddress >= begin))
        {
            PartitionState? state = null;
            try
            {
                folder.Adopt(checkpoint);
                state = NewState(checkpoint, progress);
                position = PartitionCheckpoints.Restore(checkpoint, state, handover);
                address = checkpoint.JournalAddress;
                return state;
            }
            catch (Exception e) when (e is StoreShapeException or StoreTakeoverException)
            {
                // Not the checkpoint's fault: an older one would lose the newer.
                throw new JournalException(e is StoreShapeException ? "store_version" : "store_takeover", $"Partition {index}: {e.Message}.");
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                warnings.Add($"Partition {index}: a checkpoint was skipped. {checkpoint.Path}: {e.Message}");
                state?.Dispose();
            }
        }

        if (begin > 0)
        {
            throw new JournalException("checkpoint_missing",
                $"The journal of partition {index} begins at address {begin}, and there is no complete checkpoint at or after it. "
                + "Nothing was changed. Restore the data folder from a backup, or move it away to start with an empty state.");
        }

        folder.Adopt(null);
        (address, position) = (0, default);
        return NewState(checkpoint: null, progress: null);
    }

    void Play(JournalReader reader, JournalReplayer player, Action<RecoveryProgress>? progress)
    {
        var from = reader.End;
        var total = Math.Max(0, reader.FileEnd - from);
        for (var entries = 1; reader.TryNext(out var entry); entries++)
        {
            player.Play(entry);
            if (entries % ProgressEvery == 0)
            {
                progress?.Invoke(new RecoveryProgress(player.Events, reader.End - from, total));
            }
        }

        player.Finish();
    }

    string Cut(JournalDevice device, in JournalLayout layout, JournalReader reader)
    {
        var segment = layout.SegmentOf(reader.End);
        foreach (var later in device.Segments().Where(s => s > segment))
        {
            device.RemoveSegment(later);
        }

        device.Cut(segment, layout.OffsetOf(reader.End));
        return $"Partition {index}: the last {reader.TornBytes:N0} bytes of the journal, after address {reader.End}, are not a complete entry and were truncated; "
            + "nothing of them had been acknowledged";
    }
}
