using CartRecovery.Engine.Monitoring.Query.Evaluation;
using CartRecovery.Engine.Monitoring.Query.Syntax;

namespace CartRecovery.Engine.Monitoring.Query;

/// <summary>Bounds of a query.</summary>
public sealed record PromQlOptions
{
    /// <summary>How long a sample stays current without a newer one.</summary>
    public TimeSpan Lookback { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The step of subqueries that name none.</summary>
    public TimeSpan DefaultStep { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many samples a query may read or produce at once.</summary>
    public int MaxSamples { get; init; } = 20_000_000;

    /// <summary>How many steps a range query may have.</summary>
    public int MaxPoints { get; init; } = 11_000;

    /// <summary>How long a query may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);
}

/// <summary>
/// Evaluates PromQL with the semantics of Prometheus 2.42. Stateless: any thread may evaluate. Selected series are read once per query.
/// </summary>
public sealed class PromQlEngine(ISeriesSource source, PromQlOptions? options = null, TimeProvider? time = null)
{
    readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>The bounds.</summary>
    public PromQlOptions Options { get; } = options ?? new PromQlOptions();

    /// <summary>Evaluates a query at one time.</summary>
    /// <param name="query">The query.</param>
    /// <param name="at">The time in milliseconds since the Unix epoch.</param>
    /// <param name="cancellationToken">Ends the evaluation early.</param>
    /// <returns>A scalar, text, vector, or, for a range selector, a matrix. Stale series are left out.</returns>
    /// <exception cref="PromQlException">The query cannot be evaluated on this data or exceeds a bound.</exception>
    public PromValue Evaluate(PromQuery query, long at, CancellationToken cancellationToken = default) =>
        new PromEvaluator(source, Options, _time, at, at, 1, cancellationToken).Evaluate(query.Root);

    /// <summary>Evaluates a query at each step of a range.</summary>
    /// <param name="query">A query whose value is a scalar or an instant vector.</param>
    /// <param name="start">The first step, in milliseconds since the Unix epoch.</param>
    /// <param name="end">The last time at which a step may be.</param>
    /// <param name="step">The distance of the steps in milliseconds, at least 1.</param>
    /// <param name="cancellationToken">Ends the evaluation early.</param>
    /// <returns>The series, sorted by labels; a scalar is one series without labels.</returns>
    /// <exception cref="PromQlException">The query cannot be evaluated on this data or exceeds a bound.</exception>
    public PromMatrix EvaluateRange(PromQuery query, long start, long end, long step, CancellationToken cancellationToken = default)
    {
        if (step < 1 || end < start)
        {
            throw new PromQlException(PromQlError.BadData, step < 1
                ? "zero or negative query resolution step widths are not accepted. Try a positive integer"
                : "end timestamp must not be before start time");
        }

        if ((end - start) / step >= Options.MaxPoints)
        {
            throw new PromQlException(PromQlError.BadData,
                $"exceeded maximum resolution of {Options.MaxPoints} points per timeseries. Try decreasing the query resolution (?step=XX)");
        }

        if (query.Type is not (PromType.Scalar or PromType.Vector))
        {
            throw new PromQlException(PromQlError.BadData, $"invalid expression type \"{PromTypes.Text(query.Type)}\" for range query, must be Scalar or instant Vector");
        }

        return new PromEvaluator(source, Options, _time, start, end, step, cancellationToken).EvaluateRange(query.Root);
    }
}
