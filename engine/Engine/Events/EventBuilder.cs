using System.Runtime.CompilerServices;
using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events;

/// <summary>
/// Builds an event independently of its encoding: a decoder sets the fields as it reads them, and the builder validates them. Ids stay in
/// the message until they are copied to a slab. Reused for all events; one thread at a time.
/// </summary>
sealed partial class EventBuilder(EventRules rules)
{
    readonly IdPlace[] _ids = new IdPlace[(int)EventField.ProductId];
    readonly byte[] _unescaped = new byte[(int)EventField.ProductId * EventSlab.MaxSentIdLength];
    bool _hasLongId;
    EventRecord _record;
    long _receivedAt;
    bool _hasDevice;
    bool _hasSource;
    bool _hasCategory;
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

    /// <summary>A hash of the product's category; 0 for none. Not part of the event: see <see cref="Popularity"/>.</summary>
    public uint Category { get; private set; }

    /// <summary>Whether the finished event named a user that is nobody's id, and so has none.</summary>
    public bool IsUserIgnored { get; private set; }

    /// <summary>Whether the finished event named a session that is nobody's id, and so has none.</summary>
    public bool IsSessionIgnored { get; private set; }

    /// <summary>Starts the next event.</summary>
    /// <param name="receivedAt">When it was received, in milliseconds since 1970 UTC.</param>
    public void Begin(long receivedAt)
    {
        _record = default;
        _record.Thousandths = Quantity.PerUnit;
        _record.Store = Rules.StoreNumber;
        Array.Clear(_ids);
        Meta.Clear();
        _receivedAt = receivedAt;
        ResetAmount();
        _hasLongId = false;
        BeginTime();
        Category = 0;
        _hasDevice = _hasSource = _hasCategory = _isTooLarge = false;
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
            if (length > EventSlab.MaxSentIdLength)
            {
                FailIdTooLong(field);
                return;
            }

            _hasLongId = true;
        }

        _ids[(int)field - 1] = new IdPlace(offset, length);
    }

    /// <summary>Returns the buffer for an id that needs unescaping.</summary>
    public Span<byte> RoomFor(EventField field) =>
        _unescaped.AsSpan(((int)field - 1) * EventSlab.MaxSentIdLength, EventSlab.MaxSentIdLength);

    /// <summary>Sets the id written to <see cref="RoomFor"/>.</summary>
    public void SetUnescapedId(EventField field, int length)
    {
        _hasLongId |= length > EventSlab.MaxIdLength;
        _ids[(int)field - 1] = new IdPlace(~(((int)field - 1) * EventSlab.MaxSentIdLength), length);
    }

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
            case EventField.SentAt:
                SetSentAt(EventTime.TryParse(text, out var sentAt) ? sentAt : 0);
                break;
            default:
                SetContext(field, text);
                break;
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

    public void FailIdTooLong(EventField field) => Fail(EventErrorCode.IdTooLong, field, "is longer than 256 bytes of UTF-8");

    /// <summary>Finishes the event and validates it as a whole.</summary>
    /// <param name="message">The message that contains the ids.</param>
    /// <param name="length">The event's encoded length, in bytes.</param>
    /// <returns>The problem, if any.</returns>
    public EventProblem Finish(ReadOnlySpan<byte> message, int length)
    {
        // First, so that an event with another mistake does not leave the id in a dead letter.
        if (Rules.Forgotten is { IsEmpty: false } forgotten && NamesForgotten(forgotten, message))
        {
            return new EventProblem(EventErrorCode.PersonForgotten, "the store was asked to forget this person; nothing about them is stored");
        }

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
            : LengthOf(EventField.CartId) == 0 && !MayHaveNoCart ? EventField.CartId
            : !_hasTimestamp ? EventField.Timestamp : EventField.Other;
        if (missing != EventField.Other)
        {
            return new(EventErrorCode.MissingField, $"'{EventFields.NameOf(missing)}' is missing; an event needs id, type, cartId and ts");
        }

        if (ResolveAmount(message) is { IsError: true } money)
        {
            return money;
        }

        if (_record.Type == EventType.Identify && IdentifyRules.Check(Meta, Rules.Country) is { IsError: true } address)
        {
            return address;
        }

        if (_record.Type == EventType.Consent && ConsentRules.Check(Meta, _receivedAt) is { IsError: true } consent)
        {
            return consent;
        }

        // Before ids are sealed and shortened, which hides what they were. A running number may begin with 0.
        var isIdMissing = IsPlaceholder(EventField.Id, message) && !PlaceholderIds.IsFirstNumber(TextOf(EventField.Id, message));
        if (isIdMissing || (LengthOf(EventField.CartId) != 0 && IsPlaceholder(EventField.CartId, message)))
        {
            var field = isIdMissing ? EventField.Id : EventField.CartId;
            var id = Shown(PlaceholderIds.Bare(TextOf(field, message)));
            return new(EventErrorCode.PlaceholderId, $"'{EventFields.NameOf(field)}' is the placeholder '{id}', not an id; send the real one");
        }

        // Whoever has no id yet is anonymous.
        IsUserIgnored = Ignore(EventField.UserId, message);
        IsSessionIgnored = Ignore(EventField.SessionId, message);
        if (IsUserIgnored && LengthOf(EventField.CartId) == 0)
        {
            return new(EventErrorCode.PlaceholderId, "'userId' is a placeholder, not an id; an event without a cart needs the customer's");
        }

        if (Rules.Ids.Sealed is { } ids)
        {
            Seal(ids, EventField.CartId, message);
            Seal(ids, EventField.UserId, message);
            Seal(ids, EventField.SessionId, message);
        }

        // Records hold short ids.
        if (_hasLongId)
        {
            if (MaskedField(message) is var masked and not EventField.Other)
            {
                return new(EventErrorCode.MaskedId, $"'{EventFields.NameOf(masked)}' is a masked id, which the API shows to those who may not see personal data; send the id itself");
            }

            ShortenIds(message);
        }

        if (_record.Type == EventType.CartMerged && MergedCart.Check(Meta, TextOf(EventField.CartId, message), Rules.Ids, Rules.RefusesMaskedIds) is { IsError: true } merged)
        {
            return merged;
        }

        Rules.Ids.Set(
            ref _record, TextOf(EventField.Id, message), TextOf(EventField.CartId, message), TextOf(EventField.UserId, message),
            TextOf(EventField.SessionId, message), TextOf(EventField.ProductId, message));
        if (_record.CartLength == 0)
        {
            // Routed by the customer. It is nobody's cart: nothing is folded, scored or triggered.
            (_record.Cart, _record.Flags) = (_record.Customer, _record.Flags | EventFlags.ChangesNoCart);
        }

        if (FinishTime() is { IsError: true } time)
        {
            return time;
        }

        _record.MetaLength = Meta.Length;
        if (Rules.IsServer)
        {
            _record.Flags |= EventFlags.Server;
        }
        else if (Rules.ProvenUser is { } user && user.Covers(_record.Customer, _receivedAt))
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

        // An offset, not a span that gets shorter: passed on from the stack, such a span waits for the stores to the slab.
        var at = 0;
        for (var field = EventField.Id; field <= EventField.ProductId; field++)
        {
            var text = TextOf(field, message);
            text.CopyTo(target[at..]);
            at += text.Length;
        }

        Meta.CopyTo(target[at..], _record.Type, slab);
        return ref record;
    }

    // What a server says of a customer need not be about a cart.
    bool MayHaveNoCart => Rules.IsServer && (_record.Type is EventType.Identify or EventType.Consent) && LengthOf(EventField.UserId) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    int LengthOf(EventField field) => _ids[(int)field - 1].Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    ReadOnlySpan<byte> TextOf(EventField field, ReadOnlySpan<byte> message)
    {
        var (offset, length) = _ids[(int)field - 1];
        return offset >= 0 ? message.Slice(offset, length) : _unescaped.AsSpan(~offset, length);
    }
}
