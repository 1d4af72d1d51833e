namespace CartRecovery.Engine.Ingest.Connections.Output;

/// <summary>
/// Tracks the gapless prefix of a source's events that all partitions have processed. The source's reader submits, each partition reports
/// its own progress, and any thread may read the result.
/// </summary>
public sealed class AckProgress(int partitions)
{
    readonly long[] _submitted = new long[partitions];
    readonly long[] _done = new long[partitions];
    long _received;

    /// <summary>Records that a partition is about to be given events. Called by the reader only.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="upTo">The number of events received so far, including the partition's.</param>
    public void Submit(int partition, long upTo) => Volatile.Write(ref _submitted[partition], upTo);

    /// <summary>
    /// Records that the first <paramref name="received"/> events are recorded by <see cref="Submit"/>, or rejected. Called by the reader
    /// only.
    /// </summary>
    public void SetReceived(long received) => Volatile.Write(ref _received, received);

    /// <summary>Records that a partition has processed its events among the first <paramref name="upTo"/>.</summary>
    public void Complete(int partition, long upTo) => Volatile.Write(ref _done[partition], upTo);

    /// <summary>Number of leading events processed. It may lag but is never ahead.</summary>
    public long UpTo
    {
        get
        {
            // Read first: a concurrent submit can then only lower the result.
            var upTo = Volatile.Read(ref _received);
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
