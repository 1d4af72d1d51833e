using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Ingest.Connections;

/// <summary>
/// How many of a source's events are done, counted from the first without a gap, when several partitions work on them at once.
/// The source's reader submits, each partition reports its own progress, anyone asks.
/// </summary>
public sealed class AckProgress(int partitions)
{
    readonly long[] _submitted = new long[partitions];
    readonly long[] _done = new long[partitions];
    long _taken;

    /// <summary>Notes what is about to be handed over. The reader's alone.</summary>
    public void BeginSubmit(List<(int Partition, EventSlab Slab)> slabs)
    {
        foreach (var (partition, slab) in slabs)
        {
            Volatile.Write(ref _submitted[partition], slab.UpTo);
        }
    }

    /// <summary>Notes that all of the first <paramref name="taken"/> events are handed over or refused. The reader's alone.</summary>
    public void EndSubmit(long taken) => Volatile.Write(ref _taken, taken);

    /// <summary>A partition is done with its events among the first <paramref name="upTo"/>.</summary>
    public void Complete(int partition, long upTo) => Volatile.Write(ref _done[partition], upTo);

    /// <summary>How many events, from the first, are done. May lag behind, never ahead.</summary>
    public long UpTo
    {
        get
        {
            // Read before the rest: what is submitted after this can only make the answer smaller.
            var upTo = Volatile.Read(ref _taken);
            for (var i = 0; i < _done.Length; i++)
            {
                var done = Volatile.Read(ref _done[i]);
                if (done < Volatile.Read(ref _submitted[i]))
                {
                    upTo = Math.Min(upTo, done);
                }
            }

            return upTo;
        }
    }
}
