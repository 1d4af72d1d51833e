using CartRecovery.Engine.Ingest.Connections.Memory;
using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Engine.Ingest.Streams;

/// <summary>The threads that read streams, one per core.</summary>
public sealed class IngestThreads : IDisposable
{
    readonly IngestThread[] _threads;
    int _next;

    /// <summary>Creates the threads; <see cref="Start"/> starts them.</summary>
    /// <param name="partitions">Receive the events.</param>
    /// <param name="incomplete">Memory for long messages that have not arrived whole, in bytes.</param>
    public IngestThreads(PartitionSet partitions, long incomplete)
    {
        Incomplete = new IncompleteMessages(incomplete, partitions.Clock);
        _threads = [.. Enumerable.Range(0, Count).Select(number => new IngestThread(number, partitions))];
    }

    /// <summary>Memory for long messages that have not arrived whole, beyond each connection's share.</summary>
    public IncompleteMessages Incomplete { get; }

    /// <summary>The number of threads.</summary>
    public static int Count => Environment.ProcessorCount;

    /// <summary>Starts the threads.</summary>
    public void Start() => Array.ForEach(_threads, thread => thread.Start());

    /// <summary>Returns the thread for the next connection, in turn.</summary>
    public IngestThread Next() => _threads[(uint)Interlocked.Increment(ref _next) % (uint)_threads.Length];

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_threads, thread => thread.Dispose());
}
