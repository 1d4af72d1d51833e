using System.Globalization;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration.Values;

/// <summary>A local time of day, 00:00 to 23:59.</summary>
/// <param name="Value">The time.</param>
[JsonConverter(typeof(ScalarConverter<TimeOfDay>))]
public readonly record struct TimeOfDay(TimeOnly Value) : IScalar<TimeOfDay>
{
    /// <inheritdoc/>
    public static string Form => "a time of day like 08:30";

    /// <inheritdoc/>
    public static string Pattern => "([01][0-9]|2[0-3]):[0-5][0-9]";

    /// <inheritdoc/>
    public static bool TryParse(string text, out TimeOfDay value)
    {
        var isTime = TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time);
        value = new TimeOfDay(time);
        return isTime;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("HH:mm", CultureInfo.InvariantCulture);
}
