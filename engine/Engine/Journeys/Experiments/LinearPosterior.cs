namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>
/// A Bayesian linear regression of outcomes on features: the posterior of its weights after weighted observations. The prior of every weight is normal around 0;
/// that of the constant is around a given mean. Memory and the time of an observation are quadratic in the features, and independent of how many were seen.
/// </summary>
public sealed class LinearPosterior
{
    // The prior's deviation of a weight, on the scale of a probability.
    const double PriorDeviation = 0.25;

    readonly int _size;
    readonly double[] _gram, _moment, _row;
    double[] _factor = [], _weights = [];
    double _noise;

    /// <summary>Creates a regression without observations.</summary>
    /// <param name="features">Number of features, besides the constant.</param>
    public LinearPosterior(int features)
    {
        _size = features + 1;
        (_gram, _moment, _row) = (new double[_size * _size], new double[_size], new double[_size]);
    }

    /// <summary>The sum of the observations' weights.</summary>
    public double Weight { get; private set; }

    /// <summary>The weighted sum of the outcomes.</summary>
    public double Total { get; private set; }

    /// <summary>Adds an observation.</summary>
    /// <param name="features">The features; what is not a number counts as 0.</param>
    /// <param name="outcome">The outcome, 0–1.</param>
    /// <param name="weight">Its weight, above 0 and up to 1.</param>
    public void Add(ReadOnlySpan<float> features, double outcome, double weight = 1)
    {
        Extend(features);
        for (var i = 0; i < _size; i++)
        {
            _moment[i] += weight * outcome * _row[i];
            for (var j = 0; j <= i; j++)
            {
                _gram[(i * _size) + j] += weight * _row[i] * _row[j];
            }
        }

        (Weight, Total) = (Weight + weight, Total + (weight * outcome));
    }

    /// <summary>Computes the posterior.</summary>
    /// <param name="mean">The prior mean of an outcome, 0–1.</param>
    public void Fit(double mean)
    {
        // An outcome's variance is that of a coin with the mean; at both ends it is that of a rare outcome.
        _noise = Math.Max(mean * (1 - mean), 0.01);
        var prior = _noise / (PriorDeviation * PriorDeviation);
        _factor = (double[])_gram.Clone();
        _weights = (double[])_moment.Clone();
        for (var i = 0; i < _size; i++)
        {
            _factor[(i * _size) + i] += prior;
        }

        _weights[_size - 1] += prior * mean;
        Factorise();
        SolveLower(_weights);
        SolveUpper(_weights);
    }

    /// <summary>Returns the mean and the standard deviation of the expected outcome, after <see cref="Fit"/>.</summary>
    /// <param name="features">The features; what is not a number counts as 0.</param>
    public (double Mean, double Deviation) At(ReadOnlySpan<float> features)
    {
        Extend(features);
        var mean = 0.0;
        for (var i = 0; i < _size; i++)
        {
            mean += _weights[i] * _row[i];
        }

        SolveLower(_row);
        var squares = 0.0;
        for (var i = 0; i < _size; i++)
        {
            squares += _row[i] * _row[i];
        }

        return (mean, Math.Sqrt(_noise * squares));
    }

    void Extend(ReadOnlySpan<float> features)
    {
        for (var i = 0; i < _size - 1; i++)
        {
            _row[i] = float.IsFinite(features[i]) ? features[i] : 0;
        }

        _row[_size - 1] = 1;
    }

    // Cholesky: the lower triangle becomes its factor. The prior keeps the matrix positive definite.
    void Factorise()
    {
        for (var i = 0; i < _size; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = _factor[(i * _size) + j];
                for (var k = 0; k < j; k++)
                {
                    sum -= _factor[(i * _size) + k] * _factor[(j * _size) + k];
                }

                _factor[(i * _size) + j] = i == j ? Math.Sqrt(sum) : sum / _factor[(j * _size) + j];
            }
        }
    }

    void SolveLower(double[] vector)
    {
        for (var i = 0; i < _size; i++)
        {
            for (var k = 0; k < i; k++)
            {
                vector[i] -= _factor[(i * _size) + k] * vector[k];
            }

            vector[i] /= _factor[(i * _size) + i];
        }
    }

    void SolveUpper(double[] vector)
    {
        for (var i = _size - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < _size; k++)
            {
                vector[i] -= _factor[(k * _size) + i] * vector[k];
            }

            vector[i] /= _factor[(i * _size) + i];
        }
    }
}
