using System.Buffers.Binary;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Journal;

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
