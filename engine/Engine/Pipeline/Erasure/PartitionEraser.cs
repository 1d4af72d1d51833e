using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Erasure;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Pipeline.Erasure;

/// <summary>
/// Erases people from a running partition. The caller runs <see cref="Find"/> in all partitions, then <see cref="EndAsync"/> in all, then
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

    /// <summary>Adds to each person their carts in the journal and the newest checkpoint, each of which is read once. Blocks the caller's thread.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="JournalException">The journal is damaged.</exception>
    /// <exception cref="InvalidDataException">An entry's content is invalid.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void Find(IReadOnlyList<ErasedIds> people, ErasurePace pace)
    {
        if (_options.Journal is null)
        {
            return;
        }

        // The journal after the checkpoint has what the checkpoint lacks.
        ReadCheckpoint(
            (in CartRecord cart) =>
            {
                foreach (var person in people)
                {
                    if (cart.Store == person.Store && cart.UserId.SequenceEqual(person.User.Span))
                    {
                        person.AddCart(cart.CartId);
                    }
                }
            },
            pace);
        new JournalEraser(_tail.Device!, _tail.Layout).Find(people, _tail.Durable, pace);
    }

    /// <summary>Reads the users of the carts in the newest checkpoint. Blocks the caller's thread.</summary>
    /// <param name="onUser">Receives a store's number and a user's id, in UTF-8.</param>
    /// <param name="pace">Throttles the work.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void ReadUsers(Action<int, ReadOnlySpan<byte>> onUser, ErasurePace pace) => ReadCheckpoint((in CartRecord cart) => onUser(cart.Store, cart.UserId), pace);

    /// <summary>Ends the people's records, and waits until a checkpoint without them is the only one: one for all of them, unless they have very many carts.</summary>
    /// <exception cref="IOException">The checkpoint failed, or memory cannot be written to disk.</exception>
    /// <exception cref="System.Threading.Channels.ChannelClosedException">The partition has stopped.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled, or the engine stops.</exception>
    public async Task EndAsync(IReadOnlyList<ErasedIds> people, CancellationToken cancel)
    {
        _requests.Clear();
        foreach (var entries in Grouped(people.SelectMany(EntriesOf)))
        {
            var request = new PartitionErasureRequest(entries);
            await _inbox.EnqueueAsync(request, cancel);
            await request.Done.WaitAsync(cancel);
            _requests.Add(request);
        }

        // Everything before the last entry is durable, and FasterLog will not rewrite it: see ErasureEntry.MinSize.
        _until = _requests.Max(request => request.Address);
        Records = _requests.Sum(request => request.Records);
    }

    /// <summary>Overwrites the people's data in the files of the journal and the stores. Blocks the caller's thread.</summary>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="JournalException">The journal is damaged.</exception>
    /// <exception cref="InvalidDataException">An entry's content is invalid.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public void Overwrite(IReadOnlyList<ErasedIds> people, ErasurePace pace)
    {
        if (_tail.Device is { } device)
        {
            Journal = new JournalEraser(device, _tail.Layout, _tail) { OnStep = OnStep };
            Journal.Overwrite(people, _until, pace);
        }

        foreach (var request in _requests)
        {
            Records += request.Versions + _stores.Carts.EraseInFiles(request.Carts, request.CartsUntil, pace.Rest);
            Records += _stores.Customers.EraseInFiles(request.Customers, request.CustomersUntil, pace.Rest);
        }
    }

    IEnumerable<ErasureEntry> EntriesOf(ErasedIds person) => person.Carts.Where(cart => PartitionSet.IndexOf(cart, _partitions) == _index).Chunk(ErasureEntry.MaxCarts)
        .DefaultIfEmpty([]).Select(carts => new ErasureEntry(person.Store, person.Customer, carts));

    // Entries that the worker folds between two batches: with as many carts as one person's entry may have.
    static IEnumerable<List<ErasureEntry>> Grouped(IEnumerable<ErasureEntry> entries)
    {
        var group = new List<ErasureEntry>();
        foreach (var entry in entries)
        {
            if (group.Count > 0 && group.Sum(one => one.Carts.Count) + entry.Carts.Count > ErasureEntry.MaxCarts)
            {
                yield return group;
                group = [];
            }

            group.Add(entry);
        }

        yield return group;
    }

    // A later checkpoint may replace the newest one while it is read: then that one is read.
    void ReadCheckpoint(CartReader onCart, ErasurePace pace)
    {
        for (var attempt = 1; _options.Journal is { } journal; attempt++)
        {
            try
            {
                if (CheckpointFolder.Newest(journal.CheckpointFolder(_index)) is { } newest)
                {
                    ReadCheckpoint(newest, onCart, pace);
                }

                return;
            }
            catch (IOException) when (attempt < ReadAttempts)
            {
                // Retried.
            }
        }
    }

    void ReadCheckpoint(string folder, CartReader onCart, ErasurePace pace)
    {
        var count = 0;
        foreach (var (_, cart, isDeleted) in PartitionStores.Read(_options.DataFolder, _index, folder).Carts.Read())
        {
            if (!isDeleted && cart.UserLength > 0)
            {
                onCart(in cart);
            }

            if (++count % 256 == 0)
            {
                pace.Rest();
            }
        }
    }

    delegate void CartReader(in CartRecord cart);
}
