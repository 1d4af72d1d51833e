using System.Buffers.Text;
using CartRecovery.Engine.Events.Clocks;

namespace CartRecovery.Engine.Events.Json;

/// <summary>
/// Recognises the batches of other tools, which wrap the array of events in an object: <c>{"events":[…]}</c> or <c>{"batch":[…]}</c>, with
/// <c>sentAt</c> or other members of the batch beside it.
/// </summary>
public static class JsonBatch
{
    // The wrapper is a level of its own.
    const int ValueDepth = JsonSyntax.MaxDepth - 1;

    static ReadOnlySpan<byte> Mark => [0xef, 0xbb, 0xbf];

    /// <summary>Removes a byte order mark, which some tools write before UTF-8.</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> json) => json.StartsWith(Mark) ? json[Mark.Length..] : json;

    /// <summary>Unwraps a batch. Never throws.</summary>
    /// <param name="json">The message. Need not be valid UTF-8.</param>
    /// <param name="sentAt">When the batch was sent, in milliseconds since 1970 UTC; 0 if it does not say.</param>
    /// <returns>The array; the message as it is if it is anything else, valid or not.</returns>
    public static ReadOnlySpan<byte> Unwrap(ReadOnlySpan<byte> json, out long sentAt)
    {
        if (IsPlainEvent(json))
        {
            sentAt = 0;
            return json;
        }

        return Search(json, out sentAt);
    }

    // As programs write one event per message: a look at the first bytes.
    static bool IsPlainEvent(ReadOnlySpan<byte> json) =>
        json.StartsWith("{\"id\""u8) || json.StartsWith("{\"type\""u8) || json.StartsWith("{\"cartId\""u8) || json.StartsWith("{\"ts\""u8);

    static ReadOnlySpan<byte> Search(ReadOnlySpan<byte> json, out long sentAt)
    {
        sentAt = 0;
        var at = Next(json, JsonTokens.SkipSpace(json, 0), (byte)'{');
        // Few batches have other members, and no event has one of these names first: an event costs a look at its first name.
        if (at == JsonSyntax.None || !IsOfBatch(json, at))
        {
            return json;
        }

        var (array, sent) = (default(Range?), 0L);
        while (true)
        {
            var name = at;
            at = at < json.Length && json[at] == '"' ? JsonSyntax.EndOfString(json, at) : JsonSyntax.None;
            if (at == JsonSyntax.None)
            {
                return json;
            }

            var kind = KindOf(json[(name + 1)..(at - 1)]);
            var start = Next(json, JsonTokens.SkipSpace(json, at), (byte)':');
            at = start == JsonSyntax.None || start == json.Length ? JsonSyntax.None : JsonSyntax.EndOfValue(json, start, ValueDepth);
            if (at == JsonSyntax.None || kind == EnvelopeMember.OfEvent
                || (kind == EnvelopeMember.Events && (array is not null || json[start] != '[')))
            {
                return json;
            }

            array = kind == EnvelopeMember.Events ? start..at : array;
            sent = kind == EnvelopeMember.SentAt ? TimeOf(json[start..at]) : sent;
            at = JsonTokens.SkipSpace(json, at);
            if (Next(json, at, (byte)'}') is var end && end != JsonSyntax.None)
            {
                if (end != json.Length || array is not { } found)
                {
                    return json;
                }

                sentAt = sent;
                return json[found];
            }

            at = Next(json, at, (byte)',');
            if (at == JsonSyntax.None)
            {
                return json;
            }
        }
    }

    // The offset of what follows a byte.
    static int Next(ReadOnlySpan<byte> json, int at, byte expected) =>
        at < json.Length && json[at] == expected ? JsonTokens.SkipSpace(json, at + 1) : JsonSyntax.None;

    static bool IsOfBatch(ReadOnlySpan<byte> json, int name)
    {
        var end = name < json.Length && json[name] == '"' ? JsonSyntax.EndOfString(json, name) : JsonSyntax.None;
        return end != JsonSyntax.None && KindOf(json[(name + 1)..(end - 1)]) != EnvelopeMember.OfEvent;
    }

    static EnvelopeMember KindOf(ReadOnlySpan<byte> raw)
    {
        Span<byte> text = stackalloc byte[16];
        var length = JsonText.Unescape(raw, text);
        return EventEnvelope.KindOf(length > 0 ? text[..length] : default);
    }

    // Other values than times say nothing.
    static long TimeOf(ReadOnlySpan<byte> value)
    {
        if (value is [(byte)'"', .., (byte)'"'])
        {
            return EventTime.TryParse(value[1..^1], out var time) ? time : 0;
        }

        return Utf8Parser.TryParse(value, out double number, out var length) && length == value.Length && double.IsFinite(number)
            ? (long)Math.Clamp(number, -1e15, 1e15) : 0;
    }

    /// <summary>Returns whether an array has more elements than this; false for malformed JSON, whose elements cannot be counted.</summary>
    /// <param name="most">The number of elements.</param>
    /// <param name="json">The message. Need not be valid UTF-8.</param>
    /// <param name="position">The offset of the first element.</param>
    public static bool HasMoreThan(int most, ReadOnlySpan<byte> json, int position)
    {
        for (var count = 1; ; count++)
        {
            position = JsonSyntax.EndOfValue(json, position, JsonSyntax.MaxDepth - 1);
            position = position == JsonSyntax.None ? json.Length : JsonTokens.SkipSpace(json, position);
            if (position == json.Length || json[position] != ',')
            {
                return count > most && position < json.Length && json[position] == ']';
            }

            position = JsonTokens.SkipSpace(json, position + 1);
        }
    }
}
