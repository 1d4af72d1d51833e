using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events;

/// <summary>
/// An event under construction, whatever it is encoded as: a decoder hands over the fields as they come, and here they are held against
/// the rules. The ids stay in the message that they came in until they are copied to a slab. Reused from event to event; one thread at a
/// time.
/// </summary>
sealed class EventBuilder(EventRules rules)
{
    readonly IdPlace[] _ids = new IdPlace[(int)EventField.ProductId];
    readonly byte[] _unescaped = new byte[(int)EventField.ProductId * EventSlab.MaxIdLength];
    EventRecord _record;
    long _receivedAt;
    bool _hasTimestamp;
    bool _hasDevice;
    bool _hasSource;
    bool _isTooLarge;
    EventProblem _problem;

    /// <summary>Where an id is: in the message, or from the complement of its offset on in what was unescaped.</summary>
    readonly record struct IdPlace(int Offset, int Length);

    /// <summary>The longest event, and the longest <see cref="Meta"/>, in bytes.</summary>
    public int MaxLength => rules.MaxEventBytes;

    /// <summary>What is kept beside the fields of the schema.</summary>
    public MetaText Meta { get; } = new(rules.MaxEventBytes);

    /// <summary>The event; its text lengths are set once it is finished, its text offset is not.</summary>
    public ref readonly EventRecord Record => ref _record;

    /// <summary>Forgets the event before.</summary>
    /// <param name="receivedAt">When the next one arrived, in milliseconds since 1970 UTC.</param>
    public void Begin(long receivedAt)
    {
        _record = default;
        _record.Quantity = 1;
        _record.Store = rules.StoreIndex;
        Array.Clear(_ids);
        Meta.Clear();
        _receivedAt = receivedAt;
        _hasTimestamp = _hasDevice = _hasSource = _isTooLarge = false;
        _problem = default;
    }

    /// <summary>Takes an id that stands in the message as it is; a later one of the same field replaces it.</summary>
    /// <param name="field">From <see cref="EventField.Id"/> to <see cref="EventField.ProductId"/>.</param>
    /// <param name="offset">Where it begins in the message.</param>
    /// <param name="length">Its bytes.</param>
    public void SetId(EventField field, int offset, int length)
    {
        if (length > EventSlab.MaxIdLength)
        {
            FailIdTooLong(field);
            return;
        }

        _ids[(int)field - 1] = new IdPlace(offset, length);
    }

    /// <summary>Room for an id that does not stand in the message as it is.</summary>
    public Span<byte> RoomFor(EventField field) =>
        _unescaped.AsSpan(((int)field - 1) * EventSlab.MaxIdLength, EventSlab.MaxIdLength);

    /// <summary>Takes the id that was put where there is <see cref="RoomFor"/> it.</summary>
    public void SetUnescapedId(EventField field, int length) =>
        _ids[(int)field - 1] = new IdPlace(~(((int)field - 1) * EventSlab.MaxIdLength), length);

    public void SetType(ReadOnlySpan<byte> name)
    {
        _record.Type = EventTypes.Parse(name);
        if (_record.Type == EventType.None)
        {
            Fail(EventErrorCode.UnknownType, "'type' is not an event type; docs/events.md lists them");
        }
    }

    public void SetStore(ReadOnlySpan<byte> id)
    {
        if (!id.SequenceEqual(rules.StoreId))
        {
            Fail(EventErrorCode.ForeignStore, "'storeId' is not the store of the key");
        }
    }

    /// <summary>Takes the units; a number that is not finite is out of range.</summary>
    public void SetQuantity(double quantity)
    {
        if (quantity is >= 1 and <= Money.MaxQuantity && Math.Floor(quantity) == quantity)
        {
            _record.Quantity = (int)quantity;
        }
        else
        {
            Fail(EventErrorCode.OutOfRange, "'quantity' must be a whole number from 1 to 100,000");
        }
    }

    /// <summary>Takes the price of one unit, rounded to the nearest <see cref="Money"/> unit; a number that is not finite is out of range.</summary>
    public void SetPrice(double price)
    {
        if (price is >= 0 and <= Money.MaxPrice)
        {
            _record.Price = (long)Math.Round(price * Money.PerUnit);
            _record.Flags |= EventFlags.HasPrice;
        }
        else
        {
            Fail(EventErrorCode.OutOfRange, "'price' must be from 0 to 1,000,000,000");
        }
    }

    public void SetCurrency(ReadOnlySpan<byte> code)
    {
        _record.Currency = CurrencyCode.Parse(code);
        if (_record.Currency == 0)
        {
            Fail(EventErrorCode.OutOfRange, "'currency' must be the three letters of an ISO 4217 code");
        }
    }

    /// <summary>Takes the time: milliseconds since 1970 UTC, clamped and marked where it is too far off.</summary>
    public void SetTime(long time)
    {
        var clamped = Math.Clamp(time, _receivedAt - rules.PastMilliseconds, _receivedAt + rules.FutureMilliseconds);
        if (clamped != time)
        {
            _record.Flags |= EventFlags.Clamped;
        }

        _record.Timestamp = clamped;
        _hasTimestamp = true;
    }

    /// <summary>Takes the time: milliseconds since 1970 UTC, of which fractions are dropped. What is beyond any clock is far off either way.</summary>
    public void SetTime(double time)
    {
        if (double.IsNaN(time))
        {
            FailTime();
            return;
        }

        SetTime((long)Math.Clamp(time, -1e15, 1e15));
    }

    /// <summary>Takes the time as RFC 3339.</summary>
    public void SetTime(ReadOnlySpan<byte> text)
    {
        if (EventTime.TryParse(text, out var time))
        {
            SetTime(time);
        }
        else
        {
            FailTime();
        }
    }

    /// <summary>Takes a text that the event itself says of the shopper; another field than device and source says nothing.</summary>
    public void SetContext(EventField field, ReadOnlySpan<byte> text)
    {
        if (field == EventField.Device)
        {
            _record.Device = ShopperContext.ParseDevice(text);
            _hasDevice = true;
        }
        else if (field == EventField.Source)
        {
            _record.Source = ShopperContext.ParseSource(text);
            _hasSource = true;
        }
    }

    /// <summary>Takes a text that the event's <c>meta</c> says of the shopper: what the event itself says counts before it, wherever it stands.</summary>
    public void SetMetaContext(EventField field, ReadOnlySpan<byte> text)
    {
        if (field == EventField.Device && !_hasDevice)
        {
            _record.Device = ShopperContext.ParseDevice(text);
        }
        else if (field == EventField.Source && !_hasSource)
        {
            _record.Source = ShopperContext.ParseSource(text);
        }
    }

    /// <summary>The event is over a limit of length, whatever else may be wrong with it.</summary>
    public void SetTooLarge() => _isTooLarge = true;

    /// <summary>Says what is wrong. The first problem is the one that is told.</summary>
    public void Fail(EventErrorCode error, string message)
    {
        if (!_problem.IsError)
        {
            _problem = new EventProblem(error, message);
        }
    }

    /// <summary>Says what is wrong with a field.</summary>
    /// <param name="error">The kind.</param>
    /// <param name="field">The field.</param>
    /// <param name="what">What goes behind its name.</param>
    public void Fail(EventErrorCode error, EventField field, string what)
    {
        if (!_problem.IsError)
        {
            _problem = new EventProblem(error, $"'{EventFields.NameOf(field)}' {what}");
        }
    }

    public void FailIdTooLong(EventField field) => Fail(EventErrorCode.IdTooLong, field, "is longer than 64 bytes of UTF-8");

    /// <summary>Ends the event.</summary>
    /// <param name="message">What the ids are in.</param>
    /// <param name="length">Bytes of the event, as it is encoded.</param>
    /// <returns>What is wrong with it, if anything.</returns>
    public EventProblem Finish(ReadOnlySpan<byte> message, int length)
    {
        if (_isTooLarge || length > rules.MaxEventBytes)
        {
            return new EventProblem(EventErrorCode.EventTooLarge, "the event is longer than limits.event");
        }

        if (_problem.IsError)
        {
            return _problem;
        }

        var missing = LengthOf(EventField.Id) == 0 ? EventField.Id
            : _record.Type == EventType.None ? EventField.Type
            : LengthOf(EventField.CartId) == 0 ? EventField.CartId
            : !_hasTimestamp ? EventField.Timestamp : EventField.Other;
        if (missing != EventField.Other)
        {
            return new(EventErrorCode.MissingField, $"'{EventFields.NameOf(missing)}' is missing; an event needs id, type, cartId and ts");
        }

        EventKeys.Set(
            ref _record, rules.Seed, TextOf(EventField.Id, message), TextOf(EventField.CartId, message), TextOf(EventField.UserId, message),
            TextOf(EventField.SessionId, message), TextOf(EventField.ProductId, message));
        _record.MetaLength = Meta.Length;
        if (rules.Verified)
        {
            _record.Flags |= EventFlags.Verified;
        }

        return default;
    }

    /// <summary>Copies the event that was finished to the end of a slab that has room.</summary>
    /// <param name="slab">The slab.</param>
    /// <param name="message">What the ids are in.</param>
    /// <returns>The event in the slab.</returns>
    public ref EventRecord AppendTo(EventSlab slab, ReadOnlySpan<byte> message)
    {
        ref var record = ref slab.Append(_record, out var target);
        for (var field = EventField.Id; field <= EventField.ProductId; field++)
        {
            var text = TextOf(field, message);
            text.CopyTo(target);
            target = target[text.Length..];
        }

        Meta.CopyTo(target);
        return ref record;
    }

    int LengthOf(EventField field) => _ids[(int)field - 1].Length;

    ReadOnlySpan<byte> TextOf(EventField field, ReadOnlySpan<byte> message)
    {
        var (offset, length) = _ids[(int)field - 1];
        return offset >= 0 ? message.Slice(offset, length) : _unescaped.AsSpan(~offset, length);
    }

    void FailTime() => Fail(EventErrorCode.InvalidTimestamp, "'ts' must be milliseconds since 1970 or RFC 3339 with a zone");
}
