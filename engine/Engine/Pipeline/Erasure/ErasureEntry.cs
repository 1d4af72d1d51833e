using System.Buffers.Binary;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline.Erasure;

/// <summary>
/// The journal's entry of an erasure: version (1 byte), the store's number (2), the customer's key (16), the number of carts (4), and their keys
/// (16 each); little-endian, then zeros. It names nobody.
/// </summary>
/// <param name="Store">The store's number.</param>
/// <param name="Customer">The person's key.</param>
/// <param name="Carts">The keys of their carts.</param>
sealed record ErasureEntry(int Store, Hash128 Customer, IReadOnlyCollection<Hash128> Carts)
{
    /// <summary>
    /// Least length. FasterLog writes the last sector of the journal again with what comes after it: an entry longer than that makes sure that
    /// it never writes again what is before the entry, once that is durable.
    /// </summary>
    public const int MinSize = 1024;

    /// <summary>Maximum number of carts; a person with more has several entries.</summary>
    public const int MaxCarts = 10_000;

    const byte Version = 1;
    const int Header = 23, Key = 16;

    /// <summary>Encodes it.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Math.Max(MinSize, Header + (Key * Carts.Count))];
        bytes[0] = Version;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(1), (ushort)Store);
        Write(bytes.AsSpan(3), Customer);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(19), Carts.Count);
        var at = Header;
        foreach (var cart in Carts)
        {
            Write(bytes.AsSpan(at), cart);
            at += Key;
        }

        return bytes;
    }

    /// <summary>Decodes it.</summary>
    /// <exception cref="InvalidDataException">It is something else, or of a later version.</exception>
    public static ErasureEntry Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < MinSize || bytes[0] != Version || BinaryPrimitives.ReadInt32LittleEndian(bytes[19..]) is not (>= 0 and <= MaxCarts and var count)
            || bytes.Length < Header + (Key * count))
        {
            throw new InvalidDataException("The journal's entry of an erasure is invalid, or a later version of CartRecovery wrote it. Start that version.");
        }

        var carts = new Hash128[count];
        for (var i = 0; i < count; i++)
        {
            carts[i] = ReadKey(bytes[(Header + (Key * i))..]);
        }

        return new ErasureEntry(BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]), ReadKey(bytes[3..]), carts);
    }

    static void Write(Span<byte> bytes, in Hash128 key)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, key.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], key.High);
    }

    static Hash128 ReadKey(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
}
