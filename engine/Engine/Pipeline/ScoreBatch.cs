using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// The rows that wait for a run of the model: each cart's features as they were after its event, written straight into the model's input,
/// and for those that a campaign may act on, the cart as it was then.
/// </summary>
sealed class ScoreBatch : IDisposable
{
    readonly FeatureVector _vector;
    readonly BatchScorer _scorer;
    readonly ScoreRow[] _rows;
    readonly CartSnapshot[] _snapshots;
    int _snapshotCount;

    public ScoreBatch(OnnxModel model, int capacity)
    {
        _vector = new FeatureVector(model.Features);
        _scorer = model.CreateScorer(capacity);
        _rows = new ScoreRow[capacity];
        _snapshots = new CartSnapshot[capacity];
    }

    /// <summary>Rows in it.</summary>
    public int Count { get; private set; }

    /// <summary>There is no room for another row.</summary>
    public bool IsFull => Count == _rows.Length;

    /// <summary>The row at this place.</summary>
    public ref readonly ScoreRow this[int index] => ref _rows[index];

    /// <summary>Adds the cart's row as it is now.</summary>
    /// <param name="cart">The cart.</param>
    /// <param name="moment">When.</param>
    /// <param name="eligible">The campaigns whose trigger and conditions hold, a bit each.</param>
    /// <param name="key">The cart's key.</param>
    public void Gather(in CartRecord cart, in FeatureMoment moment, ulong eligible, in Hash128 key)
    {
        _vector.Fill(cart, moment, _scorer.Row(Count));
        ref var row = ref _rows[Count++];
        row.Key = key;
        row.At = moment.At;
        row.Eligible = eligible;
        row.Snapshot = -1;
    }

    /// <summary>Keeps the cart of the last row as it is now; until then it cannot be decided on.</summary>
    /// <returns>Where it is to be written.</returns>
    public ref CartSnapshot AddSnapshot()
    {
        _rows[Count - 1].Snapshot = _snapshotCount;
        return ref _snapshots[_snapshotCount++];
    }

    /// <summary>Runs the model over all rows.</summary>
    /// <param name="trace">Notes how long that takes; null for nobody.</param>
    public ReadOnlySpan<float> Score(CommitBatchTrace? trace = null)
    {
        var began = trace?.BeginRun() ?? 0;
        var scores = _scorer.Score(Count);
        trace?.EndRun(began, Count);
        return scores;
    }

    /// <summary>The features at this place.</summary>
    public ReadOnlySpan<float> FeaturesAt(int index) => _scorer.Row(index);

    /// <summary>The cart at this place.</summary>
    public ref readonly CartSnapshot CartAt(int index) => ref _snapshots[_rows[index].Snapshot];

    /// <summary>Lets go of all rows.</summary>
    public void Clear()
    {
        Count = 0;
        _snapshotCount = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _scorer.Dispose();
}

/// <summary>What a row is of.</summary>
struct ScoreRow
{
    /// <summary>The cart's key.</summary>
    public Hash128 Key;

    /// <summary>When, in event time.</summary>
    public long At;

    /// <summary>The campaigns whose trigger and conditions hold, a bit each.</summary>
    public ulong Eligible;

    /// <summary>Where the cart's copy is; -1 where nothing can be decided.</summary>
    public int Snapshot;
}
