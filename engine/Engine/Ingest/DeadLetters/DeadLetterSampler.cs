using System.Collections.Concurrent;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Limits;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>
/// Samples browsers' rejected events by key and error code once the rate is exceeded. Counts skipped events. Any thread.
/// </summary>
/// <param name="rate">Bytes kept of a key for each code; unlimited to keep all.</param>
sealed class DeadLetterSampler(Rate rate) : IDisposable
{
    readonly TokenBuckets<(int Store, uint Key, EventErrorCode Error)>? _buckets = rate.IsUnlimited ? null : new(rate);
    readonly ConcurrentDictionary<(int Store, uint Key, EventErrorCode Error), long> _skipped = new();
    readonly long[] _totals = new long[EventProblem.Kinds];

    /// <summary>The number of events that were not kept, by code.</summary>
    public long Skipped(EventErrorCode error) => Volatile.Read(ref _totals[(int)error]);

    /// <summary>Decides on an event.</summary>
    /// <param name="store">The store's number.</param>
    /// <param name="key">Tells the key from the store's others. Only configured keys come here, so there are few.</param>
    /// <param name="error">Why it was rejected.</param>
    /// <param name="size">What it takes, in bytes.</param>
    /// <param name="skipped">If it is kept: how many of its kind were not kept since the last one that was.</param>
    public bool TryKeep(int store, uint key, EventErrorCode error, int size, out long skipped)
    {
        skipped = 0;
        if (_buckets is null)
        {
            return true;
        }

        var kind = (store, key, error);
        if (_buckets.TryAcquire(kind, size, out _))
        {
            _skipped.TryRemove(kind, out skipped);
            return true;
        }

        _skipped.AddOrUpdate(kind, 1, static (_, count) => count + 1);
        Interlocked.Increment(ref _totals[(int)error]);
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _buckets?.Dispose();
}
