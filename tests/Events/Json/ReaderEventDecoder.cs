using System.Text.Json;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Tests.Events.Json;

/// <summary>The reference for the JSON decoder: decodes events with the framework's reader, which throws for malformed JSON.</summary>
sealed class ReaderEventDecoder(EventBuilder builder)
{
    // Maximum depth of an unknown field: one less than the reader's, because it is read again inside meta.
    const int DeepestField = 63;

    readonly EventBuilder _event = builder;
    readonly byte[] _unescaped = new byte[EventSlab.MaxIdLength];

    // The offset in the message at which the reader starts.
    int _start;

    /// <summary>Decodes the value at a position in a message.</summary>
    public EventProblem Decode(ReadOnlySpan<byte> json, ref int position, long receivedAt)
    {
        var reader = new Utf8JsonReader(json[position..]);
        try
        {
            reader.Read();
            _start = position;
            var problem = Read(ref reader, json, receivedAt);
            position += (int)reader.BytesConsumed;
            return problem;
        }
        catch (JsonException)
        {
            return JsonEventDecoder.Malformed;
        }
    }

    // The reader moves from the first to the last token of the value.
    EventProblem Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, long receivedAt)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return new EventProblem(EventErrorCode.InvalidEvent, "an event must be a JSON object");
        }

        var read = json[_start..];
        _event.Begin(receivedAt);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var nameAt = (int)reader.TokenStartIndex;
            var field = EventFields.Parse(Text(ref reader));
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null)
            {
                continue;
            }

            var valueAt = (int)reader.TokenStartIndex;
            ReadValue(ref reader, field);
            if (field is EventField.Other or EventField.Device or EventField.Source)
            {
                _event.Meta.AddField(read[nameAt..(int)reader.BytesConsumed]);
            }
            else if (field == EventField.Meta && read[valueAt] == '{')
            {
                _event.Meta.AddMembers(read[(valueAt + 1)..((int)reader.BytesConsumed - 1)]);
            }
        }

        return _event.Finish(json, (int)reader.BytesConsumed);
    }

    void ReadValue(ref Utf8JsonReader reader, EventField field)
    {
        switch (field)
        {
            case EventField.Id or EventField.CartId or EventField.UserId or EventField.SessionId or EventField.ProductId:
                ReadId(ref reader, field);
                break;
            case EventField.Type:
                if (Expect(ref reader, JsonTokenType.String, field, "must be a string"))
                {
                    _event.SetType(Text(ref reader));
                }

                break;
            case EventField.StoreId:
                if (Expect(ref reader, JsonTokenType.String, field, "must be a string"))
                {
                    _event.SetStore(Text(ref reader));
                }

                break;
            case EventField.Quantity:
                if (Expect(ref reader, JsonTokenType.Number, field, "must be a number"))
                {
                    _event.SetQuantity(reader.TryGetInt32(out var whole) ? whole : Number(ref reader));
                }

                break;
            case EventField.Price:
                if (Expect(ref reader, JsonTokenType.Number, field, "must be a number"))
                {
                    _event.SetPrice(Number(ref reader));
                }

                break;
            case EventField.Currency:
                if (Expect(ref reader, JsonTokenType.String, field, "must be a string"))
                {
                    _event.SetCurrency(Text(ref reader));
                }

                break;
            case EventField.Timestamp:
                ReadTimestamp(ref reader);
                break;
            case EventField.Meta:
                if (Expect(ref reader, JsonTokenType.StartObject, field, "must be an object"))
                {
                    ReadMeta(ref reader);
                }

                break;
            default:
                ReadField(ref reader, field);
                break;
        }
    }

    // Unknown fields belong to the shop and are not an error.
    void ReadMeta(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = EventFields.Parse(Text(ref reader));
            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
            {
                _event.SetMetaContext(field, Text(ref reader));
            }
            else
            {
                reader.Skip();
            }
        }
    }

    void ReadField(ref Utf8JsonReader reader, EventField field)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            _event.SetContext(field, Text(ref reader));
            return;
        }

        var depth = reader.CurrentDepth;
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            do
            {
                if (reader.CurrentDepth == DeepestField && (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray))
                {
                    _event.Fail(EventErrorCode.InvalidEvent, "the event is nested too deeply");
                }

                reader.Read();
            }
            while (reader.CurrentDepth > depth);
        }
    }

    void ReadId(ref Utf8JsonReader reader, EventField field)
    {
        if (!Expect(ref reader, JsonTokenType.String, field, "must be a string"))
        {
            return;
        }

        var raw = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
        {
            _event.SetId(field, _start + (int)reader.TokenStartIndex + 1, raw.Length);
            return;
        }

        switch (JsonText.Unescape(raw, _event.RoomFor(field)))
        {
            case JsonText.TooLong:
                _event.FailIdTooLong(field);
                break;
            case JsonText.HalfCharacter:
                _event.Fail(EventErrorCode.InvalidUtf8, field, "has an unpaired surrogate escape");
                break;
            case var length:
                _event.SetUnescapedId(field, length);
                break;
        }
    }

    // Reads a string to compare with known names, all shorter than an id; empty if it cannot be one of them.
    ReadOnlySpan<byte> Text(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan;
        }

        var length = JsonText.Unescape(reader.ValueSpan, _unescaped);
        return length < 0 ? default : _unescaped.AsSpan(0, length);
    }

    // A number with too many digits to parse is out of every range.
    static double Number(ref Utf8JsonReader reader) => reader.TryGetDouble(out var number) ? number : double.PositiveInfinity;

    void ReadTimestamp(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                _event.SetTime(Text(ref reader));
                break;
            case JsonTokenType.Number when reader.TryGetInt64(out var time):
                _event.SetTime(time);
                break;
            case JsonTokenType.Number:
                _event.SetTime(Number(ref reader));
                break;
            default:
                Expect(ref reader, JsonTokenType.Number, EventField.Timestamp, "must be a number or a string");
                break;
        }
    }

    bool Expect(ref Utf8JsonReader reader, JsonTokenType token, EventField field, string what)
    {
        if (reader.TokenType == token)
        {
            return true;
        }

        _event.Fail(EventErrorCode.WrongType, field, what);
        reader.Skip();
        return false;
    }
}
