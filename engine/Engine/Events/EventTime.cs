using System.Text.Json;

namespace CartRecovery.Engine.Events;

/// <summary>The time of an event, as a client writes it.</summary>
static class EventTime
{
    /// <summary>Milliseconds since 1970 out of a number; one beyond any clock is far off either way, for the caller to clamp.</summary>
    public static long FromNumber(ref Utf8JsonReader reader) =>
        reader.TryGetInt64(out var time) ? time
        : reader.TryGetDouble(out var real) ? (long)Math.Clamp(real, -1e15, 1e15) : long.MaxValue;

    /// <summary>Milliseconds since 1970 out of RFC 3339.</summary>
    /// <param name="reader">On the string.</param>
    /// <param name="text">Its text, unescaped.</param>
    /// <param name="time">The time.</param>
    public static bool TryFromText(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> text, out long time)
    {
        time = 0;

        // A text without a zone would be read in the machine's own: not data. 2024-11-20 has a minus where a zone would have one.
        var zoned = text.Length > "2024-11-20T09:40".Length && (text[^1] == 'Z' || text[^6] is (byte)'+' or (byte)'-');
        if (!zoned || !reader.TryGetDateTimeOffset(out var moment))
        {
            return false;
        }

        time = moment.ToUnixTimeMilliseconds();
        return true;
    }
}
