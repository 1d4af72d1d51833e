using System.Buffers.Text;
using System.Text.Json;

namespace CartRecovery.Engine.Events.Clocks;

/// <summary>
/// Reads a time of an event's meta: milliseconds since 1970, also as text, or RFC 3339 with a zone. Not on the path of ordinary events.
/// </summary>
/// <param name="Milliseconds">
/// The time, in milliseconds since 1970 UTC; <see langword="null"/> for JSON's null and for what is no time.
/// </param>
/// <param name="Problem">
/// What is wrong with it, to follow its name; <see langword="null"/> if it is a time or JSON's null. A number that is plainly in another unit
/// has a problem, and is converted.
/// </param>
readonly record struct MetaTime(long? Milliseconds, string? Problem)
{
    const string Expected = "must be milliseconds since 1970 or RFC 3339 with a zone";

    // Before 1973 as milliseconds: no unit makes it a time that somebody could mean.
    const double Least = 1e11, Most = 253_402_300_800_000;

    /// <summary>Reads a value.</summary>
    /// <param name="value">The reader at the value.</param>
    /// <param name="now">The time about which it may be, in milliseconds since 1970 UTC; 0 if unknown.</param>
    public static MetaTime Read(in Utf8JsonReader value, long now) => value.TokenType switch
    {
        JsonTokenType.Null => default,
        JsonTokenType.Number when value.TryGetDouble(out var number) => OfNumber(number, now),
        JsonTokenType.String => OfText(System.Text.Encoding.UTF8.GetBytes(value.GetString()!), now),
        _ => new MetaTime(Milliseconds: null, Expected),
    };

    static MetaTime OfText(ReadOnlySpan<byte> text, long now) =>
        EventTime.TryParse(text, out var time) ? new MetaTime(time, Problem: null)
        : Utf8Parser.TryParse(text, out double number, out var length) && length == text.Length ? OfNumber(number, now)
        : new MetaTime(Milliseconds: null, Expected);

    static MetaTime OfNumber(double number, long now) =>
        TimeUnit.Guess(number, now) is { } unit ? new MetaTime(unit.ToMilliseconds((decimal)number), TimeUnit.Describe(number, now))
        : number is >= Least and < Most ? new MetaTime((long)number, Problem: null)
        : new MetaTime(Milliseconds: null, Expected);
}
