using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine;

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
/// <param name="ReceivedAt">When the latest events were received: milliseconds since 1970 UTC; 0 for never.</param>
/// <param name="Report">How it went.</param>
sealed record RecoveredPartition(PartitionState State, PartitionJournal? Journal, long ReceivedAt, RecoveryReport Report);

/// <summary>Makes a partition's state again: the newest checkpoint that is whole, and the journal behind it.</summary>
/// <param name="index">The partition's number.</param>
/// <param name="setup">What all partitions share.</param>
/// <param name="slabs">Lends slabs.</param>
/// <param name="counters">What is counted.</param>
sealed class PartitionRecovery(int index, StageSetup setup, SlabPool slabs, PartitionCounters counters)
{
    const int ProgressEvery = 64;

    public int Index => index;

    public StageSetup Setup => setup;

    /// <summary>Recovers.</summary>
    public RecoveredPartition Run(TimeProvider time, Action<RecoveryProgress>? progress)
    {
        var start = time.GetTimestamp();
        var state = new PartitionState(
            new PartitionStages(index, setup, counters), new DedupWindow(setup.DedupBytes, setup.DedupWindow), new Outbox());
        if (setup.Journal is not { } journal)
        {
            return new RecoveredPartition(state, null, 0, new RecoveryReport(0, TimeSpan.Zero, 0, []));
        }

        var warnings = new List<string>();
        var device = journal.Device(index);
        var reader = new JournalReader(device, journal.Layout);
        var player = new JournalPlayer(state, new EventBlockReader(journal.Stores), slabs);
        Play(reader, player, progress);
        if (reader.TornBytes > 0)
        {
            warnings.Add(Cut(device, journal.Layout, reader));
        }

        var log = new PartitionJournal(device, journal.Layout, reader.Begin, reader.End, Math.Max(1, reader.NextSequence));
        return new RecoveredPartition(state, log, player.ReceivedAt,
            new RecoveryReport(player.Events, time.GetElapsedTime(start), state.Outbox.Pending.Count, warnings));
    }

    static void Play(JournalReader reader, JournalPlayer player, Action<RecoveryProgress>? progress)
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
        return $"Partition {index}: the last {reader.TornBytes:N0} bytes of the journal, behind address {reader.End}, are no whole entry and were cut off; "
            + "nothing of them had been acknowledged";
    }
}
