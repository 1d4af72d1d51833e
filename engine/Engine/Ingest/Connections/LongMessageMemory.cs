using System.Numerics;
using CartRecovery.Engine.Ingest.Streams.Transport;

namespace CartRecovery.Engine.Ingest.Connections;

/// <summary>
/// Reserves the memory for a connection's long message that has not arrived whole: it may grow to its limit, so that much is reserved.
/// Called by the connection's reader, one call at a time.
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
    public bool IsDue(long kept) => kept > Share ? _reserved == 0 : _reserved > 0;

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

        var bytes = (long)BitOperations.RoundUpToPowerOf2((uint)(options.MaxMessage + PollingThread.SmallRest));
        if (!options.Buffers.TryReserve(bytes) && !await options.Buffers.ReserveAsync(bytes, options.SlowReaderTimeout, options.Partitions.Clock))
        {
            return false;
        }

        _reserved = bytes;
        Volatile.Write(ref _sinceTicks, options.Partitions.Clock.GetTimestamp());
        return true;
    }

    /// <summary>Releases the memory, if it is reserved.</summary>
    public void Release()
    {
        if (_reserved > 0)
        {
            options.Buffers.Release(_reserved);
            _reserved = 0;
            Volatile.Write(ref _sinceTicks, 0);
        }
    }
}
