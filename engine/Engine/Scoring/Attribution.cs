using CartRecovery.Contracts;
using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Engine.Scoring;

/// <summary>
/// Explains a score: scores the row again with each feature in turn at the model's baseline, all in one run. One thread at a time; meant
/// for decisions, not for every event.
/// </summary>
public sealed class Attribution : IDisposable
{
    readonly OnnxModel _model;
    readonly BatchScorer _scorer;
    readonly float[] _effects;

    /// <param name="model">The model that computed the score.</param>
    public Attribution(OnnxModel model)
    {
        _model = model;
        _scorer = model.CreateScorer(model.Features.Count + 1);
        _effects = new float[model.Features.Count];
    }

    /// <summary>Finds the features with the largest effects in either direction, strongest first; ties in row order.</summary>
    /// <param name="row">One float per feature of the model.</param>
    /// <param name="top">Receives the features, as many as it holds.</param>
    /// <returns>The number written; fewer than requested if no other feature has an effect.</returns>
    public int Explain(ReadOnlySpan<float> row, Span<FeatureEffect> top)
    {
        var count = _effects.Length;
        ArgumentOutOfRangeException.ThrowIfNotEqual(row.Length, count);
        for (var i = 0; i <= count; i++)
        {
            row.CopyTo(_scorer.Row(i));
            if (i < count)
            {
                _scorer.Row(i)[i] = _model.Baseline[i];
            }
        }
        var scores = _scorer.Score(count + 1);
        for (var i = 0; i < count; i++)
        {
            _effects[i] = scores[count] - scores[i];
        }

        var written = 0;
        while (written < top.Length)
        {
            var strongest = -1;
            for (var i = 0; i < count; i++)
            {
                if (_effects[i] != 0 && (strongest < 0 || MathF.Abs(_effects[i]) > MathF.Abs(_effects[strongest])))
                {
                    strongest = i;
                }
            }

            if (strongest < 0)
            {
                break;
            }

            top[written++] = new FeatureEffect(_model.Features[strongest], row[strongest], _effects[strongest]);
            _effects[strongest] = 0;
        }
        return written;
    }

    /// <inheritdoc/>
    public void Dispose() => _scorer.Dispose();
}
