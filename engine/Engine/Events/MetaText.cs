namespace CartRecovery.Engine.Events;

/// <summary>
/// What a shop sent beside the fields of the schema, as one JSON object on one line: the members of <c>meta</c>, then the unknown fields
/// of the event itself. Where a name comes twice, the later one counts. Reused from event to event.
/// </summary>
/// <param name="limit">The longest that <see cref="Length"/> should be.</param>
sealed class MetaText(int limit)
{
    // What is kept from one event to the next: a connection's decoder holds two of these.
    const int Kept = 2048;

    /// <summary>The members of <c>meta</c>, comma-separated.</summary>
    public TextBuffer Members { get; } = new();

    /// <summary>The unknown fields of the event itself, comma-separated.</summary>
    public TextBuffer Fields { get; } = new();

    /// <summary>Bytes of the object; 0 where there is none.</summary>
    public int Length => Members.Length + Fields.Length == 0
        ? 0 : 2 + Members.Length + Fields.Length + (Members.Length > 0 && Fields.Length > 0 ? 1 : 0);

    /// <summary>It is longer than an event may be.</summary>
    public bool IsTooLong => Length > limit;

    /// <summary>Forgets the event before.</summary>
    public void Clear()
    {
        if (Members.Capacity + Fields.Capacity > 2 * Kept)
        {
            Members.Free();
            Fields.Free();
        }

        Members.Truncate(0);
        Fields.Truncate(0);
    }

    /// <summary>Takes what stands between the braces of a <c>meta</c> in JSON, as it was written.</summary>
    public void AddMembers(ReadOnlySpan<byte> json) => Add(Members, json.Trim(" \t\r\n"u8));

    /// <summary>Takes a field of the event itself in JSON, as it was written, from its name's first quote to its value's end.</summary>
    public void AddField(ReadOnlySpan<byte> json) => Add(Fields, json);

    /// <summary>Writes the object.</summary>
    /// <param name="target">Of <see cref="Length"/> bytes.</param>
    public void CopyTo(Span<byte> target)
    {
        if (target.IsEmpty)
        {
            return;
        }

        target[0] = (byte)'{';
        Members.Text.CopyTo(target[1..]);
        Fields.Text.CopyTo(target[^(Fields.Length + 1)..]);
        if (Members.Length > 0 && Fields.Length > 0)
        {
            target[Members.Length + 1] = (byte)',';
        }

        target[^1] = (byte)'}';
    }

    static void Add(TextBuffer text, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
        {
            return;
        }

        if (text.Length > 0)
        {
            text.Write((byte)',');
        }

        var start = text.Length;
        text.Write(json);

        // A line break in JSON is never part of a text, and a line of NDJSON has none.
        var added = text.Text[start..];
        if (added.ContainsAny((byte)'\r', (byte)'\n'))
        {
            added.Replace((byte)'\r', (byte)' ');
            added.Replace((byte)'\n', (byte)' ');
        }
    }
}
