using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>
/// Groups alerts and decides when which notices go out, as Alertmanager does: <c>group_wait</c> before a group's first notice,
/// <c>group_interval</c> between the following ones, <c>repeat_interval</c> without a change; inhibited and silenced alerts are left out, muted
/// routes wait. Time comes from the caller. Not thread-safe.
/// </summary>
/// <param name="config">Routes, receivers and inhibition.</param>
/// <param name="ledger">What was said before.</param>
/// <param name="isSilenced">Whether an alert is silenced at a time.</param>
public sealed class NoticeDispatcher(AlertmanagerConfig config, NoticeLedger ledger, Func<SeriesLabels, long, bool>? isSilenced = null)
{
    /// <summary>How many groups there may be; alerts of further ones are dropped.</summary>
    public const int MaxGroups = 100_000;

    readonly Dictionary<(string Route, SeriesLabels Labels), Group> _groups = [];
    readonly Dictionary<SeriesLabels, AlertMessage> _alerts = [];

    /// <summary>The alerts that are known, by their labels.</summary>
    public IReadOnlyCollection<AlertMessage> Alerts => _alerts.Values;

    /// <summary>The number of groups.</summary>
    public int Groups => _groups.Count;

    /// <summary>How many alerts were dropped because there were too many groups.</summary>
    public long Dropped { get; private set; }

    /// <summary>Takes an alert.</summary>
    /// <param name="alert">The alert; it replaces the one with the same labels.</param>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    public void Take(AlertMessage alert, long now)
    {
        _alerts[alert.Labels] = alert;
        foreach (var route in config.Route.Find(alert.Labels))
        {
            var labels = route.GroupOf(alert.Labels);
            if (!_groups.TryGetValue((route.Id, labels), out var group))
            {
                if (_groups.Count >= MaxGroups)
                {
                    Dropped++;
                    continue;
                }

                // An alert that began long ago, as after a restart, has waited already.
                var due = alert.StartsAt + route.GroupWait < now ? now : now + route.GroupWait;
                _groups[(route.Id, labels)] = group = new Group(route, labels, due);
            }

            group.Alerts[alert.Labels] = alert;
        }
    }

    /// <summary>Returns the notices that are due. Call it at least every second.</summary>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    public IReadOnlyList<Notice> TakeDue(long now)
    {
        List<Notice> due = [];
        var firing = _alerts.Values.Where(alert => IsFiring(alert, now)).ToList();
        foreach (var (key, group) in _groups.Where(group => group.Value.DueAt <= now).ToList())
        {
            group.DueAt = now + group.Route.GroupInterval;
            var isMuted = config.IsMuted(group.Route, DateTimeOffset.FromUnixTimeMilliseconds(now));
            var alerts = group.Alerts.Values.Select(alert => IsFiring(alert, now) || alert.IsResolved ? alert : alert with { IsResolved = true })
                .Where(alert => isSilenced?.Invoke(alert.Labels, now) != true && !IsInhibited(alert, firing))
                .OrderBy(alert => alert.IsResolved).ThenBy(alert => alert.StartsAt).ThenBy(alert => alert.Labels).ToList();
            if (!isMuted && alerts.Count > 0 && config.Receivers.TryGetValue(group.Route.Receiver, out var receiver))
            {
                due.AddRange(Notices(group, alerts, receiver, now));
            }

            RemoveResolved(key, group, now);
        }

        return due;
    }

    /// <summary>Records that a notice was delivered; without it, the notice is due again after <c>group_interval</c>.</summary>
    public void Confirm(Notice notice, long now) => ledger.Record(notice, now);

    IEnumerable<Notice> Notices(Group group, List<AlertMessage> alerts, NoticeReceiver receiver, long now)
    {
        var sendsResolved = receiver.Kinds.Count == 0 || receiver.Kinds.Any(kind => kind.SendsResolved);
        var notice = new Notice(receiver.Name, $"{group.Route.Id}:{group.Labels}", group.Labels, alerts);
        if (ledger.IsDue(notice, sendsResolved, group.Route.RepeatInterval, now))
        {
            yield return notice;
        }
        else if (!notice.IsFiring && !sendsResolved)
        {
            // The group is over; the next alert is news again.
            ledger.Record(notice, now);
        }
    }

    void RemoveResolved((string, SeriesLabels) key, Group group, long now)
    {
        foreach (var alert in group.Alerts.Values.Where(alert => !IsFiring(alert, now)).ToList())
        {
            group.Alerts.Remove(alert.Labels);
            if (_alerts.TryGetValue(alert.Labels, out var known) && ReferenceEquals(known, alert))
            {
                _alerts.Remove(alert.Labels);
            }
        }

        if (group.Alerts.Count == 0)
        {
            _groups.Remove(key);
        }
    }

    bool IsInhibited(AlertMessage alert, List<AlertMessage> firing) => config.InhibitRules.Any(rule =>
        rule.Target.All(matcher => matcher.IsMatch(alert.Labels)) && firing.Exists(source => rule.Inhibits(source.Labels, alert.Labels)));

    static bool IsFiring(AlertMessage alert, long now) => !alert.IsResolved && alert.EndsAt > now;

    sealed class Group(Route route, SeriesLabels labels, long dueAt)
    {
        public Route Route => route;

        public SeriesLabels Labels => labels;

        public long DueAt { get; set; } = dueAt;

        public Dictionary<SeriesLabels, AlertMessage> Alerts { get; } = [];
    }
}
