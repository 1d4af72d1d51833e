using System.Text.Json;

namespace CartRecovery.Engine.Events.Json;

/// <summary>
/// Decodes and validates native events in JSON, one at a time, into <see cref="Record"/> and the texts beside it: in one pass by
/// <see cref="JsonEventScanner"/>, or, where that declines, by the framework's reader. It allocates nothing, and reads an event to its end even
/// when it is wrong, so that its neighbours in a batch are not lost. One thread at a time.
/// </summary>
public sealed class JsonEventDecoder
{
    // How far in an object or array of an unknown field may begin: it is one level further in when it is read again as meta.
    const int DeepestField = 63;

    readonly EventBuilder _event;
    readonly JsonEventScanner _scanner;
    readonly byte[] _unescaped = new byte[EventSlab.MaxIdLength];

    // Where in the message the part begins that the reader reads.
    int _start;

    /// <param name="rules">What events are held to.</param>
    public JsonEventDecoder(EventRules rules)
        : this(new EventBuilder(rules))
    {
    }

    internal JsonEventDecoder(EventBuilder builder)
    {
        _event = builder;
        _scanner = new JsonEventScanner(builder);
    }

    /// <summary>The event last decoded; its text lengths are set, its text offset is not.</summary>
    public ref readonly EventRecord Record => ref _event.Record;

    /// <summary>What is told of a message, or the rest of one, that is no JSON.</summary>
    public static EventProblem Malformed { get; } = new(EventErrorCode.InvalidJson, "the message, or the rest of it, is not JSON");

    /// <summary>Reads a message that is one event.</summary>
    /// <param name="json">The whole message: valid UTF-8.</param>
    /// <param name="receivedAt">When it arrived, in milliseconds since 1970 UTC.</param>
    /// <returns>What is wrong with it, if anything.</returns>
    public EventProblem Decode(ReadOnlySpan<byte> json, long receivedAt)
    {
        var position = JsonTokens.SkipSpace(json, 0);
        var problem = Decode(json, ref position, receivedAt);
        return problem.Error == EventErrorCode.InvalidJson || JsonTokens.SkipSpace(json, position) == json.Length ? problem : Malformed;
    }

    /// <summary>
    /// Reads the value that begins at a place in a message, to its end. What is no JSON is <see cref="EventErrorCode.InvalidJson"/>, and the
    /// position stays: nobody knows where it ends. Of a value that is well-formed and wrong, the problem is told.
    /// </summary>
    /// <param name="json">The message: valid UTF-8.</param>
    /// <param name="position">Where the value begins; behind it afterwards.</param>
    /// <param name="receivedAt">When it arrived, in milliseconds since 1970 UTC.</param>
    /// <returns>What is wrong with it, if anything.</returns>
    public EventProblem Decode(ReadOnlySpan<byte> json, ref int position, long receivedAt)
    {
        var end = _scanner.Scan(json, position, receivedAt, out var problem);
        if (end != JsonEventScanner.Declined)
        {
            position = end;
            return problem;
        }

        return DecodeByReader(json, ref position, receivedAt);
    }

    /// <summary>The same, by the framework's reader.</summary>
    internal EventProblem DecodeByReader(ReadOnlySpan<byte> json, ref int position, long receivedAt)
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
            return Malformed;
        }
    }

    /// <summary>Copies the event last decoded to the end of a slab that has room.</summary>
    /// <param name="slab">The slab.</param>
    /// <param name="json">The message that it is in.</param>
    /// <returns>The event in the slab.</returns>
    public ref EventRecord AppendTo(EventSlab slab, ReadOnlySpan<byte> json) => ref _event.AppendTo(slab, json);

    // The reader is on the first token of the value; on its last one afterwards.
    EventProblem Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, long receivedAt)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return new EventProblem(EventErrorCode.InvalidEvent, "an event is a JSON object");
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
                if (Expect(ref reader, JsonTokenType.Number, field, "must be a whole number"))
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

    // What the engine does not know is the shop's own, and not wrong.
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
                _event.Fail(EventErrorCode.InvalidUtf8, field, "has an escape that is half a character");
                break;
            case var length:
                _event.SetUnescapedId(field, length);
                break;
        }
    }

    // A string that is compared with what the engine knows, all of which is shorter than an id; nothing if it is none of that.
    ReadOnlySpan<byte> Text(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan;
        }

        var length = JsonText.Unescape(reader.ValueSpan, _unescaped);
        return length < 0 ? default : _unescaped.AsSpan(0, length);
    }

    // A number of too many digits to be read is out of every range.
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
