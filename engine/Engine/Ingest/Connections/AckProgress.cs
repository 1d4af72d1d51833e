using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Ingest.Connections;

/// <summary>
/// Tracks the gapless prefix of a source's events that all partitions have processed. The source's reader submits, each partition reports
/// its own progress, and any thread may read the result.
/// </summary>
public sealed class AckProgress(int partitions)
{
    readonly long[] _submitted = new long[partitions];
    readonly long[] _done = new long[partitions];
    long _taken;

    /// <summary>Records the slabs about to be submitted. Called by the reader only.</summary>
    public void BeginSubmit(List<(int Partition, EventSlab Slab)> slabs)
    {
        foreach (var (partition, slab) in slabs)
        {
            Volatile.Write(ref _submitted[partition], slab.UpTo);
        }
    }

    /// <summary>Records that the first <paramref name="taken"/> events are submitted or rejected. Called by the reader only.</summary>
    public void EndSubmit(long taken) => Volatile.Write(ref _taken, taken);

    /// <summary>Records that a partition has processed its events among the first <paramref name="upTo"/>.</summary>
    public void Complete(int partition, long upTo) => Volatile.Write(ref _done[partition], upTo);

    /// <summary>Number of leading events processed. It may lag but is never ahead.</summary>
    public long UpTo
    {
        get
        {
            // Read first: a concurrent submit can then only lower the result.
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
