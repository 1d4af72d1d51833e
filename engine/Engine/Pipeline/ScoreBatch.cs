using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// Collects the rows for one model run: each cart's features right after its event, written directly into the model's input, plus a
/// snapshot of each cart that a campaign may act on.
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

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary><see langword="true"/> if there is no room for another row.</summary>
    public bool IsFull => Count == _rows.Length;

    /// <summary>The row at this index.</summary>
    public ref readonly ScoreRow this[int index] => ref _rows[index];

    /// <summary>Adds the cart's current row.</summary>
    /// <param name="cart">The cart.</param>
    /// <param name="moment">The time of the features.</param>
    /// <param name="eligible">Bit mask of the campaigns whose trigger and conditions hold.</param>
    /// <param name="key">The cart's key.</param>
    /// <param name="receivedAt">The partition's clock.</param>
    /// <param name="at">The time of the decision; 0 for that of the features.</param>
    public void Gather(in CartRecord cart, in FeatureMoment moment, ulong eligible, in Hash128 key, long receivedAt, long at = 0)
    {
        _vector.Fill(cart, moment, _scorer.Row(Count));
        ref var row = ref _rows[Count++];
        row.Key = key;
        row.At = at == 0 ? moment.At : at;
        row.ReceivedAt = receivedAt;
        row.Eligible = eligible;
        row.Snapshot = -1;
    }

    /// <summary>Reserves a snapshot for the last row; without one the row cannot be decided on.</summary>
    /// <returns>The snapshot to fill.</returns>
    public ref CartSnapshot AddSnapshot()
    {
        _rows[Count - 1].Snapshot = _snapshotCount;
        return ref _snapshots[_snapshotCount++];
    }

    /// <summary>Runs the model over all rows.</summary>
    /// <param name="trace">Records the duration; null if not traced.</param>
    public ReadOnlySpan<float> Score(CommitBatchTrace? trace = null)
    {
        var began = trace?.BeginRun() ?? 0;
        var scores = _scorer.Score(Count);
        trace?.EndRun(began, Count);
        return scores;
    }

    /// <summary>The features of the row at this index.</summary>
    public ReadOnlySpan<float> FeaturesAt(int index) => _scorer.Row(index);

    /// <summary>The cart snapshot of the row at this index.</summary>
    public ref readonly CartSnapshot CartAt(int index) => ref _snapshots[_rows[index].Snapshot];

    /// <summary>Removes all rows.</summary>
    public void Clear()
    {
        Count = 0;
        _snapshotCount = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _scorer.Dispose();
}

/// <summary>Describes a row of a <see cref="ScoreBatch"/>.</summary>
struct ScoreRow
{
    /// <summary>The cart's key.</summary>
    public Hash128 Key;

    /// <summary>Time of the decision: an event's own, or when a cart was idle for long enough.</summary>
    public long At;

    /// <summary>The partition's clock when it was gathered.</summary>
    public long ReceivedAt;

    /// <summary>Bit mask of the campaigns whose trigger and conditions hold.</summary>
    public ulong Eligible;

    /// <summary>Index of the cart's snapshot; -1 if nothing can be decided.</summary>
    public int Snapshot;
}
