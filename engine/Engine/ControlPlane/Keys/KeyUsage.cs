namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>Records that a key was used, until that is stored. An open stream uses its key. Thread-safe.</summary>
public sealed class KeyUsage
{
    int _isUsed;
    int _streams;

    /// <summary>Records a use. Does not write if one is recorded already, so processors do not contend for the cache line.</summary>
    public void Mark()
    {
        if (Volatile.Read(ref _isUsed) == 0)
        {
            Volatile.Write(ref _isUsed, 1);
        }
    }

    /// <summary>Returns and resets whether the key was used since the last call.</summary>
    public bool Take() => Interlocked.Exchange(ref _isUsed, 0) != 0 | Volatile.Read(ref _streams) > 0;

    /// <summary>Records an opened stream.</summary>
    internal void Open() => Interlocked.Increment(ref _streams);

    /// <summary>Records a closed stream. The key was used until now.</summary>
    internal void Close()
    {
        Mark();
        Interlocked.Decrement(ref _streams);
    }
}
