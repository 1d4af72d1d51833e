namespace CartRecovery.Engine.Monitoring.History;

/// <summary>Predicts a number from the last one (order 1) or the last two (order 2). The arithmetic wraps, so that any numbers round-trip.</summary>
struct NumberPrediction(bool isSecondOrder)
{
    long _last;
    long _step;
    int _count;

    /// <summary>What the next number is expected to be.</summary>
    public readonly long Next => unchecked(_last + (isSecondOrder && _count > 1 ? _step : 0));

    /// <summary>Takes the number.</summary>
    public void Add(long number)
    {
        _step = unchecked(number - _last);
        _last = number;
        _count++;
    }
}
