using System.Runtime.InteropServices;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>
/// Remembers what was last said of each group over each integration, and so decides whether there is something new to say. The rules are
/// those of Alertmanager's deduplication. An entry is durable when <see cref="Record"/> returns, so a restart repeats nothing. After a restart, an alert that
/// fires anew is news even if its last entry says that it fires: a crash may have lost the entry of its end. Not thread-safe.
/// </summary>
public sealed class NoticeLedger
{
    readonly Dictionary<(string Integration, string Group), Entry> _entries = [];
    readonly Statement? _save;
    readonly Statement? _drop;

    /// <summary>Opens the ledger.</summary>
    /// <param name="database">Where it is kept; null for a ledger that ends with the process, as in a test of rules.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public NoticeLedger(NoticeDatabase? database = null)
    {
        if (database is null)
        {
            return;
        }

        _save = database.Database.Prepare("INSERT OR REPLACE INTO ledger VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
        _drop = database.Database.Prepare("DELETE FROM ledger WHERE at < ?1");
        var all = database.Database.Prepare("SELECT integration, group_key, at, firing, resolved, starts FROM ledger");
        while (all.Next())
        {
            _entries[(all.Text(0), all.Text(1))] =
                new Entry(all.Long(2), Numbers<ulong>(all.Bytes(3)), Numbers<ulong>(all.Bytes(4)), Numbers<long>(all.Bytes(5)));
        }
    }

    /// <summary>The number of groups and integrations that are remembered.</summary>
    public int Count => _entries.Count;

    /// <summary>When something was last said of a group; 0 for never. In milliseconds since the Unix epoch.</summary>
    public long LastAt(NoticeIntegration integration, string groupKey) => _entries.TryGetValue((integration.Key, groupKey), out var entry) ? entry.At : 0;

    /// <summary>Whether the last notice of a group said that an alert fires.</summary>
    public bool SaysFiring(NoticeIntegration integration, string groupKey, SeriesLabels labels) =>
        _entries.TryGetValue((integration.Key, groupKey), out var entry) && Array.BinarySearch(entry.Firing, LabelText.Fingerprint(labels)) >= 0;

    /// <summary>The groups whose last notice said that something fires: the integration and the group's key.</summary>
    /// <param name="prefix">With what the group's key begins.</param>
    public IEnumerable<(string Integration, string Group)> Firing(string prefix) =>
        _entries.Where(entry => entry.Value.Firing.Length > 0 && entry.Key.Group.StartsWith(prefix, StringComparison.Ordinal)).Select(entry => entry.Key);

    /// <summary>Whether a notice says something new, or is due again.</summary>
    /// <param name="notice">All alerts of the group, those that resolved too.</param>
    /// <param name="repeat">After which time an unchanged notice is repeated, in milliseconds.</param>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    public bool IsDue(Notice notice, long repeat, long now)
    {
        if (!_entries.TryGetValue((notice.Integration.Key, notice.GroupKey), out var entry))
        {
            return notice.IsFiring;
        }

        var sendsResolved = notice.Integration.SendsResolved;
        return !notice.Alerts.All(alert => alert.IsResolved || entry.SaysFiring(alert))
            || (!notice.IsFiring ? entry.Firing.Length > 0 && sendsResolved
                : (sendsResolved && !IsSubset(notice.Fingerprints(isResolved: true), entry.Resolved)) || now - entry.At >= repeat);
    }

    /// <summary>Records that a notice was delivered.</summary>
    /// <param name="notice">The notice.</param>
    /// <param name="now">When, in milliseconds since the Unix epoch.</param>
    /// <exception cref="IOException">The ledger cannot be written. It remembers the notice until the process ends.</exception>
    public void Record(Notice notice, long now)
    {
        // In this process an alert that ends and fires anew between two notices is one that fires on.
        var (firing, starts) = notice.Firings();
        var entry = _entries[(notice.Integration.Key, notice.GroupKey)] = new Entry(now, firing, notice.Fingerprints(isResolved: true), []);
        _save?.With(notice.Integration.Key).With(notice.GroupKey).With(now)
            .With(MemoryMarshal.AsBytes(firing.AsSpan())).With(MemoryMarshal.AsBytes(entry.Resolved.AsSpan()))
            .With(MemoryMarshal.AsBytes(starts.AsSpan())).Run();
    }

    /// <summary>Forgets what was last said before a time, in milliseconds since the Unix epoch.</summary>
    /// <exception cref="IOException">The ledger cannot be written.</exception>
    public void Expire(long before)
    {
        foreach (var key in _entries.Where(entry => entry.Value.At < before).Select(entry => entry.Key).ToList())
        {
            _entries.Remove(key);
        }

        _drop?.With(before).Run();
    }

    static T[] Numbers<T>(ReadOnlySpan<byte> bytes)
        where T : struct => MemoryMarshal.Cast<byte, T>(bytes).ToArray();

    // Both are sorted.
    static bool IsSubset(ulong[] part, ulong[] whole)
    {
        var at = 0;
        foreach (var number in part)
        {
            while (at < whole.Length && whole[at] < number)
            {
                at++;
            }

            if (at == whole.Length || whole[at] != number)
            {
                return false;
            }
        }

        return true;
    }

    // The starts of what fires, after a restart; empty otherwise.
    sealed record Entry(long At, ulong[] Firing, ulong[] Resolved, long[] Starts)
    {
        public bool SaysFiring(AlertMessage alert) =>
            Array.BinarySearch(Firing, LabelText.Fingerprint(alert.Labels)) is >= 0 and var at
                && (at >= Starts.Length || Starts[at] == alert.StartsAt);
    }
}
