using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline.Erasure;

/// <summary>A request to a partition to end a person's records, and the worker's part of it, in steps.</summary>
/// <param name="entry">The person and their carts in this partition.</param>
sealed class ErasureRequest(ErasureEntry entry)
{
    readonly HashSet<Hash128> _carts = [.. entry.Carts];
    readonly HashSet<Hash128> _customer = [entry.Customer];
    readonly TaskCompletionSource<Task> _searched = new(TaskCreationOptions.RunContinuationsAsynchronously);
    ErasedRecords _records;
    long _cartsAt;
    long _customersAt;
    long _versions;

    /// <summary>The journal's entry.</summary>
    public ErasureEntry Entry => entry;

    /// <summary>What was ended. Complete with <see cref="Done"/>.</summary>
    public ErasedRecords Records => _records;

    /// <summary>Everything that the journal has of the person is before this address.</summary>
    public long Address { get; private set; }

    /// <summary>Number of versions in memory that were overwritten.</summary>
    public long Versions => Volatile.Read(ref _versions);

    /// <summary>
    /// Completes once memory has nothing of the person, the only checkpoint is later than that, and no file will get anything of them.
    /// </summary>
    public Task Done => _searched.Task.Unwrap();

    /// <summary>Notes what the fold did. On the worker, as the steps.</summary>
    /// <param name="records">The records.</param>
    /// <param name="address">Where the entry is in the journal.</param>
    public void Begin(ErasedRecords records, long address) => (_records, Address) = (records, address);

    /// <summary>Takes a step.</summary>
    /// <param name="stores">The partition's records.</param>
    /// <param name="checkpoints">Makes its checkpoints; null for none.</param>
    /// <returns><see langword="true"/> if none is left.</returns>
    public bool TryStep(PartitionStores stores, PartitionCheckpoints? checkpoints)
    {
        // A checkpoint reads the same memory.
        if (checkpoints?.IsBusy == true)
        {
            return false;
        }

        try
        {
            if (_cartsAt < _records.CartsUntil)
            {
                _cartsAt = stores.Carts.EraseInMemory(_carts, _cartsAt, _records.CartsUntil, ref _versions);
                return false;
            }

            if (_customersAt < _records.CustomersUntil)
            {
                _customersAt = stores.Customers.EraseInMemory(_customer, _customersAt, _records.CustomersUntil, ref _versions);
                return false;
            }

            // What was on its way to the files before memory was clean is there first; whatever follows is clean.
            _searched.TrySetResult(Task.WhenAll(stores.WrittenAsync(), checkpoints?.MakeOnly() ?? Task.CompletedTask));
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            Fail(e);
        }

        return true;
    }

    /// <summary>Ends it without success.</summary>
    public void Fail(Exception e) => _searched.TrySetException(e);
}
