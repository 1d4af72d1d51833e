namespace CartRecovery.Engine.Scoring;

/// <summary>Scores rows of features with a model, many in one run, in memory that is allocated once. For one thread at a time; each
/// thread makes its own from the shared model.</summary>
public sealed class BatchScorer : IDisposable
{
    private readonly IRowEvaluator _batch;
    private readonly int _columns;
    private readonly int _width;
    private readonly float[] _scores;

    internal BatchScorer(IRowEvaluator batch, int columns, int width, int capacity)
    {
        _batch = batch;
        _columns = columns;
        _width = width;
        Capacity = capacity;
        _scores = new float[capacity];
    }

    /// <summary>The most rows in one run.</summary>
    public int Capacity { get; }

    /// <summary>A row to fill: one float for each of the model's features, in its order. It keeps what was last written.</summary>
    /// <param name="index">0 to <see cref="Capacity"/> − 1.</param>
    public Span<float> Row(int index) => _batch.Inputs.AsSpan(index * _columns, _columns);

    /// <summary>Runs the model once over the first <paramref name="rows"/> rows. Allocates nothing.</summary>
    /// <param name="rows">0 to <see cref="Capacity"/>.</param>
    /// <returns>A probability for each row, 0–1; 0 where the model gave no number. Valid until the next call.</returns>
    /// <exception cref="ModelException"><see cref="ModelException.RunFailed"/>.</exception>
    public ReadOnlySpan<float> Score(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Capacity);
        if (rows == 0) return [];
        _batch.Run(rows);
        // Of two columns the second is the probability of the positive class.
        var raw = _batch.Outputs.AsSpan(0, rows * _width);
        for (var row = 0; row < rows; row++)
        {
            var score = raw[row * _width + _width - 1];
            _scores[row] = score > 0 ? Math.Min(score, 1) : 0; // NaN is not above 0
        }
        return _scores.AsSpan(0, rows);
    }

    /// <inheritdoc/>
    public void Dispose() => _batch.Dispose();
}
