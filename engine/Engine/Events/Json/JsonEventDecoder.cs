using System.Buffers.Text;
using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Events.Json;

/// <summary>
/// Decodes and validates native JSON events one at a time into <see cref="Record"/> and its texts: in one pass with
/// <see cref="JsonEventScanner"/>, or in any form where that declines. Does not use the framework's reader, which throws for malformed
/// JSON: a refusal costs no more than an event. Allocates nothing but a refusal's message. Reads invalid events to their end, so that the
/// rest of a batch is not lost. One thread at a time.
/// </summary>
public sealed class JsonEventDecoder
{
    // Levels of an unknown field: those of JSON less one for the event and one for its meta, in which it is read again.
    const int DeepestField = JsonSyntax.MaxDepth - 2;

    readonly EventBuilder _event;
    readonly JsonEventScanner _scanner;
    readonly byte[] _unescaped = new byte[EventSlab.MaxIdLength];

    /// <param name="rules">The rules for validating events.</param>
    public JsonEventDecoder(EventRules rules)
        : this(new EventBuilder(rules))
    {
    }

    internal JsonEventDecoder(EventBuilder builder)
    {
        _event = builder;
        _scanner = new JsonEventScanner(builder);
    }

    /// <summary>Last decoded event. Its text lengths are set; its text offset is not.</summary>
    public ref readonly EventRecord Record => ref _event.Record;

    /// <summary>Problem reported if a message, or the remainder of one, is not JSON.</summary>
    public static EventProblem Malformed { get; } = new(EventErrorCode.InvalidJson, "the message, or the rest of it, is not JSON");

    /// <summary>Decodes a message that is one event.</summary>
    /// <param name="json">The whole message: valid UTF-8.</param>
    /// <param name="receivedAt">When it was received, in milliseconds since 1970 UTC.</param>
    /// <returns>The problem, if any.</returns>
    public EventProblem Decode(ReadOnlySpan<byte> json, long receivedAt)
    {
        var position = JsonTokens.SkipSpace(json, 0);
        var problem = Decode(json, ref position, receivedAt);
        return problem.Error == EventErrorCode.InvalidJson || JsonTokens.SkipSpace(json, position) == json.Length ? problem : Malformed;
    }

    /// <summary>
    /// Decodes the value at a position in a message. Malformed JSON gives <see cref="EventErrorCode.InvalidJson"/> and leaves the
    /// position unchanged, since its end is unknown. A well-formed but invalid value gives its problem.
    /// </summary>
    /// <param name="json">The message: valid UTF-8.</param>
    /// <param name="position">The start of the value; its end afterwards.</param>
    /// <param name="receivedAt">When it was received, in milliseconds since 1970 UTC.</param>
    /// <returns>The problem, if any.</returns>
    public EventProblem Decode(ReadOnlySpan<byte> json, ref int position, long receivedAt)
    {
        var end = _scanner.Scan(json, position, receivedAt, out var problem);
        if (end != JsonEventScanner.Declined)
        {
            position = end;
            return problem;
        }

        return DecodeAnyForm(json, ref position, receivedAt);
    }

    /// <summary>Decodes like <see cref="Decode(ReadOnlySpan{byte}, ref int, long)"/>, without the fast path for common forms.</summary>
    internal EventProblem DecodeAnyForm(ReadOnlySpan<byte> json, ref int position, long receivedAt)
    {
        var end = Read(json, position, receivedAt, out var problem);
        if (end == JsonSyntax.None)
        {
            return Malformed;
        }

        position = end;
        return problem;
    }

    /// <summary>Appends the last decoded event to a slab with room for it.</summary>
    /// <param name="slab">The slab.</param>
    /// <param name="json">The message that contains the event.</param>
    /// <returns>The event in the slab.</returns>
    public ref EventRecord AppendTo(EventSlab slab, ReadOnlySpan<byte> json) => ref _event.AppendTo(slab, json);

    // Returns the offset after the value, or JsonSyntax.None.
    int Read(ReadOnlySpan<byte> json, int start, long receivedAt, out EventProblem problem)
    {
        start = JsonTokens.SkipSpace(json, start);
        if (start >= json.Length || json[start] != '{')
        {
            problem = new EventProblem(EventErrorCode.InvalidEvent, "an event must be a JSON object");
            return JsonSyntax.EndOfValue(json, start);
        }

        problem = default;
        _event.Begin(receivedAt);
        var members = new JsonMembers(json, start);
        while (members.ReadName())
        {
            var field = EventFields.Parse(Text(members.Name));
            var (valueAt, isObject) = (members.ValueStart, json[members.ValueStart] == '{');
            var end = field == EventField.Meta && isObject ? ReadMeta(json, valueAt) : EndOfField(json, valueAt, field);
            if (end == JsonSyntax.None)
            {
                return JsonSyntax.None;
            }

            members.EndValue(end);
            if (json[valueAt] == 'n')
            {
                continue;
            }

            if (field == EventField.Meta && isObject)
            {
                _event.Meta.AddMembers(json[(valueAt + 1)..(end - 1)]);
                continue;
            }

            ReadValue(json, valueAt, end, field);
            if (EventFields.IsKept(field))
            {
                _event.Meta.AddField(json[members.NameStart..end]);
            }
        }

        if (members.End != JsonSyntax.None)
        {
            problem = _event.Finish(json, members.End - start);
        }

        return members.End;
    }

    // Unknown fields belong to the shop and are not an error.
    int ReadMeta(ReadOnlySpan<byte> json, int start)
    {
        var members = new JsonMembers(json, start);
        while (members.ReadName())
        {
            var valueAt = members.ValueStart;
            var end = JsonSyntax.EndOfValue(json, valueAt, JsonSyntax.MaxDepth - 2);
            if (end == JsonSyntax.None)
            {
                return JsonSyntax.None;
            }

            var field = EventFields.Parse(Text(members.Name));
            if (field >= EventField.Items)
            {
                _event.SetMetaField(field, json[valueAt..end], isMeta: true);
            }
            else if (json[valueAt] == '"')
            {
                _event.SetMetaContext(field, Text(json[(valueAt + 1)..(end - 1)]));
            }

            members.EndValue(end);
        }

        return members.End;
    }

    int EndOfField(ReadOnlySpan<byte> json, int at, EventField field)
    {
        var end = JsonSyntax.EndOfValue(json, at, DeepestField);
        if (end != JsonSyntax.None || json[at] is not ((byte)'{' or (byte)'['))
        {
            return end;
        }

        // Malformed, or nested one level deeper.
        end = JsonSyntax.EndOfValue(json, at, JsonSyntax.MaxDepth - 1);
        if (end != JsonSyntax.None && EventFields.IsKept(field))
        {
            _event.Fail(EventErrorCode.InvalidEvent, "the event is nested too deeply");
        }

        return end;
    }

    void ReadValue(ReadOnlySpan<byte> json, int start, int end, EventField field)
    {
        var first = json[start];
        var isText = first == '"';
        var isNumber = first is (byte)'-' or (>= (byte)'0' and <= (byte)'9');
        var text = isText ? json[(start + 1)..(end - 1)] : json[start..end];
        switch (field)
        {
            case EventField.Id or EventField.CartId or EventField.UserId or EventField.SessionId or EventField.ProductId when isText:
                ReadId(text, start + 1, field);
                break;
            case EventField.Type when isText:
                _event.SetType(Text(text));
                break;
            case EventField.StoreId when isText:
                _event.SetStore(Text(text));
                break;
            case EventField.Currency when isText:
                _event.SetCurrency(Text(text));
                break;
            case EventField.Timestamp when isText:
                _event.SetTime(Text(text));
                break;
            case EventField.CartSecret when isText:
                _event.SetCartSecret(Text(text));
                break;
            case EventField.Quantity when isNumber:
                _event.SetQuantity(IsWhole(text, out var whole) ? whole : Number(text));
                break;
            case EventField.Price when isNumber:
                _event.SetPrice(Number(text));
                break;
            case EventField.Timestamp when isNumber:
                if (IsWhole(text, out var time))
                {
                    _event.SetTime(time);
                }
                else
                {
                    _event.SetTime(Number(text));
                }

                break;
            case EventField.SentAt:
                _event.SetSentAt(isText && EventTime.TryParse(Text(text), out var sent) ? sent
                    : isNumber ? (long)Math.Clamp(Number(text), -1e15, 1e15) : 0);
                break;
            case >= EventField.Items:
                _event.SetMetaField(field, json[start..end], isMeta: false);
                break;
            case EventField.Other or EventField.Device or EventField.Source or EventField.Category:
                if (isText)
                {
                    _event.SetContext(field, Text(text));
                }

                break;
            default:
                _event.Fail(EventErrorCode.WrongType, field, MustBe(field));
                break;
        }
    }

    void ReadId(ReadOnlySpan<byte> raw, int offset, EventField field)
    {
        if (!raw.Contains((byte)'\\'))
        {
            _event.SetId(field, offset, raw.Length);
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
    ReadOnlySpan<byte> Text(ReadOnlySpan<byte> raw)
    {
        if (!raw.Contains((byte)'\\'))
        {
            return raw;
        }

        var length = JsonText.Unescape(raw, _unescaped);
        return length < 0 ? default : _unescaped.AsSpan(0, length);
    }

    static bool IsWhole(ReadOnlySpan<byte> text, out long number) =>
        Utf8Parser.TryParse(text, out number, out int length) && length == text.Length;

    // A number with too many digits to parse is out of every range.
    static double Number(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out double number, out var length) && length == text.Length ? number : double.PositiveInfinity;

    static string MustBe(EventField field) => field switch
    {
        EventField.Quantity or EventField.Price => "must be a number",
        EventField.Timestamp => "must be a number or a string",
        EventField.Meta => "must be an object",
        _ => "must be a string",
    };
}
