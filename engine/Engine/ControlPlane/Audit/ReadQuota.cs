using System.Runtime.InteropServices;

namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>
/// Limits the audit entries for reads of personal data. Admits the first read of an actor, store and target in a minute, and counts further ones. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class ReadQuota(TimeProvider time)
{
    /// <summary>Maximum number of tracked reads. Beyond it, every read is admitted.</summary>
    public const int MaxReads = 16_384;

    /// <summary>Maximum number of an actor's tracked reads. Beyond it, the actor's reads are only counted, without store and target.</summary>
    public const int MaxPerActor = 1024;

    readonly Lock _gate = new();
    readonly Dictionary<(string Actor, string? Store, string Target), Count> _reads = [];
    readonly Dictionary<string, int> _tracked = new(StringComparer.Ordinal);
    DateTimeOffset _since;

    /// <summary>Admits or counts a read.</summary>
    /// <param name="read">The read.</param>
    /// <param name="counted">The reads counted since the last admitted one.</param>
    /// <returns><see langword="false"/> if the read is only counted.</returns>
    public bool TryTake(AuditEvent read, out long counted)
    {
        lock (_gate)
        {
            StartWindow();
            counted = 0;
            var key = (read.Actor, read.Store, read.Target);
            if (!_reads.ContainsKey(key))
            {
                if (_reads.Count >= MaxReads)
                {
                    return true;
                }

                // Beyond MaxPerActor, an actor's reads share one key, and are only counted.
                ref var tracked = ref CollectionsMarshal.GetValueRefOrAddDefault(_tracked, read.Actor, out _);
                var isBeyond = tracked >= MaxPerActor;
                key = isBeyond ? (read.Actor, null, "") : key;
                tracked += isBeyond ? 0 : 1;
            }

            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_reads, key, out _);
            if (count.IsEntered || key.Target.Length == 0)
            {
                count.Counted++;
                return false;
            }

            (counted, count) = (count.Counted, new Count(IsEntered: true, 0));
            return true;
        }
    }

    /// <summary>Returns and resets the counted reads that no admitted entry has reported.</summary>
    public IReadOnlyList<(AuditEvent Read, long Counted)> TakeCounted()
    {
        lock (_gate)
        {
            var counted = _reads.Where(read => read.Value.Counted > 0)
                .Select(read => (new AuditEvent(read.Key.Actor, "personal_data.read", read.Key.Target, read.Key.Store), read.Value.Counted)).ToList();
            foreach (var (read, count) in _reads)
            {
                _reads[read] = count with { Counted = 0 };
            }

            return counted;
        }
    }

    // Keeps the reads with unreported counts.
    void StartWindow()
    {
        var now = time.GetUtcNow();
        if (now - _since < EntryQuota.Window)
        {
            return;
        }

        _since = now;
        var kept = _reads.Where(read => read.Value.Counted > 0).ToArray();
        _reads.Clear();
        _tracked.Clear();
        foreach (var (read, count) in kept)
        {
            _reads.Add(read, count with { IsEntered = false });
            CollectionsMarshal.GetValueRefOrAddDefault(_tracked, read.Actor, out _)++;
        }
    }

    record struct Count(bool IsEntered, long Counted);
}
