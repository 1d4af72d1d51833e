using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Journal;

/// <summary>The event ids seen: an event whose id came for the same cart before is a duplicate. One thread at a time.</summary>
public sealed class DedupWindow(long bytes, TimeSpan window)
{
    readonly HashSet<(Hash128 Id, Hash128 Cart)> _seen = [];

    /// <summary>Memory for it.</summary>
    public long Bytes => bytes;

    /// <summary>How long ids are remembered.</summary>
    public TimeSpan Window => window;

    /// <summary>Marks the events that were seen before, and remembers the others.</summary>
    /// <returns>How many were.</returns>
    public int MarkDuplicates(EventSlab slab)
    {
        var duplicates = 0;
        foreach (ref var e in slab.Records.AsSpan(0, slab.Count))
        {
            if (!_seen.Add((e.Id, e.Cart)))
            {
                e.Flags |= EventFlags.Duplicate;
                duplicates++;
            }
        }

        return duplicates;
    }

    /// <summary>The plan's line.</summary>
    public static string Describe(long bytes, int partitions, TimeSpan window) => $"{partitions} × {bytes >> 20} MB: event ids of {window}";
}
