namespace CartRecovery.Engine.Backtest;

/// <summary>Bounds what all lanes of a replay keep in memory together. Thread-safe.</summary>
/// <param name="max">Maximum number of original decisions, of replayed ones, and of carts with orders.</param>
sealed class ReplayBound(int max)
{
    long _originals;
    long _decisions;
    long _orders;

    /// <summary>Counts an original decision.</summary>
    /// <exception cref="ReplayLimitException">There are too many.</exception>
    public void AddOriginal() => Check(Interlocked.Increment(ref _originals));

    /// <summary>Counts a replayed decision.</summary>
    /// <exception cref="ReplayLimitException">There are too many.</exception>
    public void AddDecision() => Check(Interlocked.Increment(ref _decisions));

    /// <summary>Counts a cart with an order.</summary>
    /// <exception cref="ReplayLimitException">There are too many.</exception>
    public void AddOrder() => Check(Interlocked.Increment(ref _orders));

    /// <summary>Subtracts the result of a lane that is repeated.</summary>
    public void Remove(LaneResult result)
    {
        Interlocked.Add(ref _originals, -result.Then.Count);
        Interlocked.Add(ref _decisions, -result.Now.Count);
        Interlocked.Add(ref _orders, -result.Orders.Count);
    }

    void Check(long count)
    {
        if (count > max)
        {
            throw new ReplayLimitException(max);
        }
    }
}
