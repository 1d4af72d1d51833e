using CartRecovery.Engine.Scoring.Canary;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>
/// A candidate that decides for a share of the shoppers. A cart's bucket is a hash of its subject, which its record has from its first event on, and the
/// candidate's version: it is the same whatever the percentage, so raising the percentage moves nobody out, and a shopper who is named later stays.
/// </summary>
public sealed class CanaryModel
{
    readonly FeedRegistry<FeedRing<CanarySignal>> _feeds = new();
    /// <summary>Maximum number of a partition's signals that wait.</summary>
    public const int Signals = 4096;

    readonly ulong _salt;
    readonly ulong _threshold;

    /// <summary>Creates it.</summary>
    /// <param name="served">The candidate.</param>
    /// <param name="percent">The share of shoppers, 0–100.</param>
    /// <param name="outcomes">Follows its carts; <see langword="null"/> to follow none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The percentage is out of range.</exception>
    public CanaryModel(ServedModel served, double percent, CanaryOutcomes? outcomes = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(percent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        (Served, Percent, Outcomes) = (served, percent, outcomes);
        _salt = Hash128.Of(System.Text.Encoding.UTF8.GetBytes(served.Id), seed: 0).Low;
        _threshold = (ulong)Math.Min(percent / 100 * (1L << 53), 1L << 53);
    }

    /// <summary>The candidate.</summary>
    public ServedModel Served { get; }

    /// <summary>The share of shoppers, 0–100.</summary>
    public double Percent { get; }

    /// <summary>What became of its carts and the champion's; <see langword="null"/> if none is followed.</summary>
    public CanaryOutcomes? Outcomes { get; }

    /// <summary>The time of its runs beside the champion's.</summary>
    internal RunLatency Latency { get; } = new();

    /// <summary>Signals dropped because the reader was behind.</summary>
    public long Dropped => _feeds.Dropped;

    /// <summary>Creates a partition's queue of signals; <see langword="null"/> if no cart is followed.</summary>
    public FeedRing<CanarySignal>? Open() => Outcomes is null ? null : _feeds.Add(new FeedRing<CanarySignal>(Signals));

    /// <summary>Takes what the partitions have signalled. One thread at a time.</summary>
    /// <returns>The number of signals.</returns>
    public int Drain()
    {
        var count = 0;
        foreach (var feed in _feeds.All)
        {
            var isClosed = feed.IsClosed;
            var waiting = feed.Waiting;
            for (var i = 0; i < waiting; i++)
            {
                Outcomes!.Add(feed[feed.WaitingSlot(i)]);
            }

            feed.Free(waiting);

            count += waiting;
            if (isClosed && feed.Waiting == 0)
            {
                _feeds.Remove(feed);
            }
        }

        return count;
    }

    /// <summary>Returns whether the candidate decides for a cart. Allocates nothing.</summary>
    /// <param name="subject">The cart's subject.</param>
    public bool Includes(ulong subject) => BucketOf(subject) < _threshold;

    /// <summary>The percentage from which on the candidate decides for a cart.</summary>
    internal float PercentOf(ulong subject) => (float)(BucketOf(subject) * (100.0 / (1L << 53)));

    ulong BucketOf(ulong subject) => Mix(subject ^ _salt) >> 11;

    // The finalizer of MurmurHash3 (Austin Appleby, public domain).
    static ulong Mix(ulong hash)
    {
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
        return hash ^ (hash >> 33);
    }
}
