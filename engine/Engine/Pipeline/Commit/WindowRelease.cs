using System.Buffers;
using System.Buffers.Binary;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline.Commit;

/// <summary>Frees the window that a decision took, because nobody saw its offer.</summary>
/// <param name="Cart">The cart's key.</param>
/// <param name="At">The decision's time, in event time. A later decision keeps its window.</param>
/// <param name="Number">The campaign's number; <see cref="NoNumber"/> if it is gone.</param>
readonly record struct WindowRelease(Hash128 Cart, long At, byte Number)
{
    /// <summary>No campaign.</summary>
    public const byte NoNumber = byte.MaxValue;

    const int Size = 25;

    /// <summary>Encodes it for the journal: the key, the time, the number. Little-endian.</summary>
    public ReadOnlySpan<byte> WriteTo(ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        var target = buffer.GetSpan(Size);
        BinaryPrimitives.WriteUInt64LittleEndian(target, Cart.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], Cart.High);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], At);
        target[24] = Number;
        buffer.Advance(Size);
        return buffer.WrittenSpan;
    }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static WindowRelease Read(ReadOnlySpan<byte> payload) => payload.Length == Size
        ? new(new Hash128(BinaryPrimitives.ReadUInt64LittleEndian(payload), BinaryPrimitives.ReadUInt64LittleEndian(payload[8..])),
            BinaryPrimitives.ReadInt64LittleEndian(payload[16..]), payload[24])
        : throw new InvalidDataException("An entry of a freed window has another length.");
}
