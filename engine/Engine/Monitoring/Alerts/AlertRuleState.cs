using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Engine.Monitoring.Templates;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>
/// The alerts of a rule and their transitions, after Prometheus' alert generator specification 1.0
/// (https://github.com/prometheus/compliance, alert_generator). One thread at a time.
/// </summary>
public sealed class AlertRuleState
{
    const string StateLabel = "alertstate";
    const string AlertName = "alertname";

    readonly int _limit;
    readonly AlertingOptions _options;
    readonly Dictionary<SeriesLabels, Alert> _active = [];
    readonly List<SeriesLabels> _dropped = [];

    /// <summary>Creates a rule's state without alerts.</summary>
    public AlertRuleState(AlertRule rule, int limit, AlertingOptions options)
    {
        Rule = rule;
        _options = options;
        _limit = limit > 0 ? Math.Min(limit, options.MaxAlertsPerRule) : options.MaxAlertsPerRule;
    }

    /// <summary>The rule.</summary>
    public AlertRule Rule { get; }

    /// <summary>The pending, firing and lately resolved alerts.</summary>
    public IReadOnlyCollection<Alert> Alerts => _active.Values;

    /// <summary>The state of the rule: that of its most severe alert.</summary>
    public AlertState State => _active.Count == 0 ? AlertState.Inactive : _active.Values.Max(alert => alert.State);

    /// <summary>Takes over a stored alert, before the first evaluation.</summary>
    internal void Restore(Alert alert) => _active[alert.Labels] = alert;

    /// <summary>Returns the alerts that are no longer kept since the last call.</summary>
    internal IReadOnlyList<SeriesLabels> TakeDropped()
    {
        SeriesLabels[] dropped = [.. _dropped];
        _dropped.Clear();
        return dropped;
    }

    /// <summary>Evaluates the rule and moves its alerts to their next states.</summary>
    /// <param name="engine">Evaluates queries.</param>
    /// <param name="at">The evaluation time in milliseconds since the Unix epoch.</param>
    /// <param name="offset">How far the query looks back.</param>
    /// <param name="append">Receives <c>ALERTS</c> and <c>ALERTS_FOR_STATE</c>.</param>
    /// <param name="cancellationToken">Ends the query early.</param>
    /// <exception cref="RuleException">Two elements have the same labels, or there are too many alerts.</exception>
    /// <exception cref="PromQlException">The query fails.</exception>
    public void Evaluate(PromQlEngine engine, long at, long offset, Action<SeriesLabels, double> append, CancellationToken cancellationToken = default)
    {
        var samples = Vector(engine.Evaluate(Rule.Query, at - offset, cancellationToken));
        var keeps = false;
        Dictionary<SeriesLabels, (SeriesLabels Annotations, double Value)> found = new(samples.Count);
        if (Rule.NoData != NoDataPolicy.Resolve && samples.Count == 0 && Vector(engine.Evaluate(Rule.Data!, at - offset, cancellationToken)).Count == 0)
        {
            keeps = Rule.NoData == NoDataPolicy.Keep;
            samples = keeps ? samples : [new VectorSample(SeriesLabels.Empty.With("no_data", "true"), double.NaN)];
        }

        foreach (var sample in samples)
        {
            var (labels, annotations) = Expand(engine, sample, at, offset, cancellationToken);
            if (!found.TryAdd(labels, (annotations, sample.Value)))
            {
                throw new RuleException("vector contains metrics with the same labelset after applying alert labels");
            }
        }

        foreach (var sample in Held(engine, at - offset, cancellationToken))
        {
            var (labels, annotations) = Expand(engine, sample, at, offset, cancellationToken);
            if (_active.TryGetValue(labels, out var held) && held.State == AlertState.Firing)
            {
                found.TryAdd(labels, (annotations, sample.Value));
            }
        }

        if (found.Count > _limit)
        {
            throw new RuleException($"exceeded limit of {_limit} with {found.Count} alerts");
        }

        if (!keeps)
        {
            Move(found, at);
        }

        foreach (var alert in _active.Values.Where(alert => alert.State != AlertState.Inactive))
        {
            append(Written(alert), 1);
            append(WrittenFor(alert), alert.ActiveAt / 1000);
        }
    }

    /// <summary>
    /// Returns the series that the alerts wrote before a restart. Those of a former state are among them: the marker of their end may be among the samples
    /// that a crash lost.
    /// </summary>
    internal IEnumerable<SeriesLabels> Series() => _active.Values.SelectMany(alert => alert.State switch
    {
        AlertState.Pending => [Written(alert), WrittenFor(alert)],
        _ when Rule.For == 0 => [Of("ALERTS", alert, "firing"), WrittenFor(alert)],
        _ => (SeriesLabels[])[Of("ALERTS", alert, "firing"), Of("ALERTS", alert, "pending"), WrittenFor(alert)],
    });

    /// <summary>Ends all alerts without a transition, as after an evaluation that failed for exceeding a limit.</summary>
    public void Clear()
    {
        _dropped.AddRange(_active.Keys);
        _active.Clear();
    }

    /// <summary>Returns what is due to be sent after an evaluation.</summary>
    /// <param name="at">The evaluation time.</param>
    /// <param name="interval">The group's interval in milliseconds.</param>
    public IEnumerable<AlertMessage> TakeDue(long at, long interval)
    {
        foreach (var alert in _active.Values)
        {
            var isDue = alert.State != AlertState.Pending
                && (alert.LastSentAt == 0 || alert.ResolvedAt > alert.LastSentAt || at - alert.LastSentAt >= _options.ResendDelay);
            if (isDue)
            {
                alert.LastSentAt = at;
                alert.IsChanged = true;
                yield return MessageOf(alert, at, interval);
            }
        }
    }

    AlertMessage MessageOf(Alert alert, long at, long interval)
    {
        var isResolved = alert.State == AlertState.Inactive;
        var endsAt = isResolved ? alert.ResolvedAt : at + 4 * Math.Max(_options.ResendDelay, interval);
        return new AlertMessage(alert.Labels, alert.Annotations, alert.FiredAt, endsAt, isResolved,
            $"{_options.ExternalUrl}/graph?g0.expr={Uri.EscapeDataString(Rule.Query.Text)}&g0.tab=1")
        { Value = alert.Value };
    }

    void Move(Dictionary<SeriesLabels, (SeriesLabels Annotations, double Value)> found, long at)
    {
        foreach (var (labels, (annotations, value)) in found)
        {
            if (!_active.TryGetValue(labels, out var alert) || alert.State == AlertState.Inactive)
            {
                _active[labels] = alert = new Alert { Labels = labels, State = AlertState.Pending, ActiveAt = at };
            }

            alert.IsChanged |= !alert.Annotations.Equals(annotations) || alert.KeepFiringSince != 0;
            (alert.Annotations, alert.Value, alert.KeepFiringSince) = (annotations, value, 0);
            if (alert.State == AlertState.Pending && at - alert.ActiveAt >= Rule.For)
            {
                (alert.State, alert.FiredAt, alert.IsChanged, alert.Written) = (AlertState.Firing, at, true, null);
            }
        }

        List<SeriesLabels>? gone = null;
        foreach (var (labels, alert) in _active)
        {
            if (found.ContainsKey(labels) || Keeps(alert, at))
            {
                continue;
            }

            if (alert.State == AlertState.Pending || (alert.ResolvedAt != 0 && at - alert.ResolvedAt >= _options.ResolvedRetention))
            {
                (gone ??= []).Add(labels);
            }
            else if (alert.State == AlertState.Firing)
            {
                (alert.State, alert.ResolvedAt, alert.IsChanged) = (AlertState.Inactive, at, true);
            }
        }

        foreach (var labels in gone ?? [])
        {
            _active.Remove(labels);
            _dropped.Add(labels);
        }
    }

    bool Keeps(Alert alert, long at)
    {
        if (alert.State != AlertState.Firing || Rule.KeepFiringFor == 0)
        {
            return false;
        }

        alert.IsChanged |= alert.KeepFiringSince == 0;
        alert.KeepFiringSince = alert.KeepFiringSince == 0 ? at : alert.KeepFiringSince;
        return at - alert.KeepFiringSince < Rule.KeepFiringFor;
    }

    IReadOnlyList<VectorSample> Held(PromQlEngine engine, long at, CancellationToken cancellationToken) =>
        Rule.Hold is { } hold && _active.Values.Any(alert => alert.State == AlertState.Firing) ? Vector(engine.Evaluate(hold, at, cancellationToken)) : [];

    (SeriesLabels Labels, SeriesLabels Annotations) Expand(PromQlEngine engine, VectorSample sample, long at, long offset, CancellationToken cancellationToken)
    {
        var scope = new TemplateScope(sample.Labels, sample.Value, text => engine.Evaluate(PromQuery.Parse(text), at - offset, cancellationToken), _options.ExternalUrl)
        {
            Time = at,
        };
        var labels = sample.Labels.WithoutName().Concat(Rule.Labels.Select(label => KeyValuePair.Create(label.Key, Expanded(label, scope))))
            .Append(KeyValuePair.Create(AlertName, Rule.Name));
        return (SeriesLabels.Of(labels), SeriesLabels.Of(Rule.Annotations.Select(text => KeyValuePair.Create(text.Key, Expanded(text, scope)))));
    }

    // An alert whose text cannot be made fires all the same, and says why.
    static string Expanded(KeyValuePair<string, GoTemplate> template, TemplateScope scope)
    {
        try
        {
            return template.Value.Expand(scope);
        }
        catch (Exception e) when (e is TemplateException or System.Text.RegularExpressions.RegexMatchTimeoutException)
        {
            return $"<error expanding template: {e.Message}>";
        }
    }

    static IReadOnlyList<VectorSample> Vector(PromValue value) => value switch
    {
        PromVector vector => vector.Samples,
        PromScalar scalar => [new VectorSample(SeriesLabels.Empty, scalar.Value)],
        _ => throw new RuleException("rule result is not a vector or scalar"),
    };

    SeriesLabels Written(Alert alert) => alert.Written ??= Of("ALERTS", alert, alert.State == AlertState.Firing ? "firing" : "pending");

    SeriesLabels WrittenFor(Alert alert) => alert.WrittenFor ??= Of("ALERTS_FOR_STATE", alert, "");

    static SeriesLabels Of(string metric, Alert alert, string state) => SeriesLabels.Of(
        alert.Labels.Append(KeyValuePair.Create(SeriesLabels.Name, metric)).Append(KeyValuePair.Create(StateLabel, state)));
}
