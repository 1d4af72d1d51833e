namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>A compensated sum (Neumaier's variant of Kahan's): exact to about the last bit for any number of addends.</summary>
struct KahanSum : ISum
{
    double _sum;
    double _compensation;

    /// <summary>The sum; infinities are not compensated.</summary>
    public readonly double Value => double.IsInfinity(_sum) ? _sum : _sum + _compensation;

    /// <summary>The sum without its compensation.</summary>
    public readonly double Raw => _sum;

    /// <inheritdoc/>
    public void Add(double value)
    {
        var total = _sum + value;
        _compensation += Math.Abs(_sum) >= Math.Abs(value) ? (_sum - total) + value : (value - total) + _sum;
        _sum = total;
    }
}
