using System.Text.Json;

namespace CartRecovery.Engine.Events;

/// <summary>
/// Decodes and validates native events, one at a time, into <see cref="Record"/> and the texts beside it. It allocates nothing, and
/// reads an event to its end even when it is wrong, so that its neighbours in a batch are not lost. One thread at a time.
/// </summary>
public sealed class EventDecoder(EventRules rules)
{
    // How far in an object or array of an unknown field may begin: it is one level further in when it is read again as meta.
    const int DeepestField = 63;

    readonly EventIds _ids = new();
    readonly byte[] _unescaped = new byte[EventSlab.MaxIdLength];
    readonly MetaText _meta = new();
    EventRecord _record;
    bool _hasTimestamp;
    bool _hasDevice;
    bool _hasSource;
    EventProblem _problem;

    /// <summary>The event last decoded; its text lengths are set, its text offset is not.</summary>
    public ref readonly EventRecord Record => ref _record;

    /// <summary>
    /// Reads one value, which starts at the reader's current token, to its end. Malformed JSON throws <see cref="JsonException"/>;
    /// an event that is well-formed and wrong comes back as a problem.
    /// </summary>
    /// <param name="reader">On the first token of the value; on its last one afterwards.</param>
    /// <param name="json">All that the reader reads.</param>
    /// <param name="receivedAt">When the event arrived, in milliseconds since 1970 UTC.</param>
    public EventProblem Decode(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, long receivedAt)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return new EventProblem(EventErrorCode.InvalidEvent, "an event is a JSON object");
        }

        var start = reader.TokenStartIndex;
        _record = default;
        _record.Quantity = 1;
        _record.Store = rules.StoreIndex;
        _ids.Clear();
        _meta.Clear();
        _hasTimestamp = _hasDevice = _hasSource = false;
        _problem = default;

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
            ReadValue(ref reader, field, receivedAt);
            if (field is EventField.Other or EventField.Device or EventField.Source)
            {
                _meta.AddField(json[nameAt..(int)reader.BytesConsumed]);
            }
            else if (field == EventField.Meta && json[valueAt] == '{')
            {
                _meta.AddMembers(json[(valueAt + 1)..((int)reader.BytesConsumed - 1)]);
            }
        }

        if (reader.BytesConsumed - start > rules.MaxEventBytes)
        {
            return new EventProblem(EventErrorCode.EventTooLarge, "the event is longer than limits.event");
        }

        return _problem.IsError ? _problem : Finish();
    }

    /// <summary>Copies the event last decoded to the end of a slab that has room.</summary>
    /// <returns>The event in the slab.</returns>
    public ref EventRecord AppendTo(EventSlab slab)
    {
        ref var record = ref slab.Append(_record, out var target);
        _meta.CopyTo(_ids.CopyTo(target));
        return ref record;
    }

    void ReadValue(ref Utf8JsonReader reader, EventField field, long receivedAt)
    {
        switch (field)
        {
            case EventField.Id or EventField.CartId or EventField.UserId or EventField.SessionId or EventField.ProductId:
                ReadText(ref reader, field);
                break;
            case EventField.Type:
                ReadType(ref reader);
                break;
            case EventField.StoreId:
                if (Expect(ref reader, JsonTokenType.String, field, "a string") && !Text(ref reader).SequenceEqual(rules.StoreId))
                {
                    Fail(EventErrorCode.ForeignStore, "'storeId' is not the store of the key");
                }

                break;
            case EventField.Quantity:
                ReadQuantity(ref reader);
                break;
            case EventField.Price:
                ReadPrice(ref reader);
                break;
            case EventField.Currency:
                ReadCurrency(ref reader);
                break;
            case EventField.Timestamp:
                ReadTimestamp(ref reader, receivedAt);
                break;
            case EventField.Meta:
                if (Expect(ref reader, JsonTokenType.StartObject, field, "an object"))
                {
                    ReadMeta(ref reader);
                }

                break;
            default:
                ReadField(ref reader, field);
                break;
        }
    }

    void ReadMeta(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = EventFields.Parse(Text(ref reader));
            reader.Read();

            // The event's own comes behind in its meta, and the later one counts.
            var isKnown = (field == EventField.Device && _hasDevice) || (field == EventField.Source && _hasSource);
            ReadContext(ref reader, isKnown ? EventField.Other : field);
        }
    }

    // What the engine does not know is the shop's own, and not wrong.
    void ReadContext(ref Utf8JsonReader reader, EventField field)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
        }
        else if (field == EventField.Device)
        {
            _record.Device = ShopperContext.ParseDevice(Text(ref reader));
        }
        else if (field == EventField.Source)
        {
            _record.Source = ShopperContext.ParseSource(Text(ref reader));
        }
    }

    void ReadField(ref Utf8JsonReader reader, EventField field)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            ReadContext(ref reader, field);
            _hasDevice |= field == EventField.Device;
            _hasSource |= field == EventField.Source;
            return;
        }

        var depth = reader.CurrentDepth;
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            do
            {
                if (reader.CurrentDepth == DeepestField && (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray))
                {
                    Fail(EventErrorCode.InvalidEvent, "the event is nested too deeply");
                }

                reader.Read();
            }
            while (reader.CurrentDepth > depth);
        }
    }

    void ReadText(ref Utf8JsonReader reader, EventField field)
    {
        if (!Expect(ref reader, JsonTokenType.String, field, "a string"))
        {
            return;
        }

        switch (_ids.Read(ref reader, field))
        {
            case JsonText.TooLong:
                Fail(EventErrorCode.IdTooLong, field, "is longer than 64 bytes of UTF-8");
                break;
            case JsonText.HalfCharacter:
                Fail(EventErrorCode.InvalidUtf8, field, "has an escape that is half a character");
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

    void ReadType(ref Utf8JsonReader reader)
    {
        if (!Expect(ref reader, JsonTokenType.String, EventField.Type, "a string"))
        {
            return;
        }

        _record.Type = EventTypes.Parse(Text(ref reader));
        if (_record.Type == EventType.None)
        {
            Fail(EventErrorCode.UnknownType, "'type' is not an event type; see the README for the list");
        }
    }

    void ReadQuantity(ref Utf8JsonReader reader)
    {
        if (!Expect(ref reader, JsonTokenType.Number, EventField.Quantity, "a whole number"))
        {
            return;
        }

        if (!EventNumbers.TryReadQuantity(ref reader, out _record.Quantity))
        {
            Fail(EventErrorCode.OutOfRange, "'quantity' must be a whole number from 1 to 100,000");
        }
    }

    void ReadPrice(ref Utf8JsonReader reader)
    {
        if (!Expect(ref reader, JsonTokenType.Number, EventField.Price, "a number"))
        {
            return;
        }

        if (EventNumbers.TryReadPrice(ref reader, out _record.Price))
        {
            _record.Flags |= EventFlags.HasPrice;
        }
        else
        {
            Fail(EventErrorCode.OutOfRange, "'price' must be from 0 to 1,000,000,000");
        }
    }

    void ReadCurrency(ref Utf8JsonReader reader)
    {
        if (!Expect(ref reader, JsonTokenType.String, EventField.Currency, "a string"))
        {
            return;
        }

        _record.Currency = CurrencyCode.Parse(Text(ref reader));
        if (_record.Currency == 0)
        {
            Fail(EventErrorCode.OutOfRange, "'currency' must be the three letters of an ISO 4217 code");
        }
    }

    void ReadTimestamp(ref Utf8JsonReader reader, long receivedAt)
    {
        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String))
        {
            Expect(ref reader, JsonTokenType.Number, EventField.Timestamp, "a number or a string");
            return;
        }

        var time = 0L;
        if (reader.TokenType == JsonTokenType.Number)
        {
            time = EventTime.FromNumber(ref reader);
        }
        else if (!EventTime.TryFromText(ref reader, Text(ref reader), out time))
        {
            Fail(EventErrorCode.InvalidTimestamp, "'ts' must be milliseconds since 1970 or RFC 3339 with a zone");
            return;
        }

        var clamped = Math.Clamp(time, receivedAt - rules.PastMilliseconds, receivedAt + rules.FutureMilliseconds);
        if (clamped != time)
        {
            _record.Flags |= EventFlags.Clamped;
        }

        _record.Timestamp = clamped;
        _hasTimestamp = true;
    }

    EventProblem Finish()
    {
        var missing = _ids[EventField.Id].IsEmpty ? EventField.Id
            : _record.Type == EventType.None ? EventField.Type
            : _ids[EventField.CartId].IsEmpty ? EventField.CartId
            : !_hasTimestamp ? EventField.Timestamp : EventField.Other;
        if (missing != EventField.Other)
        {
            return new(EventErrorCode.MissingField, $"'{EventFields.NameOf(missing)}' is missing; an event needs id, type, cartId and ts");
        }

        EventKeys.Set(
            ref _record, rules.Seed, _ids[EventField.Id], _ids[EventField.CartId], _ids[EventField.UserId], _ids[EventField.SessionId],
            _ids[EventField.ProductId]);
        _record.MetaLength = _meta.Length;
        if (rules.Verified)
        {
            _record.Flags |= EventFlags.Verified;
        }

        return default;
    }

    bool Expect(ref Utf8JsonReader reader, JsonTokenType token, EventField field, string what)
    {
        if (reader.TokenType == token)
        {
            return true;
        }

        Fail(EventErrorCode.WrongType, field, what);
        reader.Skip();
        return false;
    }

    void Fail(EventErrorCode error, EventField field, string what) =>
        Fail(error, error == EventErrorCode.WrongType ? $"'{EventFields.NameOf(field)}' must be {what}" : $"'{EventFields.NameOf(field)}' {what}");

    // The first problem is the one that is told.
    void Fail(EventErrorCode error, string message)
    {
        if (!_problem.IsError)
        {
            _problem = new EventProblem(error, message);
        }
    }
}
