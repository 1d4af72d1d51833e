using System.Buffers.Binary;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline.Erasure;

/// <summary>
/// The journal entry of an erasure, without personal data. Format, little-endian, padded with zeros: version (1 byte), store number (2),
/// customer key (16), number of carts (4), cart keys (16 each).
/// </summary>
/// <param name="Store">The store's number.</param>
/// <param name="Customer">The person's key.</param>
/// <param name="Carts">The keys of their carts.</param>
sealed record ErasureEntry(int Store, Hash128 Customer, IReadOnlyCollection<Hash128> Carts)
{
    /// <summary>
    /// Minimum length. FasterLog rewrites the journal's last sector when it appends. Once an entry longer than a sector is durable,
    /// FasterLog never again rewrites anything before it.
    /// </summary>
    public const int MinSize = 1024;

    /// <summary>Maximum number of carts of an entry; a person with more carts has several entries.</summary>
    public const int MaxCarts = 10_000;

    const byte Version = 1;
    const int Header = 23, Key = 16;

    /// <summary>Encodes the entry.</summary>
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

    /// <summary>Decodes an entry.</summary>
    /// <exception cref="InvalidDataException">The bytes are not an erasure entry, or a later version wrote them.</exception>
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
