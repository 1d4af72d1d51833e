using System.Globalization;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration.Values;

/// <summary>A length of time in whole milliseconds, 0 or more, written as a number and a unit: <c>250ms</c>, <c>5s</c>, <c>7d</c>.</summary>
/// <param name="Value">The time.</param>
[JsonConverter(typeof(ScalarConverter<Duration>))]
public readonly record struct Duration(TimeSpan Value) : IScalar<Duration>, IComparable<Duration>, IComparable
{
    // Days come from two up, because 24h says more than 1d.
    static readonly (string Name, long Milliseconds, long FromCount)[] Units =
        [("d", 86_400_000, 2), ("h", 3_600_000, 1), ("m", 60_000, 1), ("s", 1_000, 1), ("ms", 1, 0)];

    /// <inheritdoc/>
    public static string Form => "a duration like 250ms, 5s, 30m, 24h or 7d";

    /// <inheritdoc/>
    public static string Pattern => "[0-9]{1,15}(ms|s|m|h|d)";

    /// <summary>So many milliseconds.</summary>
    public static Duration FromMilliseconds(long count) => new(TimeSpan.FromMilliseconds(count));

    /// <summary>So many seconds.</summary>
    public static Duration FromSeconds(long count) => new(TimeSpan.FromSeconds(count));

    /// <summary>So many minutes.</summary>
    public static Duration FromMinutes(long count) => new(TimeSpan.FromMinutes(count));

    /// <summary>So many hours.</summary>
    public static Duration FromHours(int count) => new(TimeSpan.FromHours(count));

    /// <summary>The time as the framework has it.</summary>
    public static implicit operator TimeSpan(Duration duration) => duration.Value;

    /// <inheritdoc/>
    public static bool TryParse(string text, out Duration value)
    {
        value = default;
        foreach (var (name, milliseconds, _) in Units)
        {
            if (!text.EndsWith(name, StringComparison.Ordinal) || !long.TryParse(text.AsSpan(0, text.Length - name.Length),
                    NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                continue;
            if (count > TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond / milliseconds)
                return false;
            value = new Duration(TimeSpan.FromTicks(count * milliseconds * TimeSpan.TicksPerMillisecond));
            return true;
        }
        return false;
    }

    /// <inheritdoc/>
    public int CompareTo(Duration other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public int CompareTo(object? obj) => obj is Duration other ? CompareTo(other) : 1;

    /// <summary>The largest unit that leaves no fraction.</summary>
    public override string ToString()
    {
        var total = Value.Ticks / TimeSpan.TicksPerMillisecond;
        var (name, milliseconds, _) = Units.First(unit => total % unit.Milliseconds == 0 && total / unit.Milliseconds >= unit.FromCount);
        return string.Create(CultureInfo.InvariantCulture, $"{total / milliseconds}{name}");
    }
}
