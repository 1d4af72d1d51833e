namespace CartRecovery.Engine.Events;

/// <summary>
/// What a shop sent beside the fields of the schema, as one JSON object on one line: the members of <c>meta</c>, then the unknown fields
/// of the event itself, each as it was written. Where a name comes twice, the later one counts. Reused from event to event.
/// </summary>
sealed class MetaText
{
    // What is kept from one event to the next: a connection's decoder holds two of these.
    const int Kept = 2048;

    byte[] _members = [];
    byte[] _fields = [];
    int _memberLength;
    int _fieldLength;

    /// <summary>Bytes of the object; 0 where there is none.</summary>
    public int Length =>
        _memberLength + _fieldLength == 0 ? 0 : 2 + _memberLength + _fieldLength + (_memberLength > 0 && _fieldLength > 0 ? 1 : 0);

    /// <summary>Forgets the event before.</summary>
    public void Clear()
    {
        _memberLength = _fieldLength = 0;
        if (_members.Length + _fields.Length > 2 * Kept)
        {
            _members = _fields = [];
        }
    }

    /// <summary>Takes what stands between the braces of a <c>meta</c>.</summary>
    public void AddMembers(ReadOnlySpan<byte> json) => Add(ref _members, ref _memberLength, json.Trim(" \t\r\n"u8));

    /// <summary>Takes a field of the event itself, from its name's first quote to its value's end.</summary>
    public void AddField(ReadOnlySpan<byte> json) => Add(ref _fields, ref _fieldLength, json);

    /// <summary>Writes the object.</summary>
    /// <param name="target">Of <see cref="Length"/> bytes.</param>
    public void CopyTo(Span<byte> target)
    {
        if (target.IsEmpty)
        {
            return;
        }

        target[0] = (byte)'{';
        _members.AsSpan(0, _memberLength).CopyTo(target[1..]);
        _fields.AsSpan(0, _fieldLength).CopyTo(target[^(_fieldLength + 1)..]);
        if (_memberLength > 0 && _fieldLength > 0)
        {
            target[_memberLength + 1] = (byte)',';
        }

        target[^1] = (byte)'}';
    }

    static void Add(ref byte[] text, ref int length, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
        {
            return;
        }

        var start = length == 0 ? 0 : length + 1;
        if (text.Length < start + json.Length)
        {
            Array.Resize(ref text, Math.Max(256, 2 * (start + json.Length)));
        }

        if (start > 0)
        {
            text[length] = (byte)',';
        }

        json.CopyTo(text.AsSpan(start));
        length = start + json.Length;

        // A line break in JSON is never part of a text, and a line of NDJSON has none.
        var added = text.AsSpan(start, json.Length);
        if (added.ContainsAny((byte)'\r', (byte)'\n'))
        {
            added.Replace((byte)'\r', (byte)' ');
            added.Replace((byte)'\n', (byte)' ');
        }
    }
}
