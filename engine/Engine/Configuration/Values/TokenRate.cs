using System.Globalization;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration.Values;

/// <summary>
/// The rate of a token bucket: how many a second, and how many at once: <c>50/s</c>, <c>50/s burst 200</c>, <c>1MB/s burst 8MB</c>,
/// <c>unlimited</c>. Without a burst, it is what two seconds bring.
/// </summary>
/// <param name="PerSecond">The rate; 0 for unlimited.</param>
/// <param name="Burst">The bucket's size.</param>
[JsonConverter(typeof(ScalarConverter<TokenRate>))]
public readonly record struct TokenRate(long PerSecond, long Burst) : IScalar<TokenRate>
{
    // The limiter counts in 32 bits.
    const long Max = 1L << 30;
    const string No = "unlimited", Each = "/s", More = " burst ";

    /// <summary>No limit.</summary>
    public static TokenRate Unlimited => default;

    /// <inheritdoc/>
    public static string Form => "a rate like 50/s, 50/s burst 200, 1MB/s burst 8MB, or unlimited";

    /// <inheritdoc/>
    public static string Pattern => $"{No}|[0-9]{{1,10}}([KM]?B)?{Each}({More}[0-9]{{1,10}}([KM]?B)?)?";

    /// <summary>Whether there is no limit.</summary>
    public bool IsUnlimited => PerSecond == 0;

    /// <inheritdoc/>
    public static bool TryParse(string text, out TokenRate value)
    {
        value = default;
        if (text == No)
        {
            return true;
        }

        var at = text.IndexOf(Each, StringComparison.Ordinal);
        if (at < 0 || !TryCount(text[..at], out var rate))
        {
            return false;
        }

        var rest = text[(at + Each.Length)..];
        var burst = Math.Min(2 * rate, Max);
        if (rest.Length > 0 && (!rest.StartsWith(More, StringComparison.Ordinal) || !TryCount(rest[More.Length..], out burst)))
        {
            return false;
        }

        value = new TokenRate(rate, burst);
        return true;
    }

    /// <summary>Formats the rate.</summary>
    public override string ToString() => IsUnlimited ? No : $"{Format(PerSecond)}{Each}{(Burst == 2 * PerSecond ? "" : More + Format(Burst))}";

    static bool TryCount(string text, out long count)
    {
        count = ByteSize.TryParse(text, out var size) ? size.Bytes : 0;
        return count is > 0 and <= Max;
    }

    static string Format(long count) => count % 1024 == 0 ? new ByteSize(count).ToString() : count.ToString(CultureInfo.InvariantCulture);
}
