using System.Globalization;
using CartRecovery.Engine.Events.Clocks;

namespace CartRecovery.Engine.Configuration.Values;

/// <summary>Parses a point in time: RFC 3339, a date (in UTC), milliseconds since 1970, or an age.</summary>
public static class TimeExpression
{
    /// <summary>The accepted forms, for error messages and documentation.</summary>
    public const string Forms = "RFC 3339 like 2026-11-20T09:40:00Z, a date, milliseconds since 1970, or how long ago, like 2h or 7d";

    static readonly string[] s_forms = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmZ", "yyyy-MM-dd'T'HH:mm:ssZ", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFZ", "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:sszzz",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];

    /// <summary>Reads a point in time.</summary>
    /// <param name="text">The text; a trailing <c>ago</c> after a duration is optional.</param>
    /// <param name="now">The present, in milliseconds since 1970 UTC.</param>
    /// <param name="moment">The time read, in milliseconds since 1970 UTC.</param>
    /// <returns><see langword="false"/> if it is none, or a number that is plainly in another unit.</returns>
    public static bool TryParse(string text, long now, out long moment)
    {
        text = text.Trim();
        var length = text.EndsWith(" ago", StringComparison.Ordinal) ? text[..^4].TrimEnd() : text;
        if (Duration.TryParse(length, out var ago))
        {
            moment = now - (long)ago.Value.TotalMilliseconds;
            return IsDate(moment);
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out moment))
        {
            return IsDate(moment) && TimeUnit.Guess(moment, now) is null;
        }

        var isTime = DateTimeOffset.TryParseExact(text, s_forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time);
        moment = time.ToUnixTimeMilliseconds();
        return isTime;
    }

    /// <summary>Says which unit a number is plainly in; <see langword="null"/> if it is no such number.</summary>
    /// <param name="text">The text.</param>
    /// <param name="now">The present, in milliseconds since 1970 UTC.</param>
    public static string? DescribeUnit(string text, long now) =>
        double.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? DescribeUnit(number, now) : null;

    /// <summary>Says which unit a number is plainly in; <see langword="null"/> if it may be milliseconds since 1970.</summary>
    /// <param name="number">The number.</param>
    /// <param name="now">The present, in milliseconds since 1970 UTC.</param>
    public static string? DescribeUnit(double number, long now) => TimeUnit.Describe(number, now);

    // From year 1 to 9999.
    static bool IsDate(long moment) => moment >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && moment <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
}
