using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Ingest.Streams.Transport;

namespace CartRecovery.Engine.Ingest.Connections.Memory;

/// <summary>
/// Memory for partially received messages, half for each kind of key, so that browsers cannot use up the servers' half. When it runs out,
/// evicts the stream with the largest bytes × time. Any thread.
/// </summary>
public sealed class IncompleteMessages
{
    readonly BufferQuota[] _quotas;
    readonly Func<int>[] _limits;
    readonly HashSet<LongMessageMemory> _holders = [];
    readonly TimeProvider _clock;
    readonly Lock _gate = new();
    long _evicted;

    /// <param name="capacity">The memory of both kinds of keys, in bytes.</param>
    /// <param name="clock">The monotonic clock.</param>
    public IncompleteMessages(long capacity, TimeProvider clock)
    {
        _clock = clock;
        var kinds = Enum.GetValues<KeyKind>();
        _quotas = [.. kinds.Select(_ => new BufferQuota(capacity / kinds.Length))];
        // What was read of a long message is kept until there is memory for all of it. While there is none, that must be little.
        _limits = [.. _quotas.Select(quota => (Func<int>)(() => quota.IsExhausted ? LongMessageMemory.Allowance : PollingThread.ReadSize))];
    }

    /// <summary>The memory of the streams with a kind of key.</summary>
    public BufferQuota this[KeyKind kind] => _quotas[(int)kind];

    /// <summary>Whether somebody waits for memory.</summary>
    public bool IsExhausted => Array.Exists(_quotas, quota => quota.IsExhausted);

    /// <summary>Streams closed because others needed the memory of their incomplete message.</summary>
    public long Evicted => Volatile.Read(ref _evicted);

    /// <summary>Returns the function that gives the maximum length of a stream's next read.</summary>
    public Func<int> ReadLimitOf(KeyKind kind) => _limits[(int)kind];

    internal void Add(LongMessageMemory holder)
    {
        lock (_gate)
        {
            _holders.Add(holder);
        }
    }

    internal void Remove(LongMessageMemory holder)
    {
        lock (_gate)
        {
            _holders.Remove(holder);
        }
    }

    /// <summary>Closes the streams whose messages have held the most for longest, until what is needed will be free.</summary>
    /// <param name="requester">Needs memory, and is spared.</param>
    /// <param name="bytes">How much.</param>
    internal void EvictFor(LongMessageMemory requester, long bytes)
    {
        var now = _clock.GetTimestamp();
        while (bytes > 0 && RemoveWorst(requester, now) is { } worst)
        {
            bytes -= worst.Reserved;
            Interlocked.Increment(ref _evicted);
            worst.Evict();
        }
    }

    // Few hold memory beyond their allowance: at most the memory divided by the least that is reserved.
    LongMessageMemory? RemoveWorst(LongMessageMemory requester, long now)
    {
        lock (_gate)
        {
            LongMessageMemory? worst = null;
            var most = 0.0;
            foreach (var holder in _holders)
            {
                var cost = (double)holder.Reserved * Math.Max(1, now - holder.SinceTicks);
                if (holder.Kind == requester.Kind && holder != requester && cost > most)
                {
                    (worst, most) = (holder, cost);
                }
            }

            if (worst is not null)
            {
                _holders.Remove(worst);
            }

            return worst;
        }
    }
}
