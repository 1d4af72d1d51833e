namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>
/// Limits entries of one kind, so that a flood of requests does not fill the audit log: so many a minute for a key, such as an actor, and so many in all.
/// The others are counted, and the key's next entry tells their number. Any thread.
/// </summary>
/// <param name="perKey">Entries of a key in a minute.</param>
/// <param name="total">Entries in a minute.</param>
/// <param name="time">The clock.</param>
public sealed class EntryQuota(int perKey, int total, TimeProvider time)
{
    /// <summary>Maximum number of keys. Beyond it, those of the last minute that were counted are one.</summary>
    public const int MaxKeys = 4096;

    /// <summary>The time that the limits are for.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    readonly Lock _gate = new();
    readonly Dictionary<string, Count> _keys = new(StringComparer.Ordinal);
    DateTimeOffset _since;
    int _entries;
    long _others;

    /// <summary>Takes an entry.</summary>
    /// <param name="key">The key.</param>
    /// <param name="counted">How many of the key were counted since its last entry.</param>
    /// <returns><see langword="false"/> if this one is counted and not entered.</returns>
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

    /// <summary>Returns the number of those that were counted and that no entry has told yet, and forgets it.</summary>
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

    // Keys with a number that no entry has told yet stay, up to half of the bound.
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
