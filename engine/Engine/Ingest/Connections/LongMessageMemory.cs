using System.Numerics;

namespace CartRecovery.Engine.Ingest.Connections;

/// <summary>
/// Reserves the memory for a connection's long message that has not arrived whole, in steps as it grows. Called by the connection's reader,
/// one call at a time.
/// </summary>
sealed class LongMessageMemory(IngestOptions options)
{
    /// <summary>Bytes of an incomplete message that every connection may keep.</summary>
    public const int Share = 4 * 1024;

    long _reserved;
    long _sinceTicks;

    /// <summary>When the memory was reserved, in ticks of the monotonic clock; 0 for none. Any thread.</summary>
    public long SinceTicks => Volatile.Read(ref _sinceTicks);

    /// <summary>Whether <see cref="ReserveAsync"/> has something to do.</summary>
    /// <param name="kept">Bytes that the connection keeps.</param>
    public bool IsDue(long kept) => kept > Share ? SizeFor(kept) > _reserved : _reserved > 0;

    /// <summary>Counts the time anew: a message has arrived whole, or the engine did not read. Any thread.</summary>
    /// <param name="now">Ticks of the monotonic clock.</param>
    public void Restart(long now)
    {
        // Exchanged only if unchanged: a time set after the release would never be cleared.
        if (SinceTicks is not 0 and var since)
        {
            Interlocked.CompareExchange(ref _sinceTicks, now, since);
        }
    }

    /// <summary>Reserves the memory, or releases it. Waits for others to release theirs.</summary>
    /// <param name="kept">Bytes that the connection keeps.</param>
    /// <returns><see langword="false"/> if there was none in time.</returns>
    public async ValueTask<bool> ReserveAsync(long kept)
    {
        if (kept <= Share)
        {
            Release();
            return true;
        }

        var more = SizeFor(kept) - _reserved;
        if (!options.Incomplete.TryReserve(more) && !await options.Incomplete.ReserveAsync(more, options.SlowReaderTimeout, options.Partitions.Clock))
        {
            return false;
        }

        _reserved += more;
        if (_sinceTicks == 0)
        {
            Volatile.Write(ref _sinceTicks, options.Partitions.Clock.GetTimestamp());
        }

        return true;
    }

    /// <summary>Releases the memory, if it is reserved.</summary>
    public void Release()
    {
        if (_reserved > 0)
        {
            options.Incomplete.Release(_reserved);
            _reserved = 0;
            Volatile.Write(ref _sinceTicks, 0);
        }
    }

    // The array that holds it grows by doubling, and has room for a read.
    static long SizeFor(long kept) => (long)BitOperations.RoundUpToPowerOf2((ulong)kept * 2);
}
