namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>A sum that rounds at each step, as Prometheus' aggregations do.</summary>
struct PlainSum : ISum
{
    /// <inheritdoc/>
    public double Value { readonly get; private set; }

    /// <inheritdoc/>
    public void Add(double value) => Value += value;
}
