using System.Buffers.Binary;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Encryption;

/// <summary>The place that an event's encrypted meta is sealed for: its use, the store's number and the person.</summary>
public static class SealedMeta
{
    /// <summary>Size of a place, in bytes.</summary>
    public const int PlaceSize = 19;

    const byte Use = 1;

    /// <summary>Writes a place.</summary>
    /// <param name="place">Receives the place; <see cref="PlaceSize"/> bytes.</param>
    /// <param name="store">The store's number.</param>
    /// <param name="person">The customer's key, or the cart's if nobody is signed in.</param>
    public static void WritePlace(Span<byte> place, int store, in Hash128 person)
    {
        place[0] = Use;
        BinaryPrimitives.WriteUInt16LittleEndian(place[1..], (ushort)store);
        BinaryPrimitives.WriteUInt64LittleEndian(place[3..], person.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(place[11..], person.High);
    }
}
