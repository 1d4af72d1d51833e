using System.Runtime.Intrinsics;

namespace CartRecovery.Engine.Events.Json;

/// <summary>
/// Reads an event in one pass if it has the common form: strings without escapes, plain numbers, literals, and no nested object or array
/// except <c>meta</c> of the same form. Expects the names in the order of the previous event. Declines everything else, valid or not, and
/// <see cref="JsonEventDecoder"/> then decodes the event from its start, so that validation has one implementation.
/// </summary>
sealed class JsonEventScanner(EventBuilder builder)
{
    /// <summary>The result of <see cref="Scan"/> for an event that it declines.</summary>
    public const int Declined = JsonTokens.None;

    // Known names have at most ten characters: thirteen with quotes and colon.
    const int Width = 16;
    const int MaxNames = 16;

    // A double represents every integer of up to 15 digits and these powers of ten exactly, so their quotient is correctly rounded.
    static readonly double[] s_powers = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

    readonly ExpectedName[] _expected = new ExpectedName[MaxNames];

    /// <summary>A name at a place in the previous event, with its quotes and colon.</summary>
    struct ExpectedName
    {
        public Vector128<byte> Text;
        public Vector128<byte> Mask;
        public int Length;
        public EventField Field;
    }

    /// <summary>Reads the event or declines it.</summary>
    /// <param name="json">Valid UTF-8.</param>
    /// <param name="start">The event's start.</param>
    /// <param name="receivedAt">When it was received, in milliseconds since 1970 UTC.</param>
    /// <param name="problem">The problem, if the event was read.</param>
    /// <returns>The event's end, or <see cref="Declined"/>.</returns>
    public int Scan(ReadOnlySpan<byte> json, int start, long receivedAt, out EventProblem problem)
    {
        problem = default;
        var at = start;
        if (at >= json.Length || json[at] != '{')
        {
            return Declined;
        }

        builder.Begin(receivedAt);
        for (var place = 0; ; place++)
        {
            var nameAt = JsonTokens.SkipSpace(json, at + 1);
            at = ReadName(json, nameAt, place, out var field);
            if (at < 0 || (at = ReadValue(json, at, field, nameAt)) < 0 || (at = JsonTokens.SkipSpace(json, at)) >= json.Length)
            {
                return Declined;
            }

            if (json[at] == '}')
            {
                problem = builder.Finish(json, at + 1 - start);
                return at + 1;
            }

            if (json[at] != ',')
            {
                return Declined;
            }
        }
    }

    // Returns the offset of the value, or Declined.
    int ReadName(ReadOnlySpan<byte> json, int at, int place, out EventField field)
    {
        if (place < MaxNames && json.Length - at >= Width)
        {
            ref readonly var expected = ref _expected[place];
            if (expected.Length > 0 && ((Vector128.Create(json.Slice(at, Width)) ^ expected.Text) & expected.Mask) == Vector128<byte>.Zero)
            {
                field = expected.Field;
                return JsonTokens.SkipSpace(json, at + expected.Length);
            }
        }

        field = EventField.Other;
        if (at >= json.Length || json[at] != '"')
        {
            return Declined;
        }

        var end = JsonTokens.EndOfString(json, at + 1);
        if (end < 0)
        {
            return Declined;
        }

        field = EventFields.Parse(json[(at + 1)..end]);
        var colon = JsonTokens.SkipSpace(json, end + 1);
        if (colon >= json.Length || json[colon] != ':')
        {
            return Declined;
        }

        if (place < MaxNames && field != EventField.Other && colon == end + 1 && colon - at < Width && json.Length - at >= Width)
        {
            Expect(place, json.Slice(at, Width), colon + 1 - at, field);
        }

        return JsonTokens.SkipSpace(json, colon + 1);
    }

    void Expect(int place, ReadOnlySpan<byte> text, int length, EventField field)
    {
        Span<byte> mask = stackalloc byte[Width];
        mask.Clear();
        mask[..length].Fill(0xff);
        ref var expected = ref _expected[place];
        expected.Mask = Vector128.Create<byte>(mask);
        expected.Text = Vector128.Create(text) & expected.Mask;
        expected.Length = length;
        expected.Field = field;
    }

    // Returns the offset after the value, or Declined.
    int ReadValue(ReadOnlySpan<byte> json, int at, EventField field, int nameAt)
    {
        if (at >= json.Length)
        {
            return Declined;
        }

        if (json[at] == 'n')
        {
            return JsonTokens.EndOfLiteral(json, at);
        }

        switch (field)
        {
            case EventField.Quantity:
                at = ReadNumber(json, at, out var quantity);
                if (at >= 0)
                {
                    builder.SetQuantity(quantity);
                }

                return at;
            case EventField.Price:
                at = ReadNumber(json, at, out var price);
                if (at >= 0)
                {
                    builder.SetPrice(price);
                }

                return at;
            case EventField.Timestamp when json[at] != '"':
                return ReadTime(json, at);
            case EventField.SentAt when json[at] != '"':
                return ReadSentAt(json, at);
            case EventField.Meta:
                return ReadMeta(json, at);
        }

        var end = Declined;
        if (json[at] == '"')
        {
            end = JsonTokens.EndOfString(json, at + 1);
            if (end < 0)
            {
                return Declined;
            }

            builder.SetText(field, json[(at + 1)..end], at + 1);
            end++;
        }
        else if (EventFields.IsKept(field))
        {
            end = JsonTokens.EndOfPlain(json, at);
        }

        if (end > 0 && EventFields.IsKept(field))
        {
            builder.Meta.AddField(json[nameAt..end]);
            if (field >= EventField.Items)
            {
                builder.SetMetaField(field, json[at..end], isMeta: false);
            }
        }

        return end;
    }

    int ReadTime(ReadOnlySpan<byte> json, int at)
    {
        var end = JsonTokens.ReadDigits(json, at, out var time);
        if (end < 0 || !JsonTokens.IsEndOfNumber(json, end))
        {
            return Declined;
        }

        builder.SetTime(time);
        return end;
    }

    int ReadSentAt(ReadOnlySpan<byte> json, int at)
    {
        var end = JsonTokens.ReadDigits(json, at, out var time);
        if (end < 0 || !JsonTokens.IsEndOfNumber(json, end))
        {
            return Declined;
        }

        builder.SetSentAt(time);
        return end;
    }

    // A plain number: digits, and perhaps a fraction.
    static int ReadNumber(ReadOnlySpan<byte> json, int at, out double number)
    {
        number = 0;
        var end = JsonTokens.ReadDigits(json, at, out var whole);
        if (end < 0)
        {
            return Declined;
        }

        if (JsonTokens.IsEndOfNumber(json, end))
        {
            number = whole;
            return end;
        }

        if (json[end] != '.')
        {
            return Declined;
        }

        var digits = end - at;
        var from = ++end;
        for (; end < json.Length && (uint)(json[end] - '0') <= 9 && digits < JsonTokens.MaxDigits; end++, digits++)
        {
            whole = (whole * 10) + (json[end] - '0');
        }

        if (end == from || end >= json.Length || !JsonTokens.IsEndOfNumber(json, end))
        {
            return Declined;
        }

        number = whole / s_powers[end - from];
        return end;
    }

    int ReadMeta(ReadOnlySpan<byte> json, int at)
    {
        if (json[at] != '{')
        {
            return Declined;
        }

        var from = at + 1;
        while (true)
        {
            at = JsonTokens.SkipSpace(json, at + 1);
            if (at >= json.Length || json[at] != '"')
            {
                return Declined;
            }

            var nameAt = at + 1;
            var nameEnd = JsonTokens.EndOfString(json, nameAt);
            if (nameEnd < 0 || (at = JsonTokens.SkipSpace(json, nameEnd + 1)) >= json.Length || json[at] != ':'
                || (at = JsonTokens.SkipSpace(json, at + 1)) >= json.Length)
            {
                return Declined;
            }

            if (json[at] == '"')
            {
                var textAt = at + 1;
                at = JsonTokens.EndOfString(json, textAt);
                if (at < 0)
                {
                    return Declined;
                }

                var field = EventFields.Parse(json[nameAt..nameEnd]);
                at++;
                if (field >= EventField.Items)
                {
                    builder.SetMetaField(field, json[(textAt - 1)..at], isMeta: true);
                }
                else
                {
                    builder.SetMetaContext(field, json[textAt..(at - 1)]);
                }
            }
            else
            {
                var valueAt = at;
                at = JsonTokens.EndOfPlain(json, at);
                if (at >= 0 && EventFields.Parse(json[nameAt..nameEnd]) is var field and >= EventField.Items)
                {
                    builder.SetMetaField(field, json[valueAt..at], isMeta: true);
                }
            }

            if (at < 0 || (at = JsonTokens.SkipSpace(json, at)) >= json.Length)
            {
                return Declined;
            }

            if (json[at] == '}')
            {
                builder.Meta.AddMembers(json[from..at]);
                return at + 1;
            }

            if (json[at] != ',')
            {
                return Declined;
            }
        }
    }
}
