using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events;

/// <summary>
/// Builds an event independently of its encoding: a decoder sets the fields as it reads them, and the builder validates them. Ids stay in
/// the message until they are copied to a slab. Reused for all events; one thread at a time.
/// </summary>
sealed class EventBuilder(EventRules rules)
{
    // 96 random bits in base64.
    const int MinSecretLength = 16;

    readonly IdPlace[] _ids = new IdPlace[(int)EventField.ProductId];
    readonly byte[] _unescaped = new byte[(int)EventField.ProductId * EventSlab.MaxIdLength];
    EventRecord _record;
    long _receivedAt;
    bool _hasTimestamp;
    bool _hasDevice;
    bool _hasSource;
    bool _isTooLarge;
    EventProblem _problem;

    /// <summary>Locates an id: an offset in the message, or the complement of an offset in the unescaped text.</summary>
    readonly record struct IdPlace(int Offset, int Length);

    /// <summary>The rules for the events that follow.</summary>
    public EventRules Rules { get; set; } = rules;

    /// <summary>Maximum length of an event and of <see cref="Meta"/>, in bytes.</summary>
    public int MaxLength => Rules.MaxEventBytes;

    /// <summary>Data outside the schema's fields.</summary>
    public MetaText Meta { get; } = new();

    /// <summary>Whether the meta exceeds the length of an event.</summary>
    public bool IsMetaTooLong => Meta.Length > Rules.MaxEventBytes;

    /// <summary>The event. Once it is finished its text lengths are set; its text offset is not.</summary>
    public ref readonly EventRecord Record => ref _record;

    /// <summary>Starts the next event.</summary>
    /// <param name="receivedAt">When it was received, in milliseconds since 1970 UTC.</param>
    public void Begin(long receivedAt)
    {
        _record = default;
        _record.Quantity = 1;
        _record.Store = Rules.StoreNumber;
        Array.Clear(_ids);
        Meta.Clear();
        _receivedAt = receivedAt;
        _hasTimestamp = _hasDevice = _hasSource = _isTooLarge = false;
        _problem = default;
    }

    /// <summary>Sets an id that appears literally in the message. The last one of a field wins.</summary>
    /// <param name="field">From <see cref="EventField.Id"/> to <see cref="EventField.ProductId"/>.</param>
    /// <param name="offset">Its offset in the message.</param>
    /// <param name="length">Its length in bytes.</param>
    public void SetId(EventField field, int offset, int length)
    {
        if (length > EventSlab.MaxIdLength)
        {
            FailIdTooLong(field);
            return;
        }

        _ids[(int)field - 1] = new IdPlace(offset, length);
    }

    /// <summary>Returns the buffer for an id that needs unescaping.</summary>
    public Span<byte> RoomFor(EventField field) =>
        _unescaped.AsSpan(((int)field - 1) * EventSlab.MaxIdLength, EventSlab.MaxIdLength);

    /// <summary>Sets the id written to <see cref="RoomFor"/>.</summary>
    public void SetUnescapedId(EventField field, int length) =>
        _ids[(int)field - 1] = new IdPlace(~(((int)field - 1) * EventSlab.MaxIdLength), length);

    /// <summary>Sets a field from a text that appears literally in the message.</summary>
    /// <param name="field">Any field that takes a text.</param>
    /// <param name="text">The text: valid UTF-8.</param>
    /// <param name="offset">Its offset in the message.</param>
    public void SetText(EventField field, ReadOnlySpan<byte> text, int offset)
    {
        switch (field)
        {
            case >= EventField.Id and <= EventField.ProductId:
                SetId(field, offset, text.Length);
                break;
            case EventField.Type:
                SetType(text);
                break;
            case EventField.StoreId:
                SetStore(text);
                break;
            case EventField.Currency:
                SetCurrency(text);
                break;
            case EventField.Timestamp:
                SetTime(text);
                break;
            case EventField.CartSecret:
                SetCartSecret(text);
                break;
            default:
                SetContext(field, text);
                break;
        }
    }

    public void SetType(ReadOnlySpan<byte> name)
    {
        _record.Type = EventTypes.Parse(name);
        if (_record.Type == EventType.None)
        {
            Fail(EventErrorCode.UnknownType, "unknown 'type'; see docs/events.md for the list");
        }
    }

    public void SetStore(ReadOnlySpan<byte> id)
    {
        if (!id.SequenceEqual(Rules.StoreId))
        {
            Fail(EventErrorCode.ForeignStore, "'storeId' must be the store of the key");
        }
    }

    /// <summary>Sets the secret by which a browser goes on with a cart it began. Only its key is kept.</summary>
    public void SetCartSecret(ReadOnlySpan<byte> secret)
    {
        if (secret.Length is >= MinSecretLength and <= EventSlab.MaxIdLength)
        {
            _record.CartSecret = Rules.Ids.SecretOf(secret);
        }
        else
        {
            Fail(EventErrorCode.OutOfRange, "'cartSecret' must be 16 to 64 bytes of UTF-8");
        }
    }

    /// <summary>Sets the quantity; a non-finite number is out of range.</summary>
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

    /// <summary>Sets the unit price, rounded to the nearest <see cref="Money"/> unit; a non-finite number is out of range.</summary>
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

    /// <summary>Sets the time from a number: milliseconds since 1970 UTC. One that is plainly in another unit is invalid.</summary>
    public void SetTime(long time) => SetNumber(time, time);

    /// <summary>Sets the time, in milliseconds since 1970 UTC. One outside the allowed range is clamped and marked.</summary>
    /// <returns><see langword="false"/> if it is clamped.</returns>
    public bool SetMoment(long time)
    {
        var clamped = Math.Clamp(time, _receivedAt - Rules.PastMilliseconds, _receivedAt + Rules.FutureMilliseconds);
        if (clamped != time)
        {
            _record.Flags |= EventFlags.Clamped;
        }

        _record.Timestamp = clamped;
        _hasTimestamp = true;
        return clamped == time;
    }

    /// <summary>Sets the time, in milliseconds since 1970 UTC; fractions are dropped, and extreme values saturate.</summary>
    public void SetTime(double time) => SetNumber((long)Math.Clamp(time, -1e15, 1e15), time);

    void SetNumber(long time, double number)
    {
        if (double.IsNaN(number))
        {
            FailTime();
        }
        else if (!SetMoment(time) && TimeUnit.Explain(number) is { } problem)
        {
            Fail(EventErrorCode.InvalidTimestamp, problem);
        }
    }

    /// <summary>Sets the time from RFC 3339 text.</summary>
    public void SetTime(ReadOnlySpan<byte> text)
    {
        if (EventTime.TryParse(text, out var time))
        {
            SetMoment(time);
        }
        else
        {
            FailTime();
        }
    }

    /// <summary>Sets the shopper's device or source from the event itself; other fields are ignored.</summary>
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

    /// <summary>
    /// Sets the shopper's device or source from <c>meta</c>. The event's own field takes precedence, whatever the order.
    /// </summary>
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

    /// <summary>Marks the event as too long; this problem takes precedence over all others.</summary>
    public void SetTooLarge() => _isTooLarge = true;

    /// <summary>Records a problem. The first one is reported.</summary>
    public void Fail(EventErrorCode error, string message)
    {
        if (!_problem.IsError)
        {
            _problem = new EventProblem(error, message);
        }
    }

    /// <summary>Records a problem with a field.</summary>
    /// <param name="error">The kind.</param>
    /// <param name="field">The field.</param>
    /// <param name="what">The text after the field's name.</param>
    public void Fail(EventErrorCode error, EventField field, string what)
    {
        if (!_problem.IsError)
        {
            _problem = new EventProblem(error, $"'{EventFields.NameOf(field)}' {what}");
        }
    }

    public void FailIdTooLong(EventField field) => Fail(EventErrorCode.IdTooLong, field, "is longer than 64 bytes of UTF-8");

    /// <summary>Finishes the event and validates it as a whole.</summary>
    /// <param name="message">The message that contains the ids.</param>
    /// <param name="length">The event's encoded length, in bytes.</param>
    /// <returns>The problem, if any.</returns>
    public EventProblem Finish(ReadOnlySpan<byte> message, int length)
    {
        if (_isTooLarge || length > Rules.MaxEventBytes)
        {
            return new EventProblem(EventErrorCode.EventTooLarge, "the event exceeds limits.event");
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

        Rules.Ids.Set(
            ref _record, TextOf(EventField.Id, message), TextOf(EventField.CartId, message), TextOf(EventField.UserId, message),
            TextOf(EventField.SessionId, message), TextOf(EventField.ProductId, message));
        _record.MetaLength = Meta.Length;
        if (Rules.IsServer)
        {
            _record.Flags |= EventFlags.Server;
        }
        else if (Rules.User is { } user && user.Covers(_record.Customer, _receivedAt))
        {
            _record.Flags |= EventFlags.Proven;
        }

        return default;
    }

    /// <summary>Appends the finished event to a slab with room for it.</summary>
    /// <param name="slab">The slab.</param>
    /// <param name="message">The message that contains the ids.</param>
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

        Meta.CopyTo(target, _record.Type, slab);
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
