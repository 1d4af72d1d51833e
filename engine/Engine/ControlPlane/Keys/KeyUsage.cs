namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>Remembers that a key was used, until it is written down. A key is in use while a stream is open. Any thread.</summary>
public sealed class KeyUsage
{
    int _isUsed;
    int _streams;

    /// <summary>Notes a use. Nothing is written if that is known, so that processors need not exchange the cache line.</summary>
    public void Mark()
    {
        if (Volatile.Read(ref _isUsed) == 0)
        {
            Volatile.Write(ref _isUsed, 1);
        }
    }

    /// <summary>Returns whether the key was used since the last call.</summary>
    public bool Take() => Interlocked.Exchange(ref _isUsed, 0) != 0 | Volatile.Read(ref _streams) > 0;

    /// <summary>Counts a stream that is opened.</summary>
    internal void Open() => Interlocked.Increment(ref _streams);

    /// <summary>Counts a stream that is closed. It was in use until then.</summary>
    internal void Close()
    {
        Mark();
        Interlocked.Decrement(ref _streams);
    }
}
