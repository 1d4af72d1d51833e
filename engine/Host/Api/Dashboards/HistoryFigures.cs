using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Host.Api.Dashboards;

/// <summary>Reads single figures out of the history of metrics, at one time.</summary>
/// <param name="engine">Evaluates the queries.</param>
/// <param name="at">The time, in milliseconds since the Unix epoch.</param>
/// <param name="cancellation">Ends a query early.</param>
sealed class HistoryFigures(PromQlEngine engine, long at, CancellationToken cancellation)
{
    /// <summary>Returns the value of a query whose result is one series; <see langword="null"/> without one, or if it is no number.</summary>
    /// <exception cref="PromQlException">The history cannot answer within its bounds.</exception>
    public double? One(string query) => Vector(query).Select(sample => Number(sample.Value)).FirstOrDefault();

    /// <summary>Returns the values of a query by a label; those that are no numbers are left out.</summary>
    /// <exception cref="PromQlException">The history cannot answer within its bounds.</exception>
    public IReadOnlyDictionary<string, double> By(string label, string query) =>
        Vector(query).Where(sample => Number(sample.Value) is not null).ToDictionary(sample => sample.Labels[label], sample => sample.Value, StringComparer.Ordinal);

    IEnumerable<VectorSample> Vector(string query) => ((PromVector)engine.Evaluate(PromQuery.Parse(query), at, cancellation)).Samples;

    static double? Number(double value) => double.IsFinite(value) ? value : null;
}
