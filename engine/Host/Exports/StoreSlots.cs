namespace CartRecovery.Host.Exports;

/// <summary>Limits long work to one for each store, and to a number in all, so that no store can keep the others from theirs. Thread-safe.</summary>
/// <param name="max">Maximum number in all.</param>
sealed class StoreSlots(int max)
{
    readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>Takes the slot of a store.</summary>
    /// <param name="store">The store's id.</param>
    /// <returns>Frees the slot when disposed; <see langword="null"/> if the store's slot, or all, are taken.</returns>
    public IDisposable? TryTake(string store)
    {
        lock (_taken)
        {
            return _taken.Count < max && _taken.Add(store) ? new Slot(_taken, store) : null;
        }
    }

    sealed class Slot(HashSet<string> taken, string store) : IDisposable
    {
        int _isFreed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isFreed, 1) != 0)
            {
                return;
            }

            lock (taken)
            {
                taken.Remove(store);
            }
        }
    }
}
