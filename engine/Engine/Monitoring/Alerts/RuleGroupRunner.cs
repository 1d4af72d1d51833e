using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Rules;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>
/// Evaluates the rules of a group in order at one time; each sees what those before it produced. A series that a rule no longer produces
/// ends with a stale marker. One thread at a time.
/// </summary>
public sealed class RuleGroupRunner
{
    readonly PromQlEngine _engine;
    readonly ISeriesSink _sink;
    readonly AlertingOptions _options;
    readonly TimeProvider _time;
    readonly Entry[] _entries;

    /// <summary>Creates a group without alerts.</summary>
    /// <param name="group">The rules.</param>
    /// <param name="engine">Evaluates queries over what <paramref name="sink"/> takes.</param>
    /// <param name="sink">Takes the recorded series.</param>
    /// <param name="options">Times and bounds.</param>
    /// <param name="time">Measures how long evaluations take.</param>
    public RuleGroupRunner(RuleGroup group, PromQlEngine engine, ISeriesSink sink, AlertingOptions? options = null, TimeProvider? time = null)
    {
        Group = group;
        (_engine, _sink, _options, _time) = (engine, sink, options ?? new AlertingOptions(), time ?? TimeProvider.System);
        _entries = [.. group.Rules.Select(rule => new Entry(rule, rule is AlertRule alert ? new AlertRuleState(alert, group.Limit, _options) : null))];
    }

    /// <summary>The group.</summary>
    public RuleGroup Group { get; }

    /// <summary>The alert rules, in order.</summary>
    public IEnumerable<AlertRuleState> AlertRules => _entries.Select(entry => entry.Alerts).OfType<AlertRuleState>();

    /// <summary>The latest evaluation's time in milliseconds since the Unix epoch; 0 for none.</summary>
    public long LastEvaluation { get; private set; }

    /// <summary>How long the latest evaluation took.</summary>
    public TimeSpan Duration { get; private set; }

    /// <summary>The rules with the health of their latest evaluations, in order.</summary>
    public IEnumerable<(Rule Rule, RuleHealth Health, AlertRuleState? Alerts)> Rules => _entries.Select(entry => (entry.Rule, entry.Health, entry.Alerts));

    /// <summary>
    /// Takes over the state before a restart. A pending alert does not count the time without evaluations; after a long outage it begins anew.
    /// </summary>
    /// <param name="alerts">The alerts of each rule, by the rule's place in the group.</param>
    /// <param name="lastEvaluation">The latest evaluation before the restart.</param>
    /// <param name="now">The time now.</param>
    public void Restore(IEnumerable<(int Rule, Alert Alert)> alerts, long lastEvaluation, long now)
    {
        LastEvaluation = lastEvaluation;
        var missed = Math.Max(0, now - lastEvaluation - Group.Interval);
        foreach (var (rule, alert) in alerts)
        {
            if (rule >= _entries.Length || _entries[rule].Alerts is not { } state || (alert.State == AlertState.Pending && missed > _options.OutageTolerance))
            {
                continue;
            }

            alert.ActiveAt += alert.State == AlertState.Pending ? missed : 0;
            state.Restore(alert);
        }

        // What they wrote before ends with a stale marker, as without the restart.
        foreach (var entry in _entries.Where(entry => entry.Alerts is not null))
        {
            entry.Produced = [.. entry.Alerts!.Series()];
        }
    }

    /// <summary>Evaluates all rules.</summary>
    /// <param name="at">The evaluation time in milliseconds since the Unix epoch.</param>
    /// <param name="cancellationToken">Ends the evaluation early.</param>
    /// <returns>What is due to be sent. A rule that failed sends nothing.</returns>
    public IReadOnlyList<AlertMessage> Evaluate(long at, CancellationToken cancellationToken = default)
    {
        var started = _time.GetTimestamp();
        List<AlertMessage> due = [];
        foreach (var entry in _entries)
        {
            if (entry.Rule is AlertRule { Enabled: false })
            {
                continue;
            }

            cancellationToken.ThrowIfCancellationRequested();
            Evaluate(entry, at, due, cancellationToken);
        }

        LastEvaluation = at;
        Duration = _time.GetElapsedTime(started);
        return due;
    }

    /// <summary>Ends the series that the rules produced, when the group is no longer in force.</summary>
    /// <param name="at">The time in milliseconds since the Unix epoch.</param>
    public void Retire(long at)
    {
        foreach (var labels in _entries.SelectMany(entry => entry.Produced))
        {
            _sink.Append(labels, at, StaleMarker.Value);
        }
    }

    void Evaluate(Entry entry, long at, List<AlertMessage> due, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        string? error = null;
        Dictionary<SeriesLabels, double> produced = new(entry.Produced.Count);
        try
        {
            if (entry.Alerts is { } alerts)
            {
                alerts.Evaluate(_engine, at, Group.QueryOffset, (labels, value) => produced[labels] = value, cancellationToken);
                due.AddRange(alerts.TakeDue(at, Group.Interval).Select(message => message with { Rule = $"{Group.Key};{entry.Rule.Name}" }));
            }
            else
            {
                Record((RecordingRule)entry.Rule, at, produced, cancellationToken);
            }
        }
        catch (Exception e) when (e is PromQlException or RuleException)
        {
            error = e.Message;
            produced.Clear();
        }

        foreach (var (labels, value) in produced)
        {
            _sink.Append(labels, at - (entry.Alerts is null ? Group.QueryOffset : 0), value);
        }

        if (error is null)
        {
            foreach (var labels in entry.Produced.Where(labels => !produced.ContainsKey(labels)))
            {
                _sink.Append(labels, at, StaleMarker.Value);
            }

            entry.Produced = [.. produced.Keys];
        }

        entry.Health = new RuleHealth(at, _time.GetElapsedTime(started), error);
    }

    void Record(RecordingRule rule, long at, Dictionary<SeriesLabels, double> produced, CancellationToken cancellationToken)
    {
        IReadOnlyList<VectorSample> samples = _engine.Evaluate(rule.Query, at - Group.QueryOffset, cancellationToken) switch
        {
            PromVector vector => vector.Samples,
            PromScalar scalar => [new VectorSample(SeriesLabels.Empty, scalar.Value)],
            _ => throw new RuleException("rule result is not a vector or scalar"),
        };
        foreach (var sample in samples)
        {
            var labels = SeriesLabels.Of(sample.Labels.Concat(rule.Labels).Append(KeyValuePair.Create(SeriesLabels.Name, rule.Name)));
            if (!produced.TryAdd(labels, sample.Value))
            {
                throw new RuleException("vector contains metrics with the same labelset after applying rule labels");
            }
        }

        if (Group.Limit > 0 && produced.Count > Group.Limit)
        {
            throw new RuleException($"exceeded limit of {Group.Limit} with {produced.Count} series");
        }
    }

    sealed class Entry(Rule rule, AlertRuleState? alerts)
    {
        public Rule Rule => rule;

        public AlertRuleState? Alerts => alerts;

        public RuleHealth Health { get; set; } = RuleHealth.Unknown;

        public IReadOnlyCollection<SeriesLabels> Produced { get; set; } = [];
    }
}
