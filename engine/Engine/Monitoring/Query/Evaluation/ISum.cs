namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>A sum of numbers.</summary>
interface ISum
{
    /// <summary>The sum so far.</summary>
    double Value { get; }

    /// <summary>Adds a number.</summary>
    void Add(double value);
}
