using System.Globalization;

namespace CartRecovery.Contracts;

/// <summary>Durations as the configuration writes them: a whole number and a unit, such as <c>250ms</c>, <c>5s</c> or <c>7d</c>.</summary>
public static class DurationText
{
    /// <summary>What to write, with examples.</summary>
    public const string Form = "a duration like 250ms, 5s, 30m, 24h or 7d";

    /// <summary>A regular expression of the form, without anchors.</summary>
    public const string Pattern = "[0-9]{1,15}(ms|s|m|h|d)";

    // A unit is used from this count up: 24h, not 1d.
    static readonly (string Name, long Milliseconds, long FromCount)[] s_units =
        [("d", 86_400_000, 2), ("h", 3_600_000, 1), ("m", 60_000, 1), ("s", 1_000, 1), ("ms", 1, 0)];

    /// <summary>Parses a duration of 0 or more, in whole milliseconds.</summary>
    /// <returns><see langword="false"/> if the text has another form, or exceeds <see cref="TimeSpan.MaxValue"/>.</returns>
    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        foreach (var (name, milliseconds, _) in s_units)
        {
            if (!text.EndsWith(name, StringComparison.Ordinal) || !long.TryParse(text.AsSpan(0, text.Length - name.Length),
                    NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                continue;
            }

            if (count > TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond / milliseconds)
            {
                return false;
            }

            value = TimeSpan.FromTicks(count * milliseconds * TimeSpan.TicksPerMillisecond);
            return true;
        }

        return false;
    }

    /// <summary>Formats a duration with the largest unit that leaves no fraction. Fractions of a millisecond are dropped.</summary>
    public static string Write(TimeSpan value)
    {
        var total = value.Ticks / TimeSpan.TicksPerMillisecond;
        var (name, milliseconds, _) = s_units.First(unit => total % unit.Milliseconds == 0 && total / unit.Milliseconds >= unit.FromCount);
        return string.Create(CultureInfo.InvariantCulture, $"{total / milliseconds}{name}");
    }
}
