using System.Collections.Concurrent;

namespace CartRecovery.Bench.Load;

/// <summary>Counters of one thread's connections. Only that thread writes; the report reads.</summary>
sealed class Tally
{
    /// <summary>Nanoseconds from when an event was due (at full rate: sent) to its ack.</summary>
    public Durations AckLatency { get; } = new();

    /// <summary>Nanoseconds from when the first event of a batch was due to when the batch was sent.</summary>
    public Durations SendDelay { get; } = new();
}

/// <summary>Rare occurrences, shared by all threads. Thread-safe.</summary>
sealed class Notes
{
    const int MaxLines = 10;

    readonly ConcurrentQueue<string> _lines = new();
    int _taken;

    /// <summary>Error messages from the engine, by code.</summary>
    public ConcurrentDictionary<string, long> Errors { get; } = new(StringComparer.Ordinal);

    /// <summary>Connections that ended early.</summary>
    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>Adds a line to the progress output; only the first few are kept.</summary>
    public void Add(string line)
    {
        if (Interlocked.Increment(ref _taken) <= MaxLines)
        {
            _lines.Enqueue(line);
        }
    }

    /// <summary>Takes the next line to print.</summary>
    public bool TryTake(out string? line) => _lines.TryDequeue(out line);
}
