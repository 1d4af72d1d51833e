using System.Buffers;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Events;

/// <summary>
/// Collects data outside the schema as one JSON object on one line: the members of <c>meta</c>, then the event's unknown fields. The last
/// of duplicate names wins. Reused for all events.
/// </summary>
sealed class MetaText
{
    // Capacity retained between events.
    const int Kept = 2048;

    // Line breaks, and what every address has in it: most metas have none of them.
    static readonly SearchValues<byte> s_special = SearchValues.Create("\r\n@+\\"u8);

    bool _mayBePersonal;
    int _searched;

    /// <summary>Members of <c>meta</c>, comma-separated.</summary>
    public TextBuffer Members { get; } = new();

    /// <summary>The event's unknown fields, comma-separated.</summary>
    public TextBuffer Fields { get; } = new();

    /// <summary>Length of the object, in bytes; 0 for none.</summary>
    public int Length => Members.Length + Fields.Length == 0
        ? 0 : 2 + Members.Length + Fields.Length + (Members.Length > 0 && Fields.Length > 0 ? 1 : 0);

    /// <summary>Clears it for the next event.</summary>
    public void Clear()
    {
        if (Members.Capacity + Fields.Capacity > 2 * Kept)
        {
            Members.Free();
            Fields.Free();
        }

        Members.Truncate(0);
        Fields.Truncate(0);
        (_mayBePersonal, _searched) = (false, 0);
    }

    /// <summary>Adds the text between the braces of a JSON <c>meta</c>, as written.</summary>
    public void AddMembers(ReadOnlySpan<byte> json) => Add(Members, json.Trim(" \t\r\n"u8));

    /// <summary>Adds a JSON field of the event, as written, from its name's opening quote to its value's end.</summary>
    public void AddField(ReadOnlySpan<byte> json) => Add(Fields, json);

    /// <summary>Writes the object.</summary>
    /// <param name="target">Receives <see cref="Length"/> bytes.</param>
    /// <param name="type">The event's type.</param>
    /// <param name="slab">Its slab, which is told of personal data.</param>
    public void CopyTo(Span<byte> target, EventType type, EventSlab slab)
    {
        if (target.IsEmpty)
        {
            return;
        }

        CopyTo(target);
        var mayBePersonal = _mayBePersonal || type == EventType.Identify || _searched != Members.Length + Fields.Length;
        slab.HasPersonalData |= mayBePersonal && PersonalMeta.Is(type, target);
    }

    /// <summary>Writes the object, if there is one.</summary>
    /// <param name="target">Receives <see cref="Length"/> bytes.</param>
    public void CopyTo(Span<byte> target)
    {
        target[0] = (byte)'{';
        Members.Text.CopyTo(target[1..]);
        Fields.Text.CopyTo(target[^(Fields.Length + 1)..]);
        if (Members.Length > 0 && Fields.Length > 0)
        {
            target[Members.Length + 1] = (byte)',';
        }

        target[^1] = (byte)'}';
    }

    /// <summary>Replaces the items.</summary>
    /// <param name="json">The object, as <see cref="CopyTo(Span{byte})"/> wrote it.</param>
    /// <param name="items">The new items, in JSON.</param>
    public void SetItems(ReadOnlySpan<byte> json, ReadOnlySpan<byte> items)
    {
        Members.Truncate(0);
        Fields.Truncate(0);
        _searched = 0;
        var members = new JsonMembers(json, 0);
        while (members.ReadName())
        {
            var end = JsonSyntax.EndOfValue(json, members.ValueStart);
            if (!members.Name.SequenceEqual("items"u8))
            {
                Add(Fields, json[members.NameStart..end]);
            }

            members.EndValue(end);
        }

        Add(Fields, [.. "\"items\":"u8, .. items]);
    }

    void Add(TextBuffer text, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
        {
            return;
        }

        var start = text.Length;
        if (start > 0)
        {
            text.Write((byte)',');
        }

        text.Write(json);
        _searched += text.Length - start;
        if (json.ContainsAny(s_special))
        {
            // A line break in JSON is always white space; NDJSON allows none within a line.
            var added = text.Text[start..];
            added.Replace((byte)'\r', (byte)' ');
            added.Replace((byte)'\n', (byte)' ');
            _mayBePersonal = true;
        }

        _mayBePersonal |= PersonalMeta.NamesNumber(json);
    }
}
