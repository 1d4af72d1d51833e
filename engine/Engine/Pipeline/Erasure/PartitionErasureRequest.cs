using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline.Erasure;

/// <summary>A request to a partition to end a person's records. The partition's worker executes it in steps.</summary>
/// <param name="entry">The person and the carts in this partition.</param>
sealed class PartitionErasureRequest(ErasureEntry entry)
{
    readonly HashSet<Hash128> _carts = [.. entry.Carts];
    readonly HashSet<Hash128> _customer = [entry.Customer];
    readonly TaskCompletionSource<Task> _searched = new(TaskCreationOptions.RunContinuationsAsynchronously);
    ErasedRecords _records;
    long _cartsAt;
    long _customersAt;
    long _versions;

    /// <summary>The journal entry.</summary>
    public ErasureEntry Entry => entry;

    /// <summary>The ended records. Valid once <see cref="Done"/> has completed.</summary>
    public ErasedRecords Records => _records;

    /// <summary>The address of the entry. Everything that the journal contains of the person is before it.</summary>
    public long Address { get; private set; }

    /// <summary>Number of overwritten versions in memory.</summary>
    public long Versions => Volatile.Read(ref _versions);

    /// <summary>
    /// Completes once memory contains nothing of the person, the only checkpoint is later than that, and no file can receive anything of the person.
    /// </summary>
    public Task Done => _searched.Task.Unwrap();

    /// <summary>Sets the result of the fold. Worker thread only, like the steps.</summary>
    /// <param name="records">The ended records.</param>
    /// <param name="address">The address of the entry in the journal.</param>
    public void Begin(ErasedRecords records, long address) => (_records, Address) = (records, address);

    /// <summary>Executes one bounded step.</summary>
    /// <param name="stores">The partition's stores.</param>
    /// <param name="checkpoints">Creates the partition's checkpoints; <see langword="null"/> for none.</param>
    /// <returns><see langword="true"/> if no step is left.</returns>
    public bool TryStep(PartitionStores stores, PartitionCheckpoints? checkpoints)
    {
        // A running checkpoint reads the same memory: wait.
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

            // Pages that were being written before memory was clean are on disk after this wait; later ones are clean.
            _searched.TrySetResult(Task.WhenAll(stores.WrittenAsync(), checkpoints?.MakeOnly() ?? Task.CompletedTask));
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            Fail(e);
        }

        return true;
    }

    /// <summary>Fails the request.</summary>
    public void Fail(Exception e) => _searched.TrySetException(e);
}
