using System.Collections.Concurrent;

namespace CartRecovery.Bench.Load;

/// <summary>What the connections of one thread have seen. That thread writes; the report reads.</summary>
sealed class Tally
{
    /// <summary>Nanoseconds from when an event was due (flat out: sent) to its ack.</summary>
    public Durations AckLatency { get; } = new();

    /// <summary>Nanoseconds from when the first event of a batch was due to when the batch was handed to the socket.</summary>
    public Durations SendDelay { get; } = new();
}

/// <summary>What is rare enough for all threads to share.</summary>
sealed class Notes
{
    const int MostLines = 10;

    readonly ConcurrentQueue<string> _lines = new();
    int _taken;

    /// <summary>Error messages of the engine by their code.</summary>
    public ConcurrentDictionary<string, long> Errors { get; } = new(StringComparer.Ordinal);

    /// <summary>Connections that ended before they should.</summary>
    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>Something for the reader of the progress; only the first few are kept.</summary>
    public void Say(string line)
    {
        if (Interlocked.Increment(ref _taken) <= MostLines)
            _lines.Enqueue(line);
    }

    /// <summary>Takes the next line to print.</summary>
    public bool TryTake(out string? line) => _lines.TryDequeue(out line);
}
