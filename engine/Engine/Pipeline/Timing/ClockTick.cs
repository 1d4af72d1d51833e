namespace CartRecovery.Engine.Pipeline.Timing;

/// <summary>
/// What a journaled tick does to a partition's clock. Encoded in a tick's eight bytes: the kind in the highest, then the time. Only ticks
/// hold the timers or set the clock back, so a replay does it at the same place.
/// </summary>
readonly record struct ClockTick(ClockTickKind Kind, long Time)
{
    const int KindShift = 56;

    /// <summary>Encodes a tick.</summary>
    public long Encode() => ((long)Kind << KindShift) | Time;

    /// <summary>Decodes a tick.</summary>
    public static ClockTick Decode(long tick) => new((ClockTickKind)(tick >> KindShift), tick & ((1L << KindShift) - 1));

    /// <summary>Returns the time that a tick advances the clock to (ms since 1970 UTC); 0 if it does not advance it.</summary>
    public static long TimeOf(long tick) => Decode(tick) is { Kind: ClockTickKind.Advance } advance ? advance.Time : 0;
}

/// <summary>Kinds of ticks. The numbers are persisted.</summary>
enum ClockTickKind : byte
{
    /// <summary>Advances the clock; while the timers are held, the timers alone.</summary>
    Advance = 0,

    /// <summary>The clock leapt ahead: timers wait until a time, so that a wrong clock does not fire them.</summary>
    Hold = 1,

    /// <summary>The clock was set back. Events received at later times count as received now.</summary>
    SetBack = 2,
}
