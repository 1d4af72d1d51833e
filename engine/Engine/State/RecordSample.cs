using CartRecovery.Primitives;

namespace CartRecovery.Engine.State;

/// <summary>
/// A sample of the records in memory, drawn without replacement in several steps, so that a worker serves its partition between them. One worker at a time.
/// </summary>
/// <param name="size">How many places to look at; all if there are not more.</param>
public sealed class RecordSample(int size)
{
    // Records that are changed during a whole scan move to the log's end and are looked at again: a bound for that.
    const int MaxRounds = 2;

    internal HashSet<long> Drawn { get; } = new(Math.Min(size, 4096));

    internal List<Hash128> Keys { get; } = new(256);

    internal int Size => size;

    internal bool IsStarted { get; set; }

    /// <summary>Whether all places are looked at, in order, because there are few.</summary>
    internal bool IsWhole { get; set; }

    /// <summary>Where a whole scan goes on.</summary>
    internal long Next { get; set; }

    /// <summary>How many places were looked at.</summary>
    public int Looked { get; internal set; }

    /// <summary>How many places there are: each record has one, and so have its former versions.</summary>
    public long Places { get; internal set; }

    /// <summary>Whether the sample has all records in memory.</summary>
    public bool IsExact { get; internal set; }

    /// <summary>Whether nothing more is to be drawn.</summary>
    public bool IsDone { get; internal set; }

    internal int Left => (IsWhole ? MaxRounds * size : size) - Looked;
}
