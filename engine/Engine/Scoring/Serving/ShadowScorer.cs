namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>
/// Scores the rows that wait for the shadows of a plan. A shadow that throws is stopped; so is one that drops more rows than it scores in each of
/// three periods of ten seconds. One thread at a time.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class ShadowScorer(TimeProvider time) : IDisposable
{
    /// <summary>How often a shadow's pace is looked at.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    /// <summary>A shadow that was too slow in this many periods in a row is stopped.</summary>
    public const int MaxSlowPeriods = 3;

    const int BatchRows = 256;

    readonly Dictionary<ShadowModel, Work> _work = [];
    readonly float[] _champion = new float[BatchRows];

    /// <summary>Scores what waits, at most one batch per queue.</summary>
    /// <returns>The number of rows.</returns>
    public int Step(ServingPlan plan)
    {
        foreach (var former in _work.Keys.Where(shadow => !plan.Shadows.Contains(shadow) || shadow.Served.Fault is not null).ToArray())
        {
            _work[former].Scorer.Dispose();
            _work.Remove(former);
        }

        var rows = 0;
        foreach (var shadow in plan.Shadows)
        {
            rows += shadow.Served.Fault is null ? Step(shadow) : Discard(shadow);
        }

        return rows;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var work in _work.Values)
        {
            work.Scorer.Dispose();
        }

        _work.Clear();
    }

    int Step(ShadowModel shadow)
    {
        var rows = 0;
        try
        {
            if (!_work.TryGetValue(shadow, out var work))
            {
                _work[shadow] = work = new Work(shadow.Served.Model.CreateScorer(BatchRows), time.GetTimestamp(), shadow.Dropped);
            }

            foreach (var feed in shadow.Feeds)
            {
                rows += Step(shadow, work.Scorer, feed);
            }

            work.Rows += rows;
            CheckPace(shadow, work);
        }
        catch (ModelException e)
        {
            shadow.Served.Traffic.AddFailure();
            shadow.Served.Stop($"{e.Code}: {e.Message}");
        }
        catch (ObjectDisposedException)
        {
            // The next plan is without it.
            return Discard(shadow);
        }

        return rows;
    }

    int Step(ShadowModel shadow, BatchScorer scorer, ShadowFeed feed)
    {
        // Before the rows are counted: what was published before the end is read.
        var isClosed = feed.IsClosed;
        var count = Math.Min(feed.Waiting, BatchRows);
        for (var i = 0; i < count; i++)
        {
            _champion[i] = feed.Read(i, scorer.Row(i)).Champion;
        }

        if (count > 0)
        {
            feed.Free(count);
            var scores = scorer.Score(count);
            shadow.Served.Traffic.AddRun(count);
            shadow.Comparison.Add(_champion.AsSpan(0, count), scores);
        }
        else if (isClosed)
        {
            shadow.Remove(feed);
        }

        return count;
    }

    void CheckPace(ShadowModel shadow, Work work)
    {
        if (time.GetElapsedTime(work.Since) < Period)
        {
            return;
        }

        var dropped = shadow.Dropped;
        work.SlowPeriods = dropped - work.Dropped > work.Rows ? work.SlowPeriods + 1 : 0;
        if (work.SlowPeriods == MaxSlowPeriods)
        {
            shadow.Served.Stop($"too slow: it scored {work.Rows} and dropped {dropped - work.Dropped} rows in {Period.TotalSeconds:0} s; lower its sample rate");
        }

        (work.Since, work.Dropped, work.Rows) = (time.GetTimestamp(), dropped, 0);
    }

    static int Discard(ShadowModel shadow)
    {
        foreach (var feed in shadow.Feeds)
        {
            var isClosed = feed.IsClosed;
            feed.Free(feed.Waiting);
            if (isClosed)
            {
                shadow.Remove(feed);
            }
        }

        return 0;
    }

    sealed class Work(BatchScorer scorer, long since, long dropped)
    {
        public BatchScorer Scorer => scorer;

        public long Since { get; set; } = since;

        public long Dropped { get; set; } = dropped;

        public long Rows { get; set; }

        public int SlowPeriods { get; set; }
    }
}
