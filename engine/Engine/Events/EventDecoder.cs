using System.Text.Json;

namespace CartRecovery.Engine.Events;

/// <summary>
/// Decodes and validates native events, one at a time, into <see cref="Record"/> and the texts beside it. It allocates nothing, and
/// reads an event to its end even when it is wrong, so that its neighbours in a batch are not lost. One thread at a time.
/// </summary>
public sealed class EventDecoder(EventRules rules)
{
    const int TextFields = (int)EventField.ProductId;
    const ulong CustomerSeed = 0x9e3779b97f4a7c15;

    readonly byte[] _texts = new byte[TextFields * EventSlab.MaxIdLength];
    readonly byte[] _lengths = new byte[TextFields];
    readonly byte[] _unescaped = new byte[EventSlab.MaxIdLength];
    EventRecord _record;
    bool _hasTimestamp;
    EventProblem _problem;

    /// <summary>The event last decoded; its text lengths are set, its text offset is not.</summary>
    public ref readonly EventRecord Record => ref _record;

    /// <summary>
    /// Reads one value, which starts at the reader's current token, to its end. Malformed JSON throws <see cref="JsonException"/>;
    /// an event that is well-formed and wrong comes back as a problem.
    /// </summary>
    /// <param name="reader">On the first token of the value; on its last one afterwards.</param>
    /// <param name="receivedAt">When the event arrived, in milliseconds since 1970 UTC.</param>
    public EventProblem Decode(ref Utf8JsonReader reader, long receivedAt)
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
        Array.Clear(_lengths);
        _hasTimestamp = false;
        _problem = default;

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = EventFields.Parse(Text(ref reader));
            reader.Read();
            ReadValue(ref reader, field, receivedAt);
        }

        if (reader.BytesConsumed - start > rules.MaxEventBytes)
        {
            return new EventProblem(EventErrorCode.EventTooLarge, "the event is longer than limits.event");
        }

        return _problem.IsError ? _problem : Finish();
    }

    /// <summary>Copies the event last decoded to the end of a slab that has room.</summary>
    public void AppendTo(EventSlab slab)
    {
        ref var record = ref slab.Records[slab.Count++];
        record = _record;
        record.TextOffset = slab.TextLength;
        var target = slab.Text.AsSpan(slab.TextLength);
        for (var cell = 0; cell < TextFields; cell++)
        {
            var text = Cell(cell);
            text.CopyTo(target);
            target = target[text.Length..];
            slab.TextLength += text.Length;
        }
    }

    ReadOnlySpan<byte> Cell(int cell) => _texts.AsSpan(cell * EventSlab.MaxIdLength, _lengths[cell]);

    ReadOnlySpan<byte> Text(EventField field) => Cell((int)field - 1);

    void ReadValue(ref Utf8JsonReader reader, EventField field, long receivedAt)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

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
            case EventField.Device or EventField.Source:
                ReadContext(ref reader, field);
                break;
            default:
                reader.Skip();
                break;
        }
    }

    void ReadMeta(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = EventFields.Parse(Text(ref reader));
            reader.Read();
            ReadContext(ref reader, field);
        }
    }

    // meta is the shop's own: what the engine does not know there is not wrong.
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

    void ReadText(ref Utf8JsonReader reader, EventField field)
    {
        if (!Expect(ref reader, JsonTokenType.String, field, "a string"))
        {
            return;
        }

        var cell = (int)field - 1;
        var target = _texts.AsSpan(cell * EventSlab.MaxIdLength, EventSlab.MaxIdLength);
        var raw = reader.ValueSpan;
        var length = reader.ValueIsEscaped ? JsonText.Unescape(raw, target) : raw.TryCopyTo(target) ? raw.Length : JsonText.TooLong;
        switch (length)
        {
            case JsonText.TooLong:
                Fail(EventErrorCode.IdTooLong, field, "is longer than 64 bytes of UTF-8");
                break;
            case JsonText.HalfCharacter:
                Fail(EventErrorCode.InvalidUtf8, field, "has an escape that is half a character");
                break;
            default:
                _lengths[cell] = (byte)length;
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

        if (reader.TryGetInt32(out var quantity) && quantity is >= 1 and <= Money.MaxQuantity)
        {
            _record.Quantity = quantity;
        }
        else if (reader.TryGetDouble(out var real) && real is >= 1 and <= Money.MaxQuantity && Math.Floor(real) == real)
        {
            _record.Quantity = (int)real;
        }
        else
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

        if (reader.TryGetDouble(out var price) && price is >= 0 and <= Money.MaxPrice)
        {
            _record.Price = (long)Math.Round(price * Money.PerUnit);
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

        var code = Text(ref reader);
        if (code.Length == 3 && char.IsAsciiLetter((char)code[0]) && char.IsAsciiLetter((char)code[1]) && char.IsAsciiLetter((char)code[2]))
        {
            _record.Currency = (uint)((code[0] | code[1] << 8 | code[2] << 16) & 0xdfdfdf);
        }
        else
        {
            Fail(EventErrorCode.OutOfRange, "'currency' must be the three letters of an ISO 4217 code");
        }
    }

    void ReadTimestamp(ref Utf8JsonReader reader, long receivedAt)
    {
        long time;
        if (reader.TokenType == JsonTokenType.Number)
        {
            time = EventTime.FromNumber(ref reader);
        }
        else if (reader.TokenType == JsonTokenType.String)
        {
            if (!EventTime.TryFromText(ref reader, Text(ref reader), out time))
            {
                Fail(EventErrorCode.InvalidTimestamp, "'ts' must be milliseconds since 1970 or RFC 3339 with a zone");
                return;
            }
        }
        else
        {
            Fail(EventErrorCode.WrongType, EventField.Timestamp, "a number or a string");
            reader.Skip();
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
        var missing = Text(EventField.Id).IsEmpty ? EventField.Id
            : _record.Type == EventType.None ? EventField.Type
            : Text(EventField.CartId).IsEmpty ? EventField.CartId
            : !_hasTimestamp ? EventField.Timestamp : EventField.Other;
        if (missing != EventField.Other)
        {
            return new(EventErrorCode.MissingField, $"'{EventFields.NameOf(missing)}' is missing; an event needs id, type, cartId and ts");
        }

        _record.IdLength = _lengths[0];
        _record.CartLength = _lengths[1];
        _record.UserLength = _lengths[2];
        _record.SessionLength = _lengths[3];
        _record.ProductLength = _lengths[4];
        _record.Id = Hash128.Of(Text(EventField.Id), rules.Seed);
        _record.Cart = Hash128.Of(Text(EventField.CartId), rules.Seed);
        _record.Customer = _record.UserLength == 0 ? default : Hash128.Of(Text(EventField.UserId), rules.Seed ^ CustomerSeed);
        _record.Session = _record.SessionLength == 0 ? 0 : Hash128.Of(Text(EventField.SessionId), rules.Seed).Low;
        _record.Product = _record.ProductLength == 0 ? 0 : Hash128.Of(Text(EventField.ProductId), rules.Seed).Low;
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
