using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Engine.Monitoring.RuleTests;

namespace CartRecovery.Tests.Monitoring.Alerts;

/// <summary>Rules, series and messages in virtual time. Times are milliseconds after the start.</summary>
sealed class AlertWorld
{
    public const long Start = 1_700_000_000_000;

    readonly AlertingOptions _options = new();
    readonly RuleGroup _group;

    public AlertWorld(string rules, long interval = 30_000)
    {
        var file = RuleFileReader.Parse(rules, "rules.yaml", interval);
        Assert.That(file.Problems, Is.Empty);
        _group = file.Groups[0];
        Engine = new PromQlEngine(Series);
        Runner = new RuleGroupRunner(_group, Engine, Series, _options);
    }

    public MemorySeries Series { get; } = new();

    public PromQlEngine Engine { get; }

    public RuleGroupRunner Runner { get; private set; }

    /// <summary>What was sent, with the time after the start.</summary>
    public List<(long At, AlertMessage Message)> Sent { get; } = [];

    /// <summary>Adds a series in the notation of rule tests.</summary>
    public void Load(string series, string values, long step)
    {
        var expanded = InputSeries.Expand(values);
        for (var i = 0; i < expanded.Count; i++)
        {
            if (expanded[i] is { } value)
            {
                Series.Append(InputSeries.Labels(series), Start + i * step, value);
            }
        }
    }

    /// <summary>Evaluates up to a time, the first one inclusive.</summary>
    public void Run(long from, long to, Action<long>? after = null)
    {
        for (var at = from; at <= to; at += _group.Interval)
        {
            Sent.AddRange(Runner.Evaluate(Start + at).Select(message => (at, message)));
            after?.Invoke(at);
        }
    }

    /// <summary>Replaces the process: the runner's state comes from the store.</summary>
    public void Restart(AlertStore store, long at)
    {
        Runner = new RuleGroupRunner(_group, Engine, Series, _options);
        store.Restore(Runner, Start + at);
    }

    /// <summary>The alert of a rule; null if there is none that is kept.</summary>
    public Alert? Alert(int rule = 0) => Runner.AlertRules.ElementAt(rule).Alerts.SingleOrDefault();

    /// <summary>The values of a query.</summary>
    public string[] Query(string text, long at) =>
        [.. ((PromVector)Engine.Evaluate(PromQuery.Parse(text), Start + at)).Samples.Select(sample => $"{sample.Labels} {sample.Value}").Order(StringComparer.Ordinal)];
}
