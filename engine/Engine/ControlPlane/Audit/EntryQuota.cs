namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>
/// Limits the audit entries of one kind, so that a flood of requests does not fill the log: a number a minute for each key, such as an
/// actor, and a number in total. Counts the other entries; the key's next entry reports the count. Thread-safe.
/// </summary>
/// <param name="perKey">Maximum number of entries of a key in a minute.</param>
/// <param name="total">Maximum number of entries in a minute.</param>
/// <param name="time">The clock.</param>
public sealed class EntryQuota(int perKey, int total, TimeProvider time)
{
    /// <summary>Maximum number of keys. Beyond it, entries of further keys are counted together.</summary>
    public const int MaxKeys = 4096;

    /// <summary>The period of the limits.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    readonly Lock _gate = new();
    readonly Dictionary<string, Count> _keys = new(StringComparer.Ordinal);
    DateTimeOffset _since;
    int _entries;
    long _others;

    /// <summary>Admits or counts an entry.</summary>
    /// <param name="key">The key.</param>
    /// <param name="counted">The key's entries counted since its last admitted one.</param>
    /// <returns><see langword="false"/> if the entry is only counted.</returns>
    public bool TryTake(string key, out long counted)
    {
        lock (_gate)
        {
            counted = 0;
            StartWindow();
            var count = _keys.GetValueOrDefault(key);
            if (_keys.Count >= MaxKeys && !_keys.ContainsKey(key))
            {
                _others++;
                return false;
            }

            if (count.Entries >= perKey || _entries >= total)
            {
                _keys[key] = count with { Counted = count.Counted + 1 };
                return false;
            }

            _entries++;
            counted = count.Counted;
            _keys[key] = new Count(count.Entries + 1, 0);
            return true;
        }
    }

    /// <summary>Returns and resets the number of counted entries that no admitted entry has reported.</summary>
    public long TakeCounted()
    {
        lock (_gate)
        {
            var counted = _others + _keys.Values.Sum(count => count.Counted);
            _others = 0;
            foreach (var (key, count) in _keys)
            {
                _keys[key] = count with { Counted = 0 };
            }

            return counted;
        }
    }

    // Keeps keys with unreported counts, up to half of the maximum; adds up the others.
    void StartWindow()
    {
        var now = time.GetUtcNow();
        if (now - _since < Window)
        {
            return;
        }

        (_since, _entries) = (now, 0);
        var kept = _keys.Where(pair => pair.Value.Counted > 0).Take(MaxKeys / 2).ToArray();
        _others += _keys.Values.Sum(count => count.Counted) - kept.Sum(pair => pair.Value.Counted);
        _keys.Clear();
        foreach (var (key, count) in kept)
        {
            _keys.Add(key, count with { Entries = 0 });
        }
    }

    readonly record struct Count(int Entries, long Counted);
}
