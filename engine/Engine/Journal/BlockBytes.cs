using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using CartRecovery.Engine.Events;

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

/// <summary>Reads numbers and bytes from untrusted input; throws if a <see cref="BlockWriter"/> cannot have written it.</summary>
ref struct BlockReader(ReadOnlySpan<byte> bytes)
{
    readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Number of bytes read.</summary>
    public int Position { get; private set; }

    public byte Byte() => Position < _bytes.Length ? _bytes[Position++] : throw Damaged();

    public ulong Unsigned()
    {
        ulong value = Byte();
        if (value < 0x80)
        {
            return value;
        }

        value &= 0x7f;
        for (var shift = 7; shift < 64; shift += 7)
        {
            var b = Byte();
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Damaged();
    }

    public long Signed()
    {
        var value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>Reads the eight bytes of a number.</summary>
    public ulong Long() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(sizeof(ulong)));

    /// <summary>Reads a number that is not above a limit.</summary>
    public int Unsigned(int limit)
    {
        var value = Unsigned();
        return value <= (ulong)limit ? (int)value : throw Damaged();
    }

    /// <summary>Reads the length of an id.</summary>
    public byte IdLength()
    {
        var length = Byte();
        return length <= EventSlab.MaxIdLength ? length : throw Damaged();
    }

    public ReadOnlySpan<byte> Bytes(int length)
    {
        if (length > _bytes.Length - Position)
        {
            throw Damaged();
        }

        var value = _bytes.Slice(Position, length);
        Position += length;
        return value;
    }

    /// <summary>Creates the exception to throw.</summary>
    public static JournalException Damaged() =>
        new("journal_damaged", "A block of events in the journal is damaged.");
}
