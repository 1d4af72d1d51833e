namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>A model that scores a sample of the rows beside the champion and never decides.</summary>
public sealed class ShadowModel
{
    readonly FeedRegistry<ShadowFeed> _feeds = new();

    /// <summary>Creates it.</summary>
    /// <param name="served">The model.</param>
    /// <param name="rate">The share of the rows, 0–1. A row that a lower rate takes is taken by every higher one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is out of range.</exception>
    public ShadowModel(ServedModel served, double rate)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rate);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rate, 1);
        (Served, Rate) = (served, rate);
        Threshold = (ulong)(rate * (1L << 32));
    }

    /// <summary>The model.</summary>
    public ServedModel Served { get; }

    /// <summary>The share of the rows, 0–1.</summary>
    public double Rate { get; }

    /// <summary>Rows whose 32-bit hash is below this are taken.</summary>
    public ulong Threshold { get; }

    /// <summary>The scores beside the champion's.</summary>
    public ScoreComparison Comparison { get; } = new();

    /// <summary>Rows dropped because the shadow was behind.</summary>
    public long Dropped => _feeds.Dropped;

    /// <summary>The partitions' queues.</summary>
    internal ShadowFeed[] Feeds => _feeds.All;

    /// <summary>Creates a partition's queue.</summary>
    public ShadowFeed Open() => _feeds.Add(new ShadowFeed(Served.Model.Features.Count));

    /// <summary>Forgets a queue that is closed and empty.</summary>
    internal void Remove(ShadowFeed feed) => _feeds.Remove(feed);
}
