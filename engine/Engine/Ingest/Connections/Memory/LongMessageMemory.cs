using System.Numerics;
using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Engine.Ingest.Connections.Memory;

/// <summary>
/// Reserves the memory for a connection's long message that has not arrived whole, in steps as it grows. Called by the connection's reader,
/// one call at a time.
/// </summary>
/// <param name="options">Has the memory.</param>
/// <param name="kind">The kind of the connection's key.</param>
/// <param name="evict">Closes the connection, because others need the memory. Any thread.</param>
sealed class LongMessageMemory(IngestOptions options, KeyKind kind, Action evict)
{
    /// <summary>Bytes of an incomplete message that every connection may keep.</summary>
    public const int Allowance = 4 * 1024;

    readonly BufferQuota _quota = options.Incomplete[kind];
    long _reserved;
    long _sinceTicks;

    /// <summary>The kind of the connection's key.</summary>
    public KeyKind Kind => kind;

    /// <summary>The memory reserved, in bytes. Any thread.</summary>
    public long Reserved => Volatile.Read(ref _reserved);

    /// <summary>When the memory was reserved or last restarted, in ticks of the monotonic clock; 0 for none. Any thread.</summary>
    public long SinceTicks => Volatile.Read(ref _sinceTicks);

    /// <summary>Whether <see cref="ReserveAsync"/> has something to do.</summary>
    /// <param name="kept">Bytes that the connection keeps.</param>
    public bool IsDue(long kept) => kept > Allowance ? SizeFor(kept) > _reserved : _reserved > 0;

    /// <summary>Restarts the timeout: a message has arrived whole, or the engine did not read. Any thread.</summary>
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
    /// <param name="gone">Completes when the client is gone.</param>
    /// <returns><see langword="false"/> if there was none in time, or the client is gone.</returns>
    public ValueTask<bool> ReserveAsync(long kept, Task gone)
    {
        if (kept <= Allowance)
        {
            Release();
            return ValueTask.FromResult(true);
        }

        var more = SizeFor(kept) - _reserved;
        if (!_quota.TryReserve(more))
        {
            return WaitAsync(more, gone);
        }

        Add(more);
        return ValueTask.FromResult(true);
    }

    /// <summary>Releases the memory, if it is reserved.</summary>
    public void Release()
    {
        if (_reserved > 0)
        {
            options.Incomplete.Remove(this);
            _quota.Release(_reserved);
            Volatile.Write(ref _reserved, 0);
            Volatile.Write(ref _sinceTicks, 0);
        }
    }

    /// <summary>Closes the connection, because others need the memory. Any thread.</summary>
    public void Evict() => evict();

    async ValueTask<bool> WaitAsync(long more, Task gone)
    {
        var reserving = _quota.ReserveAsync(more, options.SlowReaderTimeout, options.Partitions.Clock, gone);
        options.Incomplete.EvictFor(this, more);
        if (!await reserving)
        {
            return false;
        }

        Add(more);
        return true;
    }

    void Add(long more)
    {
        Volatile.Write(ref _reserved, _reserved + more);
        if (_sinceTicks == 0)
        {
            Volatile.Write(ref _sinceTicks, options.Partitions.Clock.GetTimestamp());
            options.Incomplete.Add(this);
        }
    }

    // The array that holds it grows by doubling, and has room for a read.
    static long SizeFor(long kept) => (long)BitOperations.RoundUpToPowerOf2((ulong)kept * 2);
}
