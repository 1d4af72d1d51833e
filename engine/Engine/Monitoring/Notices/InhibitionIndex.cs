using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>
/// Finds the alerts that keep another quiet, without a look at all alerts: those that fire and match the source of a rule, by the labels in
/// which both sides must agree. Not thread-safe.
/// </summary>
/// <param name="rules">The rules.</param>
sealed class InhibitionIndex(IReadOnlyList<InhibitRule> rules)
{
    readonly Dictionary<SeriesLabels, Sources>[] _sources = [.. rules.Select(_ => new Dictionary<SeriesLabels, Sources>())];

    /// <summary>Adds an alert, or replaces the one with the same labels. A resolved one is removed.</summary>
    public void Put(AlertMessage alert)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            if (!rules[i].Source.All(matcher => matcher.IsMatch(alert.Labels)))
            {
                continue;
            }

            var key = KeyOf(rules[i], alert.Labels);
            if (!_sources[i].TryGetValue(key, out var sources))
            {
                if (alert.IsResolved)
                {
                    continue;
                }

                _sources[i][key] = sources = new Sources();
            }

            // An alert that both sides match keeps none of its like quiet.
            var list = rules[i].Target.All(matcher => matcher.IsMatch(alert.Labels)) ? sources.Both : sources.Alone;
            if (alert.IsResolved)
            {
                list.Remove(alert.Labels);
            }
            else
            {
                list[alert.Labels] = alert;
            }

            if (sources.Both.Count + sources.Alone.Count == 0)
            {
                _sources[i].Remove(key);
            }
        }
    }

    /// <summary>Finds an alert that keeps another quiet; null if there is none.</summary>
    /// <param name="target">The labels of the other.</param>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    public AlertMessage? Find(SeriesLabels target, long now)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            if (_sources[i].Count == 0 || !rules[i].Target.All(matcher => matcher.IsMatch(target))
                || !_sources[i].TryGetValue(KeyOf(rules[i], target), out var sources))
            {
                continue;
            }

            var isSource = rules[i].Source.All(matcher => matcher.IsMatch(target));
            var found = FirstFiring(sources.Alone, now) ?? (isSource ? null : FirstFiring(sources.Both, now));
            if (found is not null)
            {
                return found;
            }
        }

        return null;
    }

    static AlertMessage? FirstFiring(Dictionary<SeriesLabels, AlertMessage> alerts, long now) => alerts.Values.FirstOrDefault(alert => alert.EndsAt > now);

    // A missing label counts as empty, and labels have no empty values.
    static SeriesLabels KeyOf(InhibitRule rule, SeriesLabels labels) => labels.Where(rule.Equal.Contains);

    sealed class Sources
    {
        public Dictionary<SeriesLabels, AlertMessage> Alone { get; } = [];

        public Dictionary<SeriesLabels, AlertMessage> Both { get; } = [];
    }
}
