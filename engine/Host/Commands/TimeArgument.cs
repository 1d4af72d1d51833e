using System.Globalization;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Host.Commands;

/// <summary>A moment on the command line: RFC 3339 (UTC where it names no zone), milliseconds since 1970, or how long ago.</summary>
static class TimeArgument
{
    public const string Forms = "RFC 3339 like 2026-11-20T09:40:00Z, a date, milliseconds since 1970, or how long ago, like 2h or 7d";

    static readonly string[] s_forms = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>Reads a moment.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    /// <param name="moment">Likewise.</param>
    public static bool TryParse(string text, long now, out long moment)
    {
        text = text.Trim();
        var ago = text.EndsWith(" ago", StringComparison.Ordinal) ? text[..^4].TrimEnd() : text;
        if (Duration.TryParse(ago, out var duration))
        {
            moment = now - (duration.Value.Ticks / TimeSpan.TicksPerMillisecond);
            return true;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out moment))
        {
            return true;
        }

        var isTime = DateTimeOffset.TryParseExact(text, s_forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time);
        moment = time.ToUnixTimeMilliseconds();
        return isTime;
    }

    /// <summary>Reads <c>--from</c> and <c>--to</c>, or says what is wrong with them.</summary>
    public static TimeRange? ReadRange(string? from, string? to)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var (first, end) = (long.MinValue, long.MaxValue);
        if (!IsTime("--from", from, now, ref first) || !IsTime("--to", to, now, ref end))
        {
            return null;
        }

        if (first < end)
        {
            return new TimeRange(first, end);
        }

        Console.Error.WriteLine("error: --from must be before --to");
        return null;
    }

    static bool IsTime(string name, string? text, long now, ref long moment)
    {
        if (text is null || TryParse(text, now, out moment))
        {
            return true;
        }

        Console.Error.WriteLine($"error: {name} '{text}' is no time; it may be {Forms}");
        return false;
    }
}
