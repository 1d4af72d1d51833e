using CartRecovery.Engine.ControlPlane.Keys;

namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>
/// Token buckets per address, key and store. The address comes first, so that one client that is stopped there uses up nothing that others
/// share. Any thread.
/// </summary>
public sealed class ScopedBuckets : IDisposable
{
    // Of the rates before a change.
    readonly long[] _rejected = new long[Enum.GetValues<RateScope>().Length];
    readonly long[] _waited = new long[Enum.GetValues<RateScope>().Length];

    volatile TokenBuckets<int>? _addresses;
    volatile TokenBuckets<StoreKey>? _keys;
    volatile TokenBuckets<int>? _stores;

    /// <param name="rates">The rates.</param>
    public ScopedBuckets(ScopedRates rates) => Update(rates);

    /// <summary>Whether nothing is limited.</summary>
    public bool IsUnlimited => _addresses is null && _keys is null && _stores is null;

    /// <summary>Replaces the rates. Buckets of a rate that stays keep their tokens. One thread at a time.</summary>
    public void Update(ScopedRates rates)
    {
        _addresses = Replace(_addresses, rates.Address, RateScope.Address);
        // Compared by reference, because two keys may have equal permissions.
        _keys = Replace(_keys, rates.Key, RateScope.Key, ReferenceEqualityComparer.Instance);
        _stores = Replace(_stores, rates.Store, RateScope.Store);
    }

    /// <summary>How often a rate was exceeded, by scope.</summary>
    public long RejectedBy(RateScope scope) => Volatile.Read(ref _rejected[(int)scope]) + scope switch
    {
        RateScope.Address => _addresses?.Rejected ?? 0,
        RateScope.Key => _keys?.Rejected ?? 0,
        _ => _stores?.Rejected ?? 0,
    };

    /// <summary>How often a caller waited, by scope.</summary>
    public long WaitedFor(RateScope scope) => Volatile.Read(ref _waited[(int)scope]) + scope switch
    {
        RateScope.Address => _addresses?.Waited ?? 0,
        RateScope.Key => _keys?.Waited ?? 0,
        _ => _stores?.Waited ?? 0,
    };

    /// <summary>Takes tokens.</summary>
    /// <returns>The rate that was exceeded; <see langword="null"/> if none was.</returns>
    public RateRejection? TryAcquire(RateSource source, long count)
    {
        if (_addresses is { } addresses && source.Slot >= 0 && !addresses.TryAcquire(source.Slot, count, out var after))
        {
            return new RateRejection(RateScope.Address, after);
        }

        if (source.Key is not { } key)
        {
            return null;
        }

        return _keys is { } keys && !keys.TryAcquire(key, count, out after) ? new RateRejection(RateScope.Key, after)
            : _stores is { } stores && !stores.TryAcquire(key.Store.Number, count, out after) ? new RateRejection(RateScope.Store, after)
            : null;
    }

    /// <summary>Takes tokens as soon as there are enough.</summary>
    /// <returns>The rate for which too many wait; <see langword="null"/> once the tokens are taken.</returns>
    public async ValueTask<RateScope?> AcquireAsync(RateSource source, long count)
    {
        if (_addresses is { } addresses && source.Slot >= 0 && !await addresses.AcquireAsync(source.Slot, count))
        {
            return RateScope.Address;
        }

        if (source.Key is not { } key)
        {
            return null;
        }

        return _keys is { } keys && !await keys.AcquireAsync(key, count) ? RateScope.Key
            : _stores is { } stores && !await stores.AcquireAsync(key.Store.Number, count) ? RateScope.Store
            : null;
    }

    /// <summary>Returns the rate that still has to be paid for earlier input; <see langword="null"/> if none has.</summary>
    public RateRejection? CheckDebt(RateSource source)
    {
        if (_addresses is { } addresses && source.Slot >= 0 && addresses.CheckDebt(source.Slot) is { Ticks: > 0 } after)
        {
            return new RateRejection(RateScope.Address, after);
        }

        return source.Key is not { } key ? null
            : _keys?.CheckDebt(key) is { Ticks: > 0 } ofKey ? new RateRejection(RateScope.Key, ofKey)
            : _stores?.CheckDebt(key.Store.Number) is { Ticks: > 0 } ofStore ? new RateRejection(RateScope.Store, ofStore)
            : null;
    }

    /// <summary>Returns the rates that apply to a client.</summary>
    public IEnumerable<RateState> StatesOf(RateSource source)
    {
        if (_addresses is { } addresses && source.Slot >= 0)
        {
            yield return new RateState(RateScope.Address, addresses.Rate, Math.Max(0, addresses.Available(source.Slot)));
        }

        if (_keys is { } keys && source.Key is { } key)
        {
            yield return new RateState(RateScope.Key, keys.Rate, Math.Max(0, keys.Available(key)));
        }

        if (_stores is { } stores && source.Key is { Store: var store })
        {
            yield return new RateState(RateScope.Store, stores.Rate, Math.Max(0, stores.Available(store.Number)));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _addresses?.Dispose();
        _keys?.Dispose();
        _stores?.Dispose();
    }

    TokenBuckets<TKey>? Replace<TKey>(TokenBuckets<TKey>? now, Rate rate, RateScope scope, IEqualityComparer<TKey>? comparer = null)
        where TKey : notnull
    {
        if (now is not null)
        {
            if (now.Rate == rate)
            {
                return now;
            }

            Interlocked.Add(ref _rejected[(int)scope], now.Rejected);
            Interlocked.Add(ref _waited[(int)scope], now.Waited);
            now.Retire();
        }

        return rate.IsUnlimited ? null : new TokenBuckets<TKey>(rate, comparer);
    }
}
