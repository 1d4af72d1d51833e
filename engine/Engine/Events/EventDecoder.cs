using System.Runtime.CompilerServices;
using System.Text.Json;

namespace CartRecovery.Engine.Events;

/// <summary>What a decoder holds events against: the key's store and the configured limits.</summary>
/// <param name="StoreId">The store that the key belongs to, in UTF-8.</param>
/// <param name="StoreIndex">Its place in the configuration.</param>
/// <param name="Verified">The key is a secret one.</param>
/// <param name="MaxEventBytes">The longest event, in bytes of JSON.</param>
/// <param name="PastMilliseconds">How far back an event's time may lie.</param>
/// <param name="FutureMilliseconds">How far ahead an event's time may lie.</param>
public sealed record EventRules(
    byte[] StoreId, ushort StoreIndex, bool Verified, int MaxEventBytes, long PastMilliseconds, long FutureMilliseconds)
{
    /// <summary>The seed of the store's keys, so that two stores' carts of the same name are two carts.</summary>
    public ulong Seed { get; } = Hash128.Of(StoreId, seed: 0).Low;
}

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
            var field = reader.ValueIsEscaped ? ParseEscaped(ref reader) : EventFields.Parse(reader.ValueSpan);
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
                if (!Expect(ref reader, JsonTokenType.String, field, "a string") || reader.ValueTextEquals(rules.StoreId))
                {
                    break;
                }

                Fail(EventErrorCode.ForeignStore, "'storeId' is not the store of the key");
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
            var field = reader.ValueIsEscaped ? ParseEscaped(ref reader) : EventFields.Parse(reader.ValueSpan);
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
            _record.Device = reader.ValueTextEquals("mobile"u8) ? DeviceKind.Mobile
                : reader.ValueTextEquals("tablet"u8) ? DeviceKind.Tablet
                : reader.ValueTextEquals("desktop"u8) ? DeviceKind.Desktop : DeviceKind.Unknown;
        }
        else if (field == EventField.Source)
        {
            _record.Source = reader.ValueTextEquals("direct"u8) ? TrafficSource.Direct
                : reader.ValueTextEquals("organic"u8) ? TrafficSource.Organic
                : reader.ValueTextEquals("paid"u8) ? TrafficSource.Paid
                : reader.ValueTextEquals("email"u8) ? TrafficSource.Email
                : reader.ValueTextEquals("social"u8) ? TrafficSource.Social
                : reader.ValueTextEquals("referral"u8) ? TrafficSource.Referral : TrafficSource.Unknown;
        }
    }

    void ReadText(ref Utf8JsonReader reader, EventField field)
    {
        if (!Expect(ref reader, JsonTokenType.String, field, "a string"))
        {
            return;
        }

        var cell = (int)field - 1;
        var length = Unescape(ref reader, _texts.AsSpan(cell * EventSlab.MaxIdLength, EventSlab.MaxIdLength));
        if (length < 0)
        {
            Fail(EventErrorCode.IdTooLong, field, "is longer than 64 bytes of UTF-8");
            return;
        }

        _lengths[cell] = (byte)length;
    }

    // A \u escape takes six bytes for at least one of text, so a longer one cannot fit; a lone surrogate is malformed.
    [SkipLocalsInit]
    static int Unescape(ref Utf8JsonReader reader, scoped Span<byte> target)
    {
        var raw = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
        {
            return raw.TryCopyTo(target) ? raw.Length : -1;
        }

        const int longest = 6 * EventSlab.MaxIdLength;
        if (raw.Length > longest)
        {
            return -1;
        }

        Span<byte> buffer = stackalloc byte[longest];
        try
        {
            var length = reader.CopyString(buffer);
            return buffer[..length].TryCopyTo(target) ? length : -1;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("a string has an escape that is half a character", e);
        }
    }

    static EventField ParseEscaped(ref Utf8JsonReader reader)
    {
        Span<byte> name = stackalloc byte[EventSlab.MaxIdLength];
        var length = Unescape(ref reader, name);
        return length < 0 ? EventField.Other : EventFields.Parse(name[..length]);
    }

    void ReadType(ref Utf8JsonReader reader)
    {
        if (!Expect(ref reader, JsonTokenType.String, EventField.Type, "a string"))
        {
            return;
        }

        Span<byte> name = stackalloc byte[EventSlab.MaxIdLength];
        var length = Unescape(ref reader, name);
        _record.Type = length < 0 ? EventType.None : EventTypes.Parse(name[..length]);
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

        var code = reader.ValueSpan;
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
            if (!reader.TryGetInt64(out time))
            {
                // Beyond any clock either way: the clamp below decides.
                time = reader.TryGetDouble(out var real) ? (long)Math.Clamp(real, -1e15, 1e15) : long.MaxValue;
            }
        }
        else if (reader.TokenType == JsonTokenType.String)
        {
            // A text without a zone would be read in the machine's own: not data.
            var text = reader.ValueSpan;
            var zoned = text.Length > 6 && (text[^1] is (byte)'Z' or (byte)'z' || text[^6] is (byte)'+' or (byte)'-');
            if (!zoned || !reader.TryGetDateTimeOffset(out var moment))
            {
                Fail(EventErrorCode.InvalidTimestamp, "'ts' must be milliseconds since 1970 or RFC 3339 with a zone");
                return;
            }

            time = moment.ToUnixTimeMilliseconds();
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
        if (_lengths[(int)EventField.Id - 1] == 0)
        {
            return Missing(EventField.Id);
        }

        if (_record.Type == EventType.None)
        {
            return Missing(EventField.Type);
        }

        if (_lengths[(int)EventField.CartId - 1] == 0)
        {
            return Missing(EventField.CartId);
        }

        if (!_hasTimestamp)
        {
            return Missing(EventField.Timestamp);
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

    static EventProblem Missing(EventField field) =>
        new(EventErrorCode.MissingField, $"'{EventFields.NameOf(field)}' is missing; an event needs id, type, cartId and ts");

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
