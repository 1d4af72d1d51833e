using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Escalation;

/// <summary>
/// Decides who is told of alerts that nobody has acknowledged, level by level. A level is told once, as the ledger remembers; those who were
/// told are told of the end. Not thread-safe.
/// </summary>
/// <param name="config">Schedules and policies.</param>
/// <param name="receivers">The receivers by name.</param>
/// <param name="ledger">What was said before.</param>
/// <param name="acknowledgeUrl">Makes the link by which somebody acknowledges an alert, from its id.</param>
public sealed class Escalator(OnCallConfig config, IReadOnlyDictionary<string, NoticeReceiver> receivers, NoticeLedger ledger,
    Func<string, string?>? acknowledgeUrl = null)
{
    /// <summary>With what the group keys of escalations begin.</summary>
    public const string Prefix = "escalation:";

    // After a level that could not be delivered.
    const long RetryDelay = 60_000;

    readonly NoticeIntegration[] _integrations = [.. receivers.Values.SelectMany(receiver => receiver.Integrations)];
    readonly Dictionary<(string Integration, string Key), long> _tried = [];

    // Whom a level is told, since the first try.
    readonly Dictionary<string, NoticeIntegration[]> _told = new(StringComparer.Ordinal);

    /// <summary>Returns the notices of levels that are due.</summary>
    /// <param name="active">The alerts that fire.</param>
    /// <param name="isQuiet">Whether an alert is silenced or inhibited: it does not escalate.</param>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    public IReadOnlyList<Notice> TakeDue(IEnumerable<AlertOccurrence> active, Func<SeriesLabels, bool> isQuiet, long now)
    {
        List<Notice> due = [];
        if (config.Policies.Count == 0)
        {
            return due;
        }

        Dictionary<string, AlertOccurrence> firing = new(StringComparer.Ordinal);
        foreach (var alert in active)
        {
            firing[alert.Id] = alert;
            if (alert.AcknowledgedAt is null && config.Find(alert.Labels) is { } policy && !isQuiet(alert.Labels))
            {
                AddLevels(alert, policy, now, due);
            }
        }

        foreach (var (integration, key) in ledger.Firing(Prefix))
        {
            if (Array.Find(_integrations, known => known.Key == integration) is { SendsResolved: true } told && !firing.ContainsKey(IdOf(key)) && IsDue(told, key, now))
            {
                due.Add(End(told, key, now));
            }
        }

        foreach (var old in _tried.Where(tried => now - tried.Value > RetryDelay).Select(tried => tried.Key).ToList())
        {
            _tried.Remove(old);
        }

        foreach (var old in _told.Keys.Where(key => !firing.ContainsKey(IdOf(key))).ToList())
        {
            _told.Remove(old);
        }

        return due;
    }

    void AddLevels(AlertOccurrence alert, EscalationPolicy policy, long now, List<Notice> due)
    {
        for (var i = 0; i < policy.Levels.Count && now - alert.StartedAt >= policy.Levels[i].After; i++)
        {
            var key = $"{Prefix}{alert.Id}:{i}";

            if (!_told.TryGetValue(key, out var told))
            {
                // Before a restart, it was told.
                told = Array.Exists(_integrations, integration => ledger.LastAt(integration, key) != 0) ? []
                    : [.. config.ReceiversOf(policy.Levels[i], DateTimeOffset.FromUnixTimeMilliseconds(now)).SelectMany(name => receivers[name].Integrations)];
                _told[key] = told;
            }

            foreach (var integration in told)
            {
                if (ledger.LastAt(integration, key) == 0 && IsDue(integration, key, now))
                {
                    due.Add(new Notice(integration, key, SeriesLabels.Of([new("alertname", alert.Name), new("escalation", $"{policy.Name} {i + 1}")]), [MessageOf(alert)]));
                }
            }
        }
    }

    bool IsDue(NoticeIntegration integration, string key, long now)
    {
        if (_tried.TryGetValue((integration.Key, key), out var tried) && now - tried < RetryDelay)
        {
            return false;
        }

        _tried[(integration.Key, key)] = now;
        return true;
    }

    // What the alert said is no longer known after a restart; its key is what the receiver needs.
    static Notice End(NoticeIntegration integration, string key, long now) => new(integration, key, SeriesLabels.Empty,
        [new AlertMessage(SeriesLabels.Of([new("alertname", "Escalation"), new("alert", IdOf(key))]), SeriesLabels.Of([new("summary", "The alert has resolved")]), now, now, true, "")])
    { Previous = 1 };

    static string IdOf(string key) => key[Prefix.Length..key.LastIndexOf(':')];

    AlertMessage MessageOf(AlertOccurrence alert) =>
        new(alert.Labels, acknowledgeUrl?.Invoke(alert.Id) is { } url ? alert.Annotations.With("acknowledge_url", url) : alert.Annotations, alert.StartedAt, alert.EndsAt, false, alert.GeneratorUrl) { Value = alert.Value, Rule = alert.Rule };
}
