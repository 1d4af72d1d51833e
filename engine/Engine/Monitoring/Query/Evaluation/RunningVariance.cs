namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>The variance of a population in one pass (Welford 1962).</summary>
/// <typeparam name="TSum">How the sums are rounded.</typeparam>
struct RunningVariance<TSum>
    where TSum : struct, ISum
{
    TSum _mean, _squares;
    double _count;

    /// <summary>The variance; NaN without numbers.</summary>
    public readonly double Value => _squares.Value / _count;

    /// <summary>Takes a first number without its distance from the mean, which would be NaN for an infinite one.</summary>
    public static RunningVariance<TSum> From(double first)
    {
        var mean = default(TSum);
        mean.Add(first);
        return new RunningVariance<TSum> { _count = 1, _mean = mean, _squares = default };
    }

    /// <summary>Adds a number.</summary>
    public void Add(double value)
    {
        _count++;
        var delta = value - _mean.Value;
        _mean.Add(delta / _count);
        _squares.Add(delta * (value - _mean.Value));
    }
}
