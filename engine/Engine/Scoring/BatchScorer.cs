namespace CartRecovery.Engine.Scoring;

/// <summary>
/// Scores rows of features with a model, many per run, in memory allocated once. One thread at a time; each thread creates its own scorer
/// from the shared model.
/// </summary>
public sealed class BatchScorer : IDisposable
{
    readonly IRowEvaluator _batch;
    readonly int _columns;
    readonly int _width;
    readonly float[] _scores;

    internal BatchScorer(IRowEvaluator batch, int columns, int width, int capacity)
    {
        _batch = batch;
        _columns = columns;
        _width = width;
        Capacity = capacity;
        _scores = new float[capacity];
    }

    /// <summary>Maximum number of rows per run.</summary>
    public int Capacity { get; }

    /// <summary>Returns a row to fill: one float per feature, in the model's order. Keeps its previous contents.</summary>
    /// <param name="index">0 to <see cref="Capacity"/> − 1.</param>
    public Span<float> Row(int index) => _batch.Inputs.AsSpan(index * _columns, _columns);

    /// <summary>Runs the model once over the first <paramref name="rows"/> rows. Allocates nothing.</summary>
    /// <param name="rows">0 to <see cref="Capacity"/>.</param>
    /// <returns>A probability per row, 0–1; 0 if the model's result is not a number. Valid until the next call.</returns>
    /// <exception cref="ModelException"><see cref="ModelException.RunFailed"/>.</exception>
    public ReadOnlySpan<float> Score(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Capacity);
        if (rows == 0)
        {
            return [];
        }

        _batch.Run(rows);
        // With two columns, the second is the probability of the positive class.
        var raw = _batch.Outputs.AsSpan(0, rows * _width);
        for (var row = 0; row < rows; row++)
        {
            var score = raw[row * _width + _width - 1];
            _scores[row] = score > 0 ? Math.Min(score, 1) : 0; // NaN is not above 0
        }
        return _scores.AsSpan(0, rows);
    }

    /// <summary>The probability of a row in the last run.</summary>
    /// <param name="row">Index below that run's number of rows.</param>
    public float ScoreAt(int row) => _scores[row];

    /// <summary>The probabilities of the last run.</summary>
    /// <param name="rows">That run's number of rows.</param>
    public ReadOnlySpan<float> Scores(int rows) => _scores.AsSpan(0, rows);

    /// <inheritdoc/>
    public void Dispose() => _batch.Dispose();
}
