using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Erasure;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline.Erasure;

/// <summary>
/// Erases a person from a running partition. The caller runs <see cref="Find"/> in all partitions, then <see cref="EndAsync"/> in all, then
/// <see cref="Overwrite"/>. Each step can be repeated. One erasure at a time.
/// </summary>
public sealed class PartitionEraser
{
    const int ReadAttempts = 3;

    readonly int _index;
    readonly int _partitions;
    readonly PartitionInbox _inbox;
    readonly PartitionStores _stores;
    readonly PipelineOptions _options;
    readonly JournalTail _tail;
    readonly List<PartitionErasureRequest> _requests = [];
    long _until;

    /// <param name="index">The partition's number.</param>
    /// <param name="partitions">Number of partitions.</param>
    /// <param name="inbox">The partition's inbox.</param>
    /// <param name="stores">Its records.</param>
    /// <param name="options">Options of all partitions.</param>
    /// <param name="tail">Its journal's tail.</param>
    internal PartitionEraser(int index, int partitions, PartitionInbox inbox, PartitionStores stores, PipelineOptions options, JournalTail tail) =>
        (_index, _partitions, _inbox, _stores, _options, _tail) = (index, partitions, inbox, stores, options, tail);

    /// <summary>Called with each step of a rewrite. For tests, which crash there.</summary>
    internal Action<string>? OnStep { get; set; }

    /// <summary>Number of records that the last erasure ended, and of their versions that it overwrote.</summary>
    public long Records { get; private set; }

    /// <summary>The result of the last erasure in the journal; <see langword="null"/> without a journal.</summary>
    public JournalEraser? Journal { get; private set; }

    /// <summary>Adds the person's carts in the journal and the newest checkpoint. Blocks the caller's thread.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="JournalException">The journal is damaged.</exception>
    /// <exception cref="InvalidDataException">An entry's content is invalid.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void Find(ErasedIds person, ErasurePace pace)
    {
        if (_options.Journal is not { } journal)
        {
            return;
        }

        // The journal after the checkpoint has what the checkpoint lacks.
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                FindInCheckpoint(journal.CheckpointFolder(_index), person, pace);
                break;
            }
            catch (IOException) when (attempt < ReadAttempts)
            {
                // A later checkpoint has replaced it: read that one.
            }
        }

        new JournalEraser(_tail.Device!, _tail.Layout).Find(person, _tail.Durable, pace);
    }

    /// <summary>Ends the person's records, and waits until a checkpoint without them is the only one.</summary>
    /// <exception cref="IOException">The checkpoint failed, or memory cannot be written to disk.</exception>
    /// <exception cref="System.Threading.Channels.ChannelClosedException">The partition has stopped.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled, or the engine stops.</exception>
    public async Task EndAsync(ErasedIds person, CancellationToken cancel)
    {
        _requests.Clear();
        var carts = person.Carts.Where(cart => PartitionSet.IndexOf(cart, _partitions) == _index).Chunk(ErasureEntry.MaxCarts).DefaultIfEmpty([]);
        foreach (var part in carts)
        {
            var request = new PartitionErasureRequest(new ErasureEntry(person.Store, person.Customer, part));
            await _inbox.EnqueueAsync(request, cancel);
            await request.Done.WaitAsync(cancel);
            _requests.Add(request);
        }

        // Everything before the last entry is durable, and FasterLog will not rewrite it: see ErasureEntry.MinSize.
        _until = _requests.Max(request => request.Address);
        Records = _requests.Sum(request => request.Records.Count);
    }

    /// <summary>Overwrites the person's data in the files of the journal and the stores. Blocks the caller's thread.</summary>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="JournalException">The journal is damaged.</exception>
    /// <exception cref="InvalidDataException">An entry's content is invalid.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void Overwrite(ErasedIds person, ErasurePace pace)
    {
        if (_tail.Device is { } device)
        {
            Journal = new JournalEraser(device, _tail.Layout, _tail) { OnStep = OnStep };
            Journal.Overwrite(person, _until, pace);
        }

        HashSet<Hash128> customer = [person.Customer];
        foreach (var request in _requests)
        {
            Records += request.Versions + _stores.Carts.EraseInFiles(request.Entry.Carts.ToHashSet(), request.Records.CartsUntil, pace.Rest);
        }

        Records += _stores.Customers.EraseInFiles(customer, _requests.Max(request => request.Records.CustomersUntil), pace.Rest);
    }

    void FindInCheckpoint(string folder, ErasedIds person, ErasurePace pace)
    {
        if (CheckpointFolder.Newest(folder) is not { } newest)
        {
            return;
        }

        var count = 0;
        foreach (var (_, cart, isDeleted) in PartitionStores.Read(_options.DataFolder, _index, newest).Carts.Read())
        {
            if (!isDeleted && cart.Store == person.Store && cart.UserId.SequenceEqual(person.User.Span))
            {
                person.AddCart(cart.CartId);
            }

            if (++count % 256 == 0)
            {
                pace.Rest();
            }
        }
    }
}
