namespace CartRecovery.Engine.Monitoring.Query.Syntax;

/// <summary>The modifiers <c>offset</c> and <c>@</c>: when a selector or subquery is evaluated.</summary>
/// <param name="Offset">How much earlier, in milliseconds; negative for later.</param>
/// <param name="At">A fixed time in milliseconds since the Unix epoch.</param>
/// <param name="Anchor">The range's first or last time instead of a fixed one.</param>
public readonly record struct TimeShift(long Offset, long? At, TimeAnchor Anchor)
{
    /// <summary>Whether the time is the same at every step.</summary>
    public bool IsFixed => At is not null || Anchor != TimeAnchor.None;

    /// <summary>Computes the time at which to read.</summary>
    /// <param name="time">The step's time in milliseconds.</param>
    /// <param name="start">The query's first step.</param>
    /// <param name="end">The query's last step.</param>
    public long Apply(long time, long start, long end) => Anchor switch
    {
        TimeAnchor.Start => start,
        TimeAnchor.End => end,
        _ => At ?? time,
    } - Offset;
}

/// <summary>The functions that <c>@</c> takes instead of a time.</summary>
public enum TimeAnchor
{
    /// <summary>None.</summary>
    None,

    /// <summary><c>start()</c></summary>
    Start,

    /// <summary><c>end()</c></summary>
    End,
}
