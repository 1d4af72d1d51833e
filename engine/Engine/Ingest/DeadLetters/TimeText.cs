namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>Formats times as RFC 3339 in UTC, to the millisecond.</summary>
public static class TimeText
{
    // The range of DateTimeOffset.
    static readonly (long Min, long Max) s_range =
        (DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());

    /// <summary>Formats milliseconds since 1970 UTC, clamped to the range of the calendar.</summary>
    public static string Of(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, s_range.Min, s_range.Max)).ToString("yyyy-MM-ddTHH:mm:ss.fffZ");
}
