using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Unicode;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Events.MessagePack;

/// <summary>
/// Converts MessagePack to equivalent JSON on one line: binary becomes base64, a time RFC 3339, and a number that JSON lacks null.
/// </summary>
static class MessagePackJson
{
    const int MaxNumberLength = 32;

    // The depth JSON readers accept, and the maximum length kept of a rejected message.
    const int MaxLevels = 64;
    const int MaxRejectedLength = 4 << 20;

    static readonly SearchValues<byte> s_escaped = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(c => (byte)c), (byte)'"', (byte)'\\']);

    /// <summary>Converts the next value.</summary>
    /// <param name="reader">Positioned before the value. On failure, its position within the value is undefined.</param>
    /// <param name="json">Receives the JSON. On failure, holds a partial value.</param>
    /// <param name="limit">Maximum length of <paramref name="json"/>; conversion stops once a value exceeds it.</param>
    /// <param name="levels">Maximum nesting of arrays and maps.</param>
    /// <returns>None on success; else invalid_messagepack, invalid_utf8, invalid_event (not representable in JSON, or nested too deeply)
    /// or event_too_large (over the limit).</returns>
    public static EventErrorCode Write(ref MessagePackReader reader, TextBuffer json, int limit, int levels)
    {
        if (json.Length > limit)
        {
            return EventErrorCode.EventTooLarge;
        }

        if (reader.TryReadShortText(out _, out var text))
        {
            return WriteText(text, json);
        }

        switch (reader.Read())
        {
            case MessagePackKind.Nil:
                json.Write("null"u8);
                return EventErrorCode.None;
            case MessagePackKind.Boolean:
                json.Write(reader.Integer == 0 ? "false"u8 : "true"u8);
                return EventErrorCode.None;
            case MessagePackKind.Integer:
                return WriteNumber(reader.Integer, json);
            case MessagePackKind.Unsigned:
                return WriteNumber((ulong)reader.Integer, json);
            case MessagePackKind.Single:
                return WriteReal((float)reader.Real, json);
            case MessagePackKind.Double:
                return WriteReal(reader.Real, json);
            case MessagePackKind.Text:
                return WriteText(reader.Content, json);
            case MessagePackKind.Binary:
                WriteBinary(reader.Content, json);
                return EventErrorCode.None;
            case MessagePackKind.Array:
                return levels == 0 ? EventErrorCode.InvalidEvent : WriteArray(ref reader, json, limit, levels - 1);
            case MessagePackKind.Map:
                return levels == 0 ? EventErrorCode.InvalidEvent : WriteMap(ref reader, json, limit, levels - 1);
            case MessagePackKind.Extension:
                return WriteTime(reader, json);
            default:
                return EventErrorCode.InvalidMessagePack;
        }
    }

    /// <summary>Converts a whole message.</summary>
    /// <param name="message">Exactly one value.</param>
    /// <param name="json">Receives the JSON; must be empty.</param>
    /// <returns><see langword="false"/> if JSON cannot represent the message within a readable length.</returns>
    public static bool TryWriteWhole(ReadOnlySpan<byte> message, TextBuffer json)
    {
        var reader = new MessagePackReader(message);
        return Write(ref reader, json, MaxRejectedLength, MaxLevels) == EventErrorCode.None && reader.Position == message.Length;
    }

    /// <summary>Converts a value; numbers that JSON lacks become one out of every range, which a reader refuses.</summary>
    /// <param name="reader">The reader; a copy.</param>
    /// <param name="from">The value's position.</param>
    /// <param name="levels">Maximum nesting of arrays and maps.</param>
    public static ReadOnlySpan<byte> Marked(MessagePackReader reader, int from, int levels)
    {
        reader.Position = from;
        var marked = new TextBuffer { MarksReplacedNumbers = true };
        _ = Write(ref reader, marked, int.MaxValue, levels);
        return marked.Text;
    }

    /// <summary>Writes a text with quotes.</summary>
    /// <returns>None, or invalid_utf8.</returns>
    public static EventErrorCode WriteText(ReadOnlySpan<byte> text, TextBuffer json)
    {
        if (PlainText.IsPlain(text))
        {
            var target = json.Reserve(text.Length + 2);
            target[0] = (byte)'"';
            text.CopyTo(target[1..]);
            target[text.Length + 1] = (byte)'"';
            json.Advance(text.Length + 2);
            return EventErrorCode.None;
        }

        if (!Utf8.IsValid(text))
        {
            return EventErrorCode.InvalidUtf8;
        }

        json.Write((byte)'"');
        while (text.IndexOfAny(s_escaped) is var at and >= 0)
        {
            json.Write(text[..at]);
            WriteEscaped(text[at], json);
            text = text[(at + 1)..];
        }

        json.Write(text);
        json.Write((byte)'"');
        return EventErrorCode.None;
    }

    static EventErrorCode WriteArray(ref MessagePackReader reader, TextBuffer json, int limit, int levels)
    {
        json.Write((byte)'[');
        for (var left = reader.Count; left > 0; left--)
        {
            if (Write(ref reader, json, limit, levels) is var error and not EventErrorCode.None)
            {
                return error;
            }

            if (left > 1)
            {
                json.Write((byte)',');
            }
        }

        json.Write((byte)']');
        return EventErrorCode.None;
    }

    static EventErrorCode WriteMap(ref MessagePackReader reader, TextBuffer json, int limit, int levels)
    {
        json.Write((byte)'{');
        for (var left = reader.Count; left > 0; left--)
        {
            switch (reader.Read())
            {
                case MessagePackKind.Text:
                    break;
                case MessagePackKind.Broken:
                    return EventErrorCode.InvalidMessagePack;
                default:
                    return EventErrorCode.InvalidEvent;
            }

            if (WriteText(reader.Content, json) is var wrong and not EventErrorCode.None)
            {
                return wrong;
            }

            json.Write((byte)':');
            if (Write(ref reader, json, limit, levels) is var error and not EventErrorCode.None)
            {
                return error;
            }

            if (left > 1)
            {
                json.Write((byte)',');
            }
        }

        json.Write((byte)'}');
        return EventErrorCode.None;
    }

    static EventErrorCode WriteNumber<T>(T number, TextBuffer json)
        where T : IUtf8SpanFormattable
    {
        number.TryFormat(json.Reserve(MaxNumberLength), out var length, default, CultureInfo.InvariantCulture);
        json.Advance(length);
        return EventErrorCode.None;
    }

    static EventErrorCode WriteReal<T>(T number, TextBuffer json)
        where T : IUtf8SpanFormattable, System.Numerics.IFloatingPoint<T>
    {
        if (T.IsFinite(number))
        {
            return WriteNumber(number, json);
        }

        json.ReplacedNumbers++;
        json.Write(json.MarksReplacedNumbers ? "1e999"u8 : "null"u8);
        return EventErrorCode.None;
    }

    static void WriteBinary(ReadOnlySpan<byte> bytes, TextBuffer json)
    {
        json.Write((byte)'"');
        Base64.EncodeToUtf8(bytes, json.Reserve(Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out var length);
        json.Advance(length);
        json.Write((byte)'"');
    }

    static EventErrorCode WriteTime(in MessagePackReader reader, TextBuffer json)
    {
        var target = json.Reserve(MessagePackTime.MaxText + 2);
        if (!MessagePackTime.TryRead(reader, out var seconds, out var nanoseconds)
            || !MessagePackTime.TryFormat(seconds, nanoseconds, target[1..], out var length))
        {
            return EventErrorCode.InvalidEvent;
        }

        target[0] = target[length + 1] = (byte)'"';
        json.Advance(length + 2);
        return EventErrorCode.None;
    }

    static void WriteEscaped(byte character, TextBuffer json)
    {
        var target = json.Reserve(6);
        target[0] = (byte)'\\';
        var letter = character switch
        {
            (byte)'\b' => 'b',
            (byte)'\f' => 'f',
            (byte)'\n' => 'n',
            (byte)'\r' => 'r',
            (byte)'\t' => 't',
            (byte)'"' or (byte)'\\' => (char)character,
            _ => 'u',
        };
        target[1] = (byte)letter;
        if (letter == 'u')
        {
            character.TryFormat(target[2..], out _, "x4", CultureInfo.InvariantCulture);
            json.Advance(6);
        }
        else
        {
            json.Advance(2);
        }
    }
}
