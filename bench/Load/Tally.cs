using System.Collections.Concurrent;

namespace CartRecovery.Bench.Load;

/// <summary>Counters of one thread's connections. Only that thread writes; the report reads.</summary>
/// <param name="from">When the figures begin, in nanoseconds of <see cref="Clock"/>: what was due before does not count.</param>
sealed class Tally(long from)
{
    /// <summary>Nanoseconds from when an event was due (at full rate: sent) to its ack.</summary>
    public Durations AckLatency { get; } = new();

    /// <summary>Nanoseconds from when the first event of a batch was due to when the batch was sent.</summary>
    public Durations SendDelay { get; } = new();

    /// <summary>Counts an acknowledgement.</summary>
    /// <param name="due">When its event was due.</param>
    /// <param name="now">The time.</param>
    public void OnAck(long due, long now) => Record(AckLatency, due, now);

    /// <summary>Counts a batch that was sent.</summary>
    /// <param name="due">When its first event was due.</param>
    /// <param name="now">The time.</param>
    public void OnSent(long due, long now) => Record(SendDelay, due, now);

    void Record(Durations durations, long due, long now)
    {
        if (due >= from)
        {
            durations.Record(now - due);
        }
    }
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
