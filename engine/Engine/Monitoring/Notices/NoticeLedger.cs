using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>
/// Remembers what was last said of each group to each receiver, and so decides whether there is something new to say. The rules are those
/// of Alertmanager's deduplication. Not thread-safe.
/// </summary>
public sealed class NoticeLedger
{
    readonly Dictionary<(string Receiver, string Group), Entry> _entries = [];

    /// <summary>The number of groups and receivers that are remembered.</summary>
    public int Count => _entries.Count;

    /// <summary>Whether a notice says something new, or is due again.</summary>
    /// <param name="notice">All alerts of the group, those that resolved too.</param>
    /// <param name="sendsResolved">Whether the receiver wants to know what has resolved.</param>
    /// <param name="repeat">After which time an unchanged notice is repeated, in milliseconds.</param>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    public bool IsDue(Notice notice, bool sendsResolved, long repeat, long now)
    {
        if (!_entries.TryGetValue((notice.Receiver, notice.GroupKey), out var entry))
        {
            return notice.IsFiring;
        }

        return !notice.Firing.IsSubsetOf(entry.Firing)
            || (!notice.IsFiring ? entry.Firing.Count > 0 && sendsResolved
                : (sendsResolved && !notice.Resolved.IsSubsetOf(entry.Resolved)) || now - entry.At >= repeat);
    }

    /// <summary>Records that a notice was delivered.</summary>
    public void Record(Notice notice, long now) => _entries[(notice.Receiver, notice.GroupKey)] = new Entry(now, notice.Firing, notice.Resolved);

    /// <summary>Forgets what was last said before a time.</summary>
    public void Expire(long before)
    {
        foreach (var key in _entries.Where(entry => entry.Value.At < before).Select(entry => entry.Key).ToList())
        {
            _entries.Remove(key);
        }
    }

    sealed record Entry(long At, IReadOnlySet<SeriesLabels> Firing, IReadOnlySet<SeriesLabels> Resolved);
}
