using System.Globalization;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration.Values;

/// <summary>A maximum number in a sliding window of a minute, an hour or a day: <c>3/h</c>.</summary>
/// <param name="Count">The number, 1 to 1,000,000.</param>
/// <param name="Per">The window's length.</param>
[JsonConverter(typeof(ScalarConverter<CountRate>))]
public readonly record struct CountRate(int Count, TimeSpan Per) : IScalar<CountRate>
{
    /// <inheritdoc/>
    public static string Form => "a number a minute, hour or day, like 3/h";

    /// <inheritdoc/>
    public static string Pattern => "[1-9][0-9]{0,6}/[mhd]";

    /// <inheritdoc/>
    public static bool TryParse(string text, out CountRate value)
    {
        value = default;
        if (text.Split('/') is not [var digits, var unit] || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count is < 1 or > 1_000_000)
        {
            return false;
        }

        var per = unit switch
        {
            "m" => TimeSpan.FromMinutes(1),
            "h" => TimeSpan.FromHours(1),
            "d" => TimeSpan.FromDays(1),
            _ => TimeSpan.Zero,
        };
        value = new CountRate(count, per);
        return per > TimeSpan.Zero;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Count}/{(Per == TimeSpan.FromMinutes(1) ? "m" : Per == TimeSpan.FromHours(1) ? "h" : "d")}");
}
