using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// Writes the format of <see cref="BlockReader"/>: numbers as little-endian groups of seven bits, zigzag-encoded if signed.
/// </summary>
/// <param name="bytes">Long enough for everything that will be written.</param>
ref struct BlockWriter(Span<byte> bytes)
{
    readonly Span<byte> _bytes = bytes;

    /// <summary>Number of bytes written.</summary>
    public int Length { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Byte(byte value) => _bytes[Length++] = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Unsigned(ulong value)
    {
        if (value < 0x80)
        {
            _bytes[Length++] = (byte)value;
        }
        else
        {
            Length += Write(_bytes[Length..], value);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Signed(long value) => Unsigned((ulong)((value << 1) ^ (value >> 63)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Bytes(scoped ReadOnlySpan<byte> value)
    {
        value.CopyTo(_bytes[Length..]);
        Length += value.Length;
    }

    /// <summary>Writes all eight bytes of a number that is as likely high as low.</summary>
    public void Long(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes[Length..], value);
        Length += sizeof(ulong);
    }

    static int Write(Span<byte> bytes, ulong value)
    {
        var length = 0;
        while (value >= 0x80)
        {
            bytes[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        bytes[length] = (byte)value;
        return length + 1;
    }
}
