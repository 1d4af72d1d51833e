using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Migration;

/// <summary>Partitions in empty folders, written record by record and then kept in checkpoints.</summary>
sealed class NewPartitions : IDisposable
{
    // For the journal's few entries, and for a checkpoint of all records.
    static readonly TimeSpan s_commit = TimeSpan.FromSeconds(30);
    static readonly TimeSpan s_checkpoint = TimeSpan.FromHours(1);
    static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(1);

    readonly Member[] _members;

    public NewPartitions(PipelineOptions options, int count, TailReader reader, TimeProvider time)
    {
        var slabs = new SlabPool(1);
        _members = new Member[count];
        for (var i = 0; i < count; i++)
        {
            _members[i] = new Member(options, i, reader, slabs, time);
        }
    }

    /// <summary>Returns the partition that a key belongs to.</summary>
    public Member Of(in Hash128 key) => _members[PartitionSet.IndexOf(key, _members.Length)];

    /// <summary>Writes a customer to all partitions, unless a record with more events is there: those of partitions differ only by events that
    /// were not acknowledged.</summary>
    public void WriteCustomer(in Hash128 key, in CustomerRecord customer)
    {
        foreach (var member in _members)
        {
            member.WriteCustomer(key, customer);
        }
    }

    /// <exception cref="IOException">The disk is full, or fails.</exception>
    public void ThrowIfFailed() => Array.ForEach(_members, member => member.ThrowIfFailed());

    /// <summary>Remembers an event in all partitions.</summary>
    public void AddId(in Hash128 id, in Hash128 cart, long receivedAt)
    {
        foreach (var member in _members)
        {
            member.Dedup.TryAdd(id, cart, receivedAt);
        }
    }

    /// <summary>Starts the clocks. Before the first cart.</summary>
    /// <param name="now">The former clock (ms since 1970 UTC).</param>
    /// <param name="receivedAt">When the latest events were received.</param>
    public void StartClocks(long now, long receivedAt)
    {
        foreach (var member in _members)
        {
            member.StartClock(now, receivedAt);
        }
    }

    /// <summary>Appends the entries that the reader has not read, and makes checkpoints.</summary>
    /// <param name="unread">The entries of each former partition, in order.</param>
    /// <exception cref="IOException">A checkpoint cannot be written.</exception>
    public void Finish(IReadOnlyList<List<(EntryKind Kind, byte[] Payload)>> unread)
    {
        for (var i = 0; i < _members.Length; i++)
        {
            var handover = new Handover();
            for (var former = i; former < unread.Count; former += _members.Length)
            {
                handover.Entries.AddRange(unread[former]);
            }

            _members[i].Finish(handover);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var member in _members)
        {
            member?.Dispose();
        }
    }

    /// <summary>One of the partitions.</summary>
    internal sealed class Member : IDisposable
    {
        readonly TimeProvider _time;
        readonly RecoveredPartition _partition;
        readonly PartitionProcessor _processor;
        readonly PartitionStages _stages;
        readonly string _checkpoints;
        long _receivedAt;

        public Member(PipelineOptions options, int index, TailReader reader, SlabPool slabs, TimeProvider time)
        {
            _time = time;
            var tail = new JournalTail(options.Journal!.CursorFile(index));
            var counters = new PartitionCounters();
            _checkpoints = options.Journal.CheckpointFolder(index);
            _partition = new PartitionRecovery(index, options, slabs, counters, tail).Run(time, progress: null);
            _stages = _partition.State.Stages;
            _processor = new PartitionProcessor(index, options, _partition.State, counters, _partition.Journal, tail, time);

            // A full disk ends this: nothing depends on the new files yet.
            (_stages.Stores.Carts.RetriesWrites, _stages.Stores.Customers.RetriesWrites) = (false, false);

            // The reader begins with what is appended from here on.
            tail.Open(reader.Name, from: null, reader.Kinds).Dispose();
        }

        public DedupWindow Dedup => _partition.State.Dedup;

        public void StartClock(long now, long receivedAt)
        {
            _receivedAt = receivedAt;
            _stages.Clock.StartAt(now);
        }

        // A cart comes again if an earlier record of it is still in the log.
        public void WriteCart(in Hash128 key, in CartRecord cart)
        {
            if (cart.TimerAt != 0 && !(_stages.Stores.Carts.TryRead(key, out var before) && before.TimerAt == cart.TimerAt))
            {
                _stages.Clock.Restore(key, cart);
            }

            _stages.Stores.Carts.Write(key, cart);
        }

        /// <exception cref="IOException">The disk is full, or fails.</exception>
        public void ThrowIfFailed()
        {
            _stages.Stores.Carts.ThrowIfFailed();
            _stages.Stores.Customers.ThrowIfFailed();
        }

        public void DeleteCart(in Hash128 key) => _stages.Stores.Carts.Delete(key);

        public void WriteCustomer(in Hash128 key, in CustomerRecord customer)
        {
            if (!_stages.Stores.Customers.TryRead(key, out var before) || EventsOf(before) <= EventsOf(customer))
            {
                _stages.Stores.Customers.Write(key, customer);
            }
        }

        public void Finish(Handover handover)
        {
            ThrowIfFailed();
            _processor.Begin(_partition.Checkpoints, handover, _receivedAt);
            if (!_partition.Journal!.WaitUntilDurable(s_commit, _time))
            {
                throw new IOException($"the journal cannot be written: {_partition.Journal.Problem ?? "the disk does not respond"}");
            }

            // The checkpoint is written in steps, between which the disk works.
            using var pause = new ManualResetEventSlim();
            while (!_processor.TryFinish(s_checkpoint))
            {
                pause.Wait(s_step);
            }

            if (_processor.CheckpointProblem is { } problem)
            {
                throw new IOException($"{_checkpoints} cannot be written: {problem}");
            }

            if (new CheckpointFolder(_checkpoints).Kept.Count == 0)
            {
                throw new IOException($"{_checkpoints} was not written: the disk does not respond");
            }
        }

        static long EventsOf(in CustomerRecord customer) => (long)customer.History.Orders + customer.History.Refunds;

        public void Dispose()
        {
            _processor.Dispose();
            _partition.State.Dispose();
        }
    }
}
