using CartRecovery.Contracts;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Api.Predictions;

/// <summary>
/// The last predictions of carts, for a minute. An entry is used only while the cart has no further event and the model is the same, so that an
/// answer includes every event that was accepted before the request. It has no ids: carts are named by the hash that the engine keeps them by.
/// </summary>
sealed class PredictionCache(TimeProvider time)
{
    /// <summary>How long a prediction is used.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>Maximum number of predictions; then all are dropped, which costs a score each.</summary>
    public const int Capacity = 10_000;

    readonly Lock _gate = new();
    readonly Dictionary<Hash128, Entry> _entries = [];
    long _hits, _misses;

    /// <summary>Predictions that were there and current.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    /// <summary>Predictions that had to be computed.</summary>
    public long Misses => Interlocked.Read(ref _misses);

    /// <summary>The number of predictions, also outdated ones.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Drops all predictions.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _entries.Clear();
        }
    }

    /// <summary>Returns a cart's prediction, computed if it is new.</summary>
    /// <param name="key">The cart's key.</param>
    /// <param name="cart">The cart.</param>
    /// <param name="predictor">The predictor.</param>
    /// <param name="fill">Computes the row.</param>
    public Entry Get(Hash128 key, in CartRecord cart, Predictor predictor, Func<CartRecord, float[]> fill)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out var known) && known.Predictor == predictor.Number && known.LastAt == cart.LastAt && known.Events == cart.EventCount && known.ExpiresAt > now)
            {
                Interlocked.Increment(ref _hits);
                return known;
            }
        }

        Interlocked.Increment(ref _misses);

        var row = fill(cart);
        var (probability, effects) = predictor.Score(row);
        var entry = new Entry(predictor.Number, predictor.ModelId, cart.LastAt, cart.EventCount, probability, effects, row, now, now + Lifetime);
        lock (_gate)
        {
            if (_entries.Count >= Capacity)
            {
                _entries.Clear();
            }

            _entries[key] = entry;
        }

        return entry;
    }

    /// <summary>A prediction.</summary>
    internal sealed record Entry(
        long Predictor, string Model, long LastAt, long Events, float Probability, FeatureEffect[] Effects, float[] Row, DateTimeOffset ComputedAt,
        DateTimeOffset ExpiresAt);
}
