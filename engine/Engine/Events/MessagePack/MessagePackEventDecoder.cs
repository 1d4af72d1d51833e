using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Events.MessagePack;

/// <summary>
/// Decodes and validates native MessagePack events: maps with the fields of the JSON form. Allocates nothing and reads each byte once.
/// Reads invalid events to their end, so that the rest of a batch is not lost. Unknown fields are kept as JSON. One thread at a time.
/// </summary>
sealed class MessagePackEventDecoder(EventBuilder builder)
{
    // JSON's 64 levels less one for the event and one for its meta, in which an unknown field must still fit when read again.
    const int Levels = 62;

    /// <summary>Problem reported if the bytes are not MessagePack.</summary>
    public static EventProblem Broken => new(EventErrorCode.InvalidMessagePack, "the message, or the rest of it, is not MessagePack");

    /// <summary>Decodes one value.</summary>
    /// <param name="message">The message that contains the value.</param>
    /// <param name="position">The value's start; its end afterwards unless the value is malformed.</param>
    /// <param name="receivedAt">When the event was received, in milliseconds since 1970 UTC.</param>
    /// <returns>The problem, if any; invalid_messagepack if and only if the value is malformed.</returns>
    public EventProblem Decode(ReadOnlySpan<byte> message, ref int position, long receivedAt)
    {
        var start = position;
        var reader = new MessagePackReader(message) { Position = start };
        if (reader.Read() != MessagePackKind.Map)
        {
            reader.Position = start;
            if (!reader.Skip())
            {
                return Broken;
            }

            position = reader.Position;
            return new EventProblem(EventErrorCode.InvalidEvent, "an event must be a map");
        }

        builder.Begin(receivedAt);
        for (var left = reader.Count; left > 0; left--)
        {
            if (!TryReadField(ref reader, message))
            {
                return Broken;
            }
        }

        position = reader.Position;
        return builder.Finish(message, position - start);
    }

    // This and the following methods return false for malformed bytes.
    bool TryReadField(ref MessagePackReader reader, ReadOnlySpan<byte> message)
    {
        if (!TryReadName(ref reader, out var name))
        {
            FailNames();
            return reader.Skip() && reader.Skip();
        }

        var field = EventFields.Parse(name);
        if (EventFields.IsKept(field))
        {
            return TryReadUnknown(ref reader, field, name);
        }

        var valueAt = reader.Position;
        if (reader.TryReadShortText(out var at, out var text) && TryTakeText(field, text, at))
        {
            return true;
        }

        reader.Position = valueAt;
        var kind = reader.Read();
        switch (kind)
        {
            case MessagePackKind.Broken:
                return false;
            case MessagePackKind.Array or MessagePackKind.Map when field == EventField.SentAt:
                reader.Position = valueAt;
                return reader.Skip();
            case not MessagePackKind.Text when field == EventField.SentAt:
                builder.SetSentAt(MessagePackBatch.TimeOf(kind, reader));
                return true;
            case MessagePackKind.Nil:
                return true;
            case MessagePackKind.Text:
                if (TryTakeText(field, reader.Content, reader.Start))
                {
                    return true;
                }

                break;
            case MessagePackKind.Map when field == EventField.Meta:
                return TryReadMeta(ref reader);
            default:
                if (TryTakeNumber(field, kind, reader))
                {
                    return true;
                }

                break;
        }

        builder.Fail(EventErrorCode.WrongType, field, MustBe(field));
        reader.Position = valueAt;
        return reader.Skip();
    }

    // Returns false if the field does not take text.
    bool TryTakeText(EventField field, ReadOnlySpan<byte> text, int at)
    {
        if (field is EventField.Quantity or EventField.Price or EventField.Meta)
        {
            return false;
        }

        if (!PlainText.IsUtf8(text))
        {
            builder.Fail(EventErrorCode.InvalidUtf8, field, "is not valid UTF-8");
            return true;
        }

        builder.SetText(field, text, at);
        return true;
    }

    // Returns false if the field does not take this kind of number.
    bool TryTakeNumber(EventField field, MessagePackKind kind, in MessagePackReader reader)
    {
        if (field == EventField.Timestamp && kind == MessagePackKind.Integer)
        {
            builder.SetTime(reader.Integer);
            return true;
        }

        if (field == EventField.Timestamp && kind == MessagePackKind.Extension)
        {
            return TryTakeTime(reader);
        }

        var number = reader.Real;
        switch (kind)
        {
            case MessagePackKind.Integer:
                number = reader.Integer;
                break;
            case MessagePackKind.Unsigned:
                number = (ulong)reader.Integer;
                break;
            case MessagePackKind.Single or MessagePackKind.Double:
                break;
            default:
                return false;
        }

        switch (field)
        {
            case EventField.Quantity:
                builder.SetQuantity(number);
                return true;
            case EventField.Price:
                builder.SetPrice(number);
                return true;
            case EventField.Timestamp:
                builder.SetTime(number);
                return true;
            default:
                return false;
        }
    }

    bool TryTakeTime(in MessagePackReader reader)
    {
        if (!MessagePackTime.TryRead(reader, out var seconds, out var nanoseconds))
        {
            return false;
        }

        builder.SetMoment(MessagePackTime.ToMilliseconds(seconds, nanoseconds));
        return true;
    }

    bool TryReadUnknown(ref MessagePackReader reader, EventField field, scoped ReadOnlySpan<byte> name)
    {
        var kept = builder.Meta.Fields;
        var before = kept.Length;
        if (!TryKeepField(ref reader, field, name, kept, isMeta: false))
        {
            return false;
        }

        // A null field counts as absent.
        if (kept.Length > before && kept.Text.EndsWith(":null"u8))
        {
            kept.Truncate(before);
        }

        return true;
    }

    bool TryReadMeta(ref MessagePackReader reader)
    {
        for (var left = reader.Count; left > 0; left--)
        {
            if (TryReadName(ref reader, out var name))
            {
                if (!TryKeepField(ref reader, EventFields.Parse(name), name, builder.Meta.Members, isMeta: true))
                {
                    return false;
                }
            }
            else
            {
                FailNames();
                if (!(reader.Skip() && reader.Skip()))
                {
                    return false;
                }
            }
        }

        return true;
    }

    // Keeps a field as JSON. A device or a source also describes the shopper: by its text, or by the text that binary or a timestamp is in JSON.
    bool TryKeepField(ref MessagePackReader reader, EventField field, scoped ReadOnlySpan<byte> name, TextBuffer kept, bool isMeta)
    {
        var before = kept.Length;
        if (before > 0)
        {
            kept.Write((byte)',');
        }

        var error = MessagePackJson.WriteText(name, kept);
        kept.Write((byte)':');
        var valueAt = kept.Length;
        var isContext = field is EventField.Device or EventField.Source;
        var isText = TextAhead(isContext, reader, out var text);
        var (from, replaced) = (reader.Position, kept.ReplacedNumbers);
        if (!TryKeepValue(ref reader, kept, before, error))
        {
            return false;
        }

        if (field >= EventField.Items && kept.Length > valueAt)
        {
            var isMoney = kept.ReplacedNumbers != replaced && field is (EventField.Items or EventField.Value);
            builder.SetMetaField(field, isMoney ? MessagePackJson.Marked(reader, from, Levels) : kept.Text[valueAt..], isMeta);
        }

        if (isText || (isContext && TryGetKeptText(kept, valueAt, out text)))
        {
            if (isMeta)
            {
                builder.SetMetaContext(field, text);
            }
            else
            {
                builder.SetContext(field, text);
            }
        }

        return true;
    }

    // Returns false, before the name, if it is not a string.
    static bool TryReadName(ref MessagePackReader reader, out ReadOnlySpan<byte> name)
    {
        if (reader.TryReadShortText(out var at, out name))
        {
            return true;
        }

        at = reader.Position;
        if (reader.Read() == MessagePackKind.Text)
        {
            name = reader.Content;
            return true;
        }

        reader.Position = at;
        return false;
    }

    // The reader is a copy: the value is read again when it is kept.
    static bool TextAhead(bool isContext, MessagePackReader reader, out ReadOnlySpan<byte> text)
    {
        var isText = isContext && reader.Read() == MessagePackKind.Text;
        text = isText ? reader.Content : default;
        return isText;
    }

    static bool TryGetKeptText(TextBuffer kept, int valueAt, out ReadOnlySpan<byte> text)
    {
        var isText = kept.Length > valueAt + 1 && kept.Text[valueAt] == '"';
        text = isText ? kept.Text[(valueAt + 1)..^1] : default;
        return isText;
    }

    // Keeps the next value as JSON; if that fails, removes the partial JSON and skips the value.
    bool TryKeepValue(ref MessagePackReader reader, TextBuffer kept, int before, EventErrorCode error)
    {
        var valueAt = reader.Position;
        if (error == EventErrorCode.None)
        {
            error = MessagePackJson.Write(ref reader, kept, builder.MaxLength, Levels);
        }

        switch (error)
        {
            case EventErrorCode.None:
                if (builder.IsMetaTooLong)
                {
                    kept.Truncate(before);
                    builder.SetTooLarge();
                }

                return true;
            case EventErrorCode.InvalidMessagePack:
                return false;
            case EventErrorCode.EventTooLarge:
                builder.SetTooLarge();
                break;
            case EventErrorCode.InvalidUtf8:
                builder.Fail(error, "a text is not valid UTF-8");
                break;
            default:
                builder.Fail(error, "the event is nested too deeply, or contains a value that JSON cannot represent");
                break;
        }

        kept.Truncate(before);
        reader.Position = valueAt;
        return reader.Skip();
    }

    void FailNames() => builder.Fail(EventErrorCode.InvalidEvent, "the names of fields must be strings");

    static string MustBe(EventField field) => field switch
    {
        EventField.Quantity or EventField.Price => "must be a number",
        EventField.Timestamp => "must be a number, a string or a timestamp",
        EventField.Meta => "must be a map",
        _ => "must be a string",
    };
}
