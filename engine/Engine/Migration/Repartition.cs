using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Engine.Migration;

/// <summary>Progress of a <see cref="Repartition"/>.</summary>
/// <param name="Step">What is being done.</param>
/// <param name="Done">Records or bytes done.</param>
/// <param name="Total">Records or bytes to do; 0 if unknown.</param>
public readonly record struct RepartitionProgress(RepartitionStep Step, long Done, long Total);

/// <summary>The steps of a <see cref="Repartition"/>, in order.</summary>
public enum RepartitionStep
{
    Recover,
    EventIds,
    Carts,
    Customers,
    Checkpoint,
}

/// <summary>Result of a <see cref="Repartition"/>.</summary>
/// <param name="Carts">Records of carts written, including superseded ones.</param>
/// <param name="Customers">Records of customers written, including superseded ones.</param>
/// <param name="CustomersLost">Customers that neither a cart nor a recent event names, so that their new keys are unknown.</param>
/// <param name="EventIds">Ids of recent events.</param>
/// <param name="Unread">Entries that the reader of the journals had not read.</param>
public sealed record RepartitionReport(long Carts, long Customers, long CustomersLost, long EventIds, int Unread);

/// <summary>A reader of the journals' tails, whose position is preserved.</summary>
/// <param name="Name">The name of its cursors.</param>
/// <param name="PositionOf">Returns a partition's address it has read up to; null if it never read.</param>
/// <param name="Kinds">What it reads.</param>
public sealed record TailReader(string Name, Func<int, long?> PositionOf, params EntryKind[] Kinds);

/// <summary>
/// Writes the state of an engine that does not run to another number of partitions, or under other keys, in folders of its own. The former
/// folders are recovered as at any start, and otherwise only read: whatever ends this early, they are as good as before.
/// </summary>
/// <param name="from">The options of the former partitions.</param>
/// <param name="partitions">Number of former partitions.</param>
/// <param name="to">The options of the new partitions; their folders are empty.</param>
/// <param name="count">Number of new partitions.</param>
public sealed class Repartition(PipelineOptions from, int partitions, PipelineOptions to, int count)
{
    // Readers are seconds behind at most, unless they are stuck.
    const long MaxUnreadBytes = 256L << 20;

    /// <summary>Maps former keys to new ones, if these differ.</summary>
    public KeyMap? Keys { get; init; }

    /// <summary>Journals of earlier partitions, which have recent events too.</summary>
    public IReadOnlyList<ArchivedJournal> Archive { get; init; } = [];

    /// <summary>Receives the progress.</summary>
    public Action<RepartitionProgress>? Progress { get; init; }

    /// <summary>Runs it.</summary>
    /// <param name="reader">The reader of the journals.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="JournalException">A journal is damaged or of a later version; <c>reader_behind</c>: the reader is too far
    /// behind.</exception>
    /// <exception cref="IOException">A folder cannot be used.</exception>
    public RepartitionReport Run(TailReader reader, TimeProvider time)
    {
        var keys = Keys is null ? null : new CartKeys(from.Stores, to.Stores, Keys);
        var unread = Recover(reader, time);
        using var target = new NewPartitions(to, count, reader, time);
        FormerPartition[] former = [.. Enumerable.Range(0, partitions).Select(index => new FormerPartition(from, index))];
        var receivedAt = former.Max(partition => partition.ReceivedAt);
        target.StartClocks(former.Max(partition => partition.Now), receivedAt);
        var ids = new EventIdHistory(Archive.Concat(FormerJournals()), to.Journal!.Stores, keys).CopyTo(
            target, receivedAt - (long)from.DedupWindow.TotalMilliseconds, (done, total) => Report(RepartitionStep.EventIds, done, total));
        var carts = WriteCarts(former, target, keys);
        var (customers, lost) = WriteCustomers(former, target, keys);
        Report(RepartitionStep.Checkpoint, 0, 0);
        var entries = Array.ConvertAll(unread, former => keys is null ? former : UnreadEntries.Apply(keys, former));
        target.Finish(entries);
        Keys?.Save();
        return new RepartitionReport(carts, customers, lost, ids, entries.Sum(entries => entries.Count));
    }

    IEnumerable<ArchivedJournal> FormerJournals() => Enumerable.Range(0, partitions)
        .Select(index => new ArchivedJournal(() => from.Journal!.Device(index), from.Journal!.Layout));

    // A start and a stop: afterwards the newest checkpoint of each partition has all of its state, and no entry is left of an earlier format.
    List<(EntryKind Kind, byte[] Payload)>[] Recover(TailReader reader, TimeProvider time)
    {
        using var set = new PartitionSet(partitions, from, time, TimeSpan.Zero);
        set.Recover((_, p) => Report(RepartitionStep.Recover, p.Takeover.Total > 0 ? p.Takeover.Done : p.Bytes, p.Takeover.Total > 0 ? p.Takeover.Total : p.Total));
        var cursors = Enumerable.Range(0, partitions).Select(i => set[i].Tail.Open(reader.Name, reader.PositionOf(i), reader.Kinds)).ToArray();
        set.Start();
        set.Stop();
        if ((set.StopProblems.FirstOrDefault() ?? set.CheckpointProblem) is { } problem)
        {
            throw new IOException(problem);
        }

        var room = MaxUnreadBytes;
        return Array.ConvertAll(cursors, cursor =>
        {
            using (cursor)
            {
                var entries = new List<(EntryKind, byte[])>();
                while (cursor.TryRead(out var entry))
                {
                    room -= entry.Payload.Length;
                    if (room < 0)
                    {
                        throw new JournalException("reader_behind",
                            $"Messages lag the events by more than {MaxUnreadBytes >> 20} MB of the journal. Start the engine, wait until /health shows no lag, stop it, and try again.");
                    }

                    // Decisions are already claimed in their carts' records.
                    entries.Add((entry.Kind == EntryKind.Decisions ? EntryKind.UndeliveredDecisions : entry.Kind, entry.Payload.ToArray()));
                }

                return entries;
            }
        });
    }

    long WriteCarts(FormerPartition[] former, NewPartitions target, CartKeys? keys)
    {
        var (done, total) = (0L, former.Sum(partition => partition.Carts.Count));
        foreach (var (key, stored, isDeleted) in former.SelectMany(partition => partition.Carts.Read()))
        {
            var cart = stored;
            if (!isDeleted)
            {
                var present = keys?.Apply(key, ref cart) ?? key;
                target.Of(present).WriteCart(present, cart);
            }
            else if ((keys is null ? key : keys.Find(key)) is { } deleted)
            {
                target.Of(deleted).DeleteCart(deleted);
            }

            Report(target, RepartitionStep.Carts, ++done, total);
        }

        return done;
    }

    // Every partition has all customers.
    (long Written, long Lost) WriteCustomers(FormerPartition[] former, NewPartitions target, CartKeys? keys)
    {
        var (done, lost, total) = (0L, 0L, former.Sum(partition => partition.Customers.Count));
        foreach (var (key, customer, _) in former.SelectMany(partition => partition.Customers.Read()))
        {
            if ((keys is null ? key : keys.Find(key)) is { } present)
            {
                target.WriteCustomer(present, customer);
            }
            else
            {
                lost++;
            }

            Report(target, RepartitionStep.Customers, ++done, total);
        }

        return (done - lost, lost);
    }

    void Report(NewPartitions target, RepartitionStep step, long done, long total)
    {
        if (done % 1024 == 0 || done == total)
        {
            target.ThrowIfFailed();
            Report(step, done, total);
        }
    }

    void Report(RepartitionStep step, long done, long total) => Progress?.Invoke(new RepartitionProgress(step, done, total));
}
