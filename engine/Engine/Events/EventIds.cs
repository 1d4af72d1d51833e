using System.Text.Json;

namespace CartRecovery.Engine.Events;

/// <summary>The ids of an event while it is read, in their order in the slab: <see cref="EventField.Id"/> to
/// <see cref="EventField.ProductId"/>. Reused from event to event.</summary>
sealed class EventIds
{
    const int Count = (int)EventField.ProductId;

    readonly byte[] _texts = new byte[Count * EventSlab.MaxIdLength];
    readonly byte[] _lengths = new byte[Count];

    /// <summary>The id of a field, empty where there is none.</summary>
    public ReadOnlySpan<byte> this[EventField field] => _texts.AsSpan(((int)field - 1) * EventSlab.MaxIdLength, _lengths[(int)field - 1]);

    /// <summary>Forgets the event before.</summary>
    public void Clear() => Array.Clear(_lengths);

    /// <summary>Takes the string that the reader is on.</summary>
    /// <returns>Its length, <see cref="JsonText.TooLong"/> or <see cref="JsonText.HalfCharacter"/>.</returns>
    public int Read(ref Utf8JsonReader reader, EventField field)
    {
        var target = _texts.AsSpan(((int)field - 1) * EventSlab.MaxIdLength, EventSlab.MaxIdLength);
        var raw = reader.ValueSpan;
        var length = reader.ValueIsEscaped ? JsonText.Unescape(raw, target) : raw.TryCopyTo(target) ? raw.Length : JsonText.TooLong;
        if (length >= 0)
        {
            _lengths[(int)field - 1] = (byte)length;
        }

        return length;
    }

    /// <summary>Writes the ids one behind the other.</summary>
    /// <returns>What is left of the target.</returns>
    public Span<byte> CopyTo(Span<byte> target)
    {
        for (var field = EventField.Id; field <= EventField.ProductId; field++)
        {
            var text = this[field];
            text.CopyTo(target);
            target = target[text.Length..];
        }

        return target;
    }
}
