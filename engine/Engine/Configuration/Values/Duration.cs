using System.Text.Json.Serialization;
using CartRecovery.Contracts;

namespace CartRecovery.Engine.Configuration.Values;

/// <summary>A duration in whole milliseconds, 0 or more, written as a number and a unit: <c>250ms</c>, <c>5s</c>, <c>7d</c>.</summary>
/// <param name="Value">The time.</param>
[JsonConverter(typeof(ScalarConverter<Duration>))]
public readonly record struct Duration(TimeSpan Value) : IScalar<Duration>, IComparable<Duration>, IComparable
{
    /// <inheritdoc/>
    public static string Form => DurationText.Form;

    /// <inheritdoc/>
    public static string Pattern => DurationText.Pattern;

    /// <summary>Creates a duration of this many milliseconds.</summary>
    public static Duration FromMilliseconds(long count) => new(TimeSpan.FromMilliseconds(count));

    /// <summary>Creates a duration of this many seconds.</summary>
    public static Duration FromSeconds(long count) => new(TimeSpan.FromSeconds(count));

    /// <summary>Creates a duration of this many minutes.</summary>
    public static Duration FromMinutes(long count) => new(TimeSpan.FromMinutes(count));

    /// <summary>Creates a duration of this many hours.</summary>
    public static Duration FromHours(int count) => new(TimeSpan.FromHours(count));

    /// <summary>Converts it to the framework's type.</summary>
    public static implicit operator TimeSpan(Duration duration) => duration.Value;

    /// <inheritdoc/>
    public static bool TryParse(string text, out Duration value)
    {
        var isDuration = DurationText.TryParse(text, out var time);
        value = new Duration(time);
        return isDuration;
    }

    /// <inheritdoc/>
    public int CompareTo(Duration other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public int CompareTo(object? obj) => obj is Duration other ? CompareTo(other) : 1;

    /// <summary>Formats it in the largest unit that leaves no fraction.</summary>
    public override string ToString() => DurationText.Write(Value);
}
