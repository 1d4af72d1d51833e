using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>
/// Groups alerts and decides when which notices go out, as Alertmanager does: <c>group_wait</c> before a group's first notice,
/// <c>group_interval</c> between the following ones, <c>repeat_interval</c> without a change; inhibited and silenced alerts are left out, muted
/// routes wait. A group is looked at only when it is due. Time comes from the caller. Not thread-safe.
/// </summary>
/// <param name="config">Routes, receivers and inhibition.</param>
/// <param name="ledger">What was said before.</param>
/// <param name="isSilenced">Whether an alert is silenced at a time.</param>
/// <param name="isAcknowledged">Whether somebody has acknowledged an alert: a group of such alerts alone is not repeated.</param>
public sealed class NoticeDispatcher(
    AlertmanagerConfig config, NoticeLedger ledger, Func<SeriesLabels, long, bool>? isSilenced = null, Func<SeriesLabels, bool>? isAcknowledged = null)
{
    /// <summary>How many groups there may be; alerts of further ones are dropped.</summary>
    public const int MaxGroups = 100_000;

    /// <summary>How many alerts there may be; further ones are dropped.</summary>
    public const int MaxAlerts = 200_000;

    readonly Dictionary<(string Route, SeriesLabels Labels), Group> _groups = [];
    readonly PriorityQueue<Group, long> _due = new();
    readonly Dictionary<SeriesLabels, AlertMessage> _alerts = [];
    readonly InhibitionIndex _inhibition = new(config.InhibitRules);

    /// <summary>The configuration.</summary>
    public AlertmanagerConfig Config => config;

    /// <summary>The alerts that are known, by their labels.</summary>
    public IReadOnlyCollection<AlertMessage> Alerts => _alerts.Values;

    /// <summary>Why the end of a group could not be recorded at the last <see cref="TakeDue"/>; null if it could.</summary>
    public IOException? Failure { get; private set; }

    /// <summary>The number of groups.</summary>
    public int Groups => _groups.Count;

    /// <summary>How many alerts were dropped because there were too many alerts or groups.</summary>
    public long Dropped { get; private set; }

    /// <summary>The groups: the route, the labels of the group and its alerts.</summary>
    public IEnumerable<(Route Route, SeriesLabels Labels, IReadOnlyCollection<AlertMessage> Alerts)> AllGroups =>
        _groups.Values.Select(group => (group.Route, group.Labels, (IReadOnlyCollection<AlertMessage>)group.Alerts.Values));

    /// <summary>Finds an alert that keeps another quiet; null if there is none.</summary>
    public AlertMessage? InhibitorOf(SeriesLabels labels, long now) => _inhibition.Find(labels, now);

    /// <summary>Takes an alert.</summary>
    /// <param name="alert">The alert; it replaces the one with the same labels.</param>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    public void Take(AlertMessage alert, long now)
    {
        if (_alerts.Count >= MaxAlerts && !_alerts.ContainsKey(alert.Labels))
        {
            Dropped++;
            return;
        }

        var isTaken = false;
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
                _groups[(route.Id, labels)] = group = new Group(route, labels);
                _due.Enqueue(group, due);
            }

            group.Alerts[alert.Labels] = alert;
            isTaken = true;
        }

        if (isTaken)
        {
            _alerts[alert.Labels] = alert;
            _inhibition.Put(alert);
        }
    }

    /// <summary>Returns the notices that are due. Call it at least every second.</summary>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    public IReadOnlyList<Notice> TakeDue(long now)
    {
        List<Notice> due = [];
        Failure = null;
        while (_due.TryPeek(out var group, out var at) && at <= now)
        {
            _due.Dequeue();
            var alerts = group.Alerts.Values.Select(alert => IsFiring(alert, now) || alert.IsResolved ? alert : alert with { IsResolved = true })
                .Where(alert => isSilenced?.Invoke(alert.Labels, now) != true && _inhibition.Find(alert.Labels, now) is null)
                .OrderBy(alert => alert.IsResolved).ThenBy(alert => alert.StartsAt).ThenBy(alert => alert.Labels).ToList();
            if (alerts.Count > 0 && config.Receivers.TryGetValue(group.Route.Receiver, out var receiver)
                && !config.IsMuted(group.Route, DateTimeOffset.FromUnixTimeMilliseconds(now)))
            {
                AddNotices(group, alerts, receiver, now, due);
            }

            RemoveResolved(group, now);
            if (group.Alerts.Count > 0)
            {
                _due.Enqueue(group, now + group.Route.GroupInterval);
            }
            else
            {
                _groups.Remove((group.Route.Id, group.Labels));
            }
        }

        return due;
    }

    /// <summary>Records that a notice was delivered; without it, the notice is due again after <c>group_interval</c>.</summary>
    /// <exception cref="IOException">The ledger cannot be written.</exception>
    public void Confirm(Notice notice, long now) => ledger.Record(notice, now);

    void AddNotices(Group group, List<AlertMessage> alerts, NoticeReceiver receiver, long now, List<Notice> due)
    {
        var key = KeyOf(group);
        var isKnown = isAcknowledged is not null && alerts.TrueForAll(alert => alert.IsResolved || isAcknowledged(alert.Labels));
        foreach (var integration in receiver.Integrations)
        {
            var notice = new Notice(integration, key, group.Labels, alerts) { Previous = ledger.LastAt(integration, key) };
            if (ledger.IsDue(notice, isKnown ? long.MaxValue : group.Route.RepeatInterval, now))
            {
                due.Add(integration.SendsResolved ? notice : notice with { Alerts = alerts.FindAll(alert => !alert.IsResolved) });
            }
            else if (!notice.IsFiring && !integration.SendsResolved && notice.Previous != 0)
            {
                // The group is over; the next alert is news again.
                try
                {
                    ledger.Record(notice, now);
                }
                catch (IOException e)
                {
                    // The ledger remembers it until a restart, and the other groups are due all the same.
                    Failure = e;
                }
            }
        }
    }

    // What a receiver was told to fire stays until it was told of the end as well: the notice may fail.
    void RemoveResolved(Group group, long now)
    {
        var integrations = config.Receivers.TryGetValue(group.Route.Receiver, out var receiver) ? receiver.Integrations : [];
        var key = KeyOf(group);
        foreach (var alert in group.Alerts.Values.Where(alert => !IsFiring(alert, now)).ToList())
        {
            if (integrations.Any(integration => integration.SendsResolved && ledger.SaysFiring(integration, key, alert.Labels)))
            {
                continue;
            }

            group.Alerts.Remove(alert.Labels);
            if (_alerts.TryGetValue(alert.Labels, out var known) && ReferenceEquals(known, alert))
            {
                _alerts.Remove(alert.Labels);
                _inhibition.Put(alert with { IsResolved = true });
            }
        }
    }

    static string KeyOf(Group group) => $"{group.Route.Id}:{group.Labels}";

    static bool IsFiring(AlertMessage alert, long now) => !alert.IsResolved && alert.EndsAt > now;

    sealed class Group(Route route, SeriesLabels labels)
    {
        public Route Route => route;

        public SeriesLabels Labels => labels;

        public Dictionary<SeriesLabels, AlertMessage> Alerts { get; } = [];
    }
}
