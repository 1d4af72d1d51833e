using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Rules;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>
/// Runs an alert rule over the past: evaluates its expressions at each step of a period, then moves its alerts with <c>for</c>,
/// <c>keep_firing_for</c>, hysteresis and <c>no_data</c>, as the engine does.
/// </summary>
public static class RuleBacktest
{
    /// <summary>How many steps a backtest may have.</summary>
    public const int MaxSteps = 50_000;

    const string Result = "backtest_result", Hold = "backtest_hold", Data = "backtest_data";

    static readonly PromQuery s_result = PromQuery.Parse(Result), s_hold = PromQuery.Parse(Hold), s_data = PromQuery.Parse(Data);

    /// <summary>Finds the firings, in the order of their beginnings.</summary>
    /// <param name="engine">Evaluates the expression over the history.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="from">The first step, in milliseconds since the Unix epoch.</param>
    /// <param name="to">The last time at which a step may be.</param>
    /// <param name="step">The distance of the steps in milliseconds.</param>
    /// <param name="cancellationToken">Ends the backtest early.</param>
    /// <exception cref="PromQlException">The expression cannot be evaluated, or there are too many steps.</exception>
    /// <exception cref="RuleException">The rule would have failed.</exception>
    public static IReadOnlyList<RuleFiring> Run(PromQlEngine engine, AlertRule rule, long from, long to, long step, CancellationToken cancellationToken = default)
    {
        if (step < 1 || to < from || (to - from) / step >= MaxSteps)
        {
            throw new PromQlException(PromQlError.BadData, $"a backtest has at most {MaxSteps} steps: choose a longer interval or a shorter period");
        }

        // The results become series, with a stale marker where an element is no longer returned.
        var results = new MemorySeries();
        foreach (var (name, query) in new[] { (Result, rule.Query), (Hold, rule.Hold), (Data, rule.Data) })
        {
            Evaluate(engine, query, name, from, to, step, results, cancellationToken);
        }

        var replayed = rule with { Query = s_result, Hold = rule.Hold is null ? null : s_hold, Data = rule.Data is null ? null : s_data };
        var state = new AlertRuleState(replayed, 0, new AlertingOptions { ResolvedRetention = 0 });
        var replay = new PromQlEngine(results, new PromQlOptions { Lookback = TimeSpan.FromMilliseconds(step) });
        List<RuleFiring> firings = [];
        Dictionary<SeriesLabels, int> open = [];
        for (var at = from; at <= to; at += step)
        {
            state.Evaluate(replay, at, 0, (_, _) => { }, cancellationToken);
            foreach (var alert in state.Alerts)
            {
                if (alert.State == AlertState.Firing && open.TryAdd(alert.Labels, firings.Count))
                {
                    firings.Add(new RuleFiring(alert.Labels, at, null, alert.Value));
                }
                else if (alert.State == AlertState.Inactive && open.Remove(alert.Labels, out var index))
                {
                    firings[index] = firings[index] with { ResolvedAt = at };
                }
            }
        }

        return firings;
    }

    static void Evaluate(
        PromQlEngine engine, PromQuery? query, string name, long from, long to, long step, MemorySeries results, CancellationToken cancellationToken)
    {
        var points = engine.Options.MaxPoints - 1L;
        for (var start = from; query is not null && start <= to; start += points * step)
        {
            foreach (var series in engine.EvaluateRange(query, start, Math.Min(to, start + (points - 1) * step), step, cancellationToken).Series)
            {
                Add(results, series, name, step);
            }
        }
    }

    static void Add(MemorySeries results, Series series, string name, long step)
    {
        var labels = series.Labels.With(SeriesLabels.Name, name);
        long last = 0;
        foreach (var sample in series.Samples)
        {
            if (last != 0 && sample.Time > last + step)
            {
                results.Append(labels, last + step, StaleMarker.Value);
            }

            results.Append(labels, sample.Time, sample.Value);
            last = sample.Time;
        }

        results.Append(labels, last + step, StaleMarker.Value);
    }
}
