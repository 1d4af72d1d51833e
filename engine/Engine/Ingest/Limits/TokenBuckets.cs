using System.Threading.RateLimiting;

namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>
/// Token buckets by key. Created on first use, removed some seconds after they are full again. One timer replenishes all buckets, so a
/// waiter needs none. Any thread.
/// </summary>
/// <typeparam name="TKey">The key. There must be few different ones.</typeparam>
sealed class TokenBuckets<TKey> : IDisposable
    where TKey : notnull
{
    // Longer waits are rejected.
    const int MaxWaitSeconds = 30;

    // Replenishments per second at most.
    const int FillsPerSecond = 10;

    readonly PartitionedRateLimiter<TKey> _limiter;
    long _rejected;
    long _waited;

    /// <param name="rate">The rate; not unlimited.</param>
    /// <param name="comparer">Compares keys.</param>
    public TokenBuckets(Rate rate, IEqualityComparer<TKey>? comparer = null)
    {
        Rate = rate;
        var tokens = Math.Max(1, rate.PerSecond / FillsPerSecond);
        var options = new TokenBucketRateLimiterOptions
        {
            TokenLimit = rate.Burst,
            TokensPerPeriod = tokens,
            ReplenishmentPeriod = TimeSpan.FromSeconds((double)tokens / rate.PerSecond),
            AutoReplenishment = false,
            QueueLimit = (int)Math.Min(int.MaxValue, Math.Max(rate.Burst, (long)rate.PerSecond * MaxWaitSeconds)),
        };
        Func<TKey, RateLimiter> make = _ => new TokenBucketRateLimiter(options);
        _limiter = PartitionedRateLimiter.Create<TKey, TKey>(key => RateLimitPartition.Get(key, make), comparer);
    }

    /// <summary>The rate of each bucket.</summary>
    public Rate Rate { get; }

    /// <summary>How often there were too few tokens.</summary>
    public long Rejected => Volatile.Read(ref _rejected);

    /// <summary>How often a caller had to wait for tokens.</summary>
    public long Waited => Volatile.Read(ref _waited);

    /// <summary>Takes tokens, unless there are too few or another caller waits.</summary>
    /// <param name="key">The bucket's key.</param>
    /// <param name="count">The number; more than the bucket holds takes all of it.</param>
    /// <param name="retryAfter">When there will be enough, if there are too few.</param>
    public bool TryAcquire(TKey key, long count, out TimeSpan retryAfter)
    {
        retryAfter = default;
        using var lease = _limiter.AttemptAcquire(key, Clamp(count));
        if (lease.IsAcquired)
        {
            return true;
        }

        Interlocked.Increment(ref _rejected);
        retryAfter = RetryAfter(lease, count);
        return false;
    }

    /// <summary>Takes tokens as soon as there are enough, in the order of the calls.</summary>
    /// <param name="key">The bucket's key.</param>
    /// <param name="count">The number, 0 or more; more than the bucket holds takes all of it, several times.</param>
    /// <returns><see langword="false"/> if the wait would exceed 30 s.</returns>
    public async ValueTask<bool> AcquireAsync(TKey key, long count)
    {
        for (; count > 0; count -= Rate.Burst)
        {
            var taking = _limiter.AcquireAsync(key, Clamp(count));
            if (!taking.IsCompleted)
            {
                Interlocked.Increment(ref _waited);
            }

            using var lease = await taking;
            if (!lease.IsAcquired)
            {
                Interlocked.Increment(ref _rejected);
                return false;
            }
        }

        return true;
    }

    /// <summary>Returns the number of tokens; negative if some are owed.</summary>
    public long Available(TKey key) =>
        _limiter.GetStatistics(key) is { } now ? now.CurrentAvailablePermits - now.CurrentQueuedCount : Rate.Burst;

    /// <summary>Returns the time until tokens that are owed are paid; zero if none are.</summary>
    public TimeSpan CheckDebt(TKey key)
    {
        var left = Available(key);
        if (left >= 0)
        {
            return TimeSpan.Zero;
        }

        Interlocked.Increment(ref _rejected);
        return TimeSpan.FromSeconds((double)-left / Rate.PerSecond);
    }

    /// <summary>Disposes of the buckets once nobody waits for their tokens any more.</summary>
    public void Retire() => _ = Task.Delay(TimeSpan.FromSeconds(2 * MaxWaitSeconds)).ContinueWith(_ => Dispose(), TaskScheduler.Default);

    /// <inheritdoc/>
    public void Dispose() => _limiter.Dispose();

    int Clamp(long count) => (int)Math.Clamp(count, 1, Rate.Burst);

    // Falls back to the rate if the limiter gives no time.
    TimeSpan RetryAfter(RateLimitLease lease, long count) =>
        lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds((double)Clamp(count) / Rate.PerSecond);
}
