using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline.Erasure;

/// <summary>A request to a partition to end the records of people. The partition's worker executes it in steps, with one checkpoint for all.</summary>
/// <param name="entries">The people and their carts in this partition; at least one.</param>
sealed class PartitionErasureRequest(IReadOnlyList<ErasureEntry> entries)
{
    readonly TaskCompletionSource<Task> _searched = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Dictionary<Hash128, long> _carts = [];
    readonly Dictionary<Hash128, long> _customers = [];
    long _cartsAt;
    long _customersAt;
    long _versions;

    /// <summary>The journal entries.</summary>
    public IReadOnlyList<ErasureEntry> Entries => entries;

    /// <summary>
    /// The keys of the carts, each with the address in the store's log before which no version is needed any longer. A cart that goes on under another name is written
    /// after that. Valid once <see cref="Done"/> has completed, like the other results.
    /// </summary>
    public IReadOnlyDictionary<Hash128, long> Carts => _carts;

    /// <summary>The same for the customer store.</summary>
    public IReadOnlyDictionary<Hash128, long> Customers => _customers;

    /// <summary>The end of all versions of <see cref="Carts"/>.</summary>
    public long CartsUntil { get; private set; }

    /// <summary>The end of all versions of <see cref="Customers"/>.</summary>
    public long CustomersUntil { get; private set; }

    /// <summary>Number of ended records.</summary>
    public long Records { get; private set; }

    /// <summary>The address of the first entry. Everything that the journal contains of the people is before it.</summary>
    public long Address { get; private set; }

    /// <summary>Number of overwritten versions in memory.</summary>
    public long Versions => Volatile.Read(ref _versions);

    /// <summary>
    /// Completes once memory contains nothing of the people, the only checkpoint is later than that, and no file can receive anything of them.
    /// </summary>
    public Task Done => _searched.Task.Unwrap();

    /// <summary>Begins with the address of the first entry in the journal. Worker thread only, like the steps.</summary>
    public void Begin(long address) => Address = address;

    /// <summary>Adds the result of an entry's fold. In the order of the entries.</summary>
    public void Add(ErasureEntry entry, ErasedRecords ended)
    {
        foreach (var cart in entry.Carts)
        {
            _carts[cart] = ended.CartsUntil;
        }

        _customers[entry.Customer] = ended.CustomersUntil;
        (CartsUntil, CustomersUntil, Records) = (ended.CartsUntil, ended.CustomersUntil, Records + ended.Count);
    }

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
            if (_cartsAt < CartsUntil)
            {
                _cartsAt = stores.Carts.EraseInMemory(_carts, _cartsAt, CartsUntil, ref _versions);
                return false;
            }

            if (_customersAt < CustomersUntil)
            {
                _customersAt = stores.Customers.EraseInMemory(_customers, _customersAt, CustomersUntil, ref _versions);
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
