using System.Globalization;

namespace CartRecovery.Engine.Monitoring.Query.Syntax;

/// <summary>Prometheus' durations: <c>1h30m</c>, each unit at most once, from the largest to the smallest.</summary>
public static class PromDuration
{
    static readonly (string Unit, long Milliseconds)[] s_units =
        [("y", 365L * 86_400_000), ("w", 7L * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

    /// <summary>Parses a duration.</summary>
    /// <param name="text">For example <c>5m</c>; <c>0</c> needs no unit.</param>
    /// <param name="milliseconds">The duration.</param>
    /// <returns><c>false</c> if the text is none, or longer than 292 years.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out long milliseconds)
    {
        milliseconds = 0;
        if (text is "0")
        {
            return true;
        }

        var next = 0;
        var rest = text;
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits <= 0 || !long.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            rest = rest[digits..];
            var letters = rest.IndexOfAnyInRange('0', '9') is >= 0 and var end ? end : rest.Length;
            var unit = rest[..letters].ToString();
            var index = Array.FindIndex(s_units, next, u => u.Unit == unit);
            if (index < 0 || number > (long.MaxValue / 1_000_000 / s_units[index].Milliseconds))
            {
                return false;
            }

            milliseconds += number * s_units[index].Milliseconds;
            next = index + 1;
            rest = rest[letters..];
        }

        return text.Length > 0 && milliseconds <= long.MaxValue / 1_000_000;
    }

    /// <summary>Formats a duration in the fewest units.</summary>
    public static string Format(long milliseconds)
    {
        if (milliseconds == 0)
        {
            return "0s";
        }

        var text = milliseconds < 0 ? "-" : "";
        var left = Math.Abs(milliseconds);
        foreach (var (unit, length) in s_units)
        {
            // Years and weeks only if nothing is left of them, as Prometheus writes them.
            if (left >= length && (unit is not ("y" or "w") || left % length == 0))
            {
                text += string.Create(CultureInfo.InvariantCulture, $"{left / length}{unit}");
                left %= length;
            }
        }

        return text;
    }
}
