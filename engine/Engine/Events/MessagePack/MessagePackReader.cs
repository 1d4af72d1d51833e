using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace CartRecovery.Engine.Events.MessagePack;

/// <summary>Kinds of MessagePack values.</summary>
enum MessagePackKind : byte
{
    /// <summary>Malformed: the bytes end within the value, or its first byte is invalid.</summary>
    Broken,
    Nil,
    Boolean,

    /// <summary>An integer that fits a signed 64-bit number.</summary>
    Integer,

    /// <summary>An integer that does not: <see cref="MessagePackReader.Integer"/> has its bits.</summary>
    Unsigned,
    Single,
    Double,
    Text,
    Binary,
    Array,
    Map,
    Extension,
}

/// <summary>
/// Reads MessagePack value by value. <see cref="Read"/> consumes only the header of an array or map, whose elements follow, and all of
/// any other value. Never reads beyond its bytes.
/// </summary>
/// <param name="bytes">One value, and what may follow it.</param>
ref struct MessagePackReader(ReadOnlySpan<byte> bytes)
{
    readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The offset of the next value.</summary>
    public int Position;

    /// <summary>The value of an integer; 1 for true.</summary>
    public long Integer;

    /// <summary>The value of a float.</summary>
    public double Real;

    /// <summary>The offset of the content of a text, binary or extension.</summary>
    public int Start;

    /// <summary>The length of that content, in bytes.</summary>
    public int Length;

    /// <summary>The declared number of elements of an array, or pairs of a map.</summary>
    public uint Count;

    /// <summary>The type of an extension.</summary>
    public sbyte ExtensionType;

    /// <summary>Content of a text, binary or extension.</summary>
    public readonly ReadOnlySpan<byte> Content => _bytes.Slice(Start, Length);

    /// <summary>Reads the next value, or the header of an array or map.</summary>
    public MessagePackKind Read()
    {
        if (Position >= _bytes.Length)
        {
            return MessagePackKind.Broken;
        }

        var first = _bytes[Position++];
        if (first is >= 0xa0 and < 0xc0)
        {
            return ReadContent((uint)(first & 0x1f), MessagePackKind.Text);
        }

        if (first is < 0x80 or >= 0xe0)
        {
            Integer = (sbyte)first;
            return MessagePackKind.Integer;
        }

        if (first < 0xa0)
        {
            Count = (uint)(first & 0x0f);
            return first < 0x90 ? MessagePackKind.Map : MessagePackKind.Array;
        }

        return ReadLong(first);
    }

    /// <summary>
    /// Reads the next value if it is a complete text of at most 255 bytes, as nearly all are: a fast path for <see cref="Read"/>.
    /// </summary>
    /// <param name="start">The offset of the text's content.</param>
    /// <param name="text">The content.</param>
    /// <returns><see langword="false"/>, without reading anything, if <see cref="Read"/> must be used.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadShortText(out int start, out ReadOnlySpan<byte> text)
    {
        start = Position + 1;
        text = default;
        if ((uint)start >= (uint)_bytes.Length)
        {
            return false;
        }

        int first = _bytes[start - 1], length = first & 0x1f;
        if (first == 0xd9)
        {
            length = _bytes[start++];
        }
        else if ((first & 0xe0) != 0xa0)
        {
            return false;
        }

        if (length > _bytes.Length - start)
        {
            return false;
        }

        text = _bytes.Slice(start, length);
        Position = start + length;
        return true;
    }

    /// <summary>Skips the next value with all its contents.</summary>
    /// <returns><see langword="false"/> if it is malformed.</returns>
    public bool Skip()
    {
        // Every value takes at least one byte, so this ends with the input whatever a count claims.
        for (var left = 1L; left > 0; left--)
        {
            switch (Read())
            {
                case MessagePackKind.Broken:
                    return false;
                case MessagePackKind.Array:
                    left += Count;
                    break;
                case MessagePackKind.Map:
                    left += 2L * Count;
                    break;
            }
        }

        return true;
    }

    MessagePackKind ReadLong(byte first)
    {
        switch (first)
        {
            case 0xc0:
                return MessagePackKind.Nil;
            case 0xc2 or 0xc3:
                Integer = first & 1;
                return MessagePackKind.Boolean;
            case 0xc4 or 0xc5 or 0xc6:
                return TryReadLength(first - 0xc4, out var binary) ? ReadContent(binary, MessagePackKind.Binary) : MessagePackKind.Broken;
            case 0xc7 or 0xc8 or 0xc9:
                return TryReadLength(first - 0xc7, out var extension) ? ReadExtension(extension) : MessagePackKind.Broken;
            case 0xca or 0xcb:
                return ReadReal(isSingle: first == 0xca);
            case 0xcc:
                return TryTake(1, out var from) ? Whole(from[0]) : MessagePackKind.Broken;
            case 0xcd:
                return TryTake(2, out from) ? Whole(BinaryPrimitives.ReadUInt16BigEndian(from)) : MessagePackKind.Broken;
            case 0xce:
                return TryTake(4, out from) ? Whole(BinaryPrimitives.ReadUInt32BigEndian(from)) : MessagePackKind.Broken;
            case 0xcf:
                return !TryTake(8, out from) ? MessagePackKind.Broken
                    : Whole(BinaryPrimitives.ReadInt64BigEndian(from)) is var kind && Integer < 0 ? MessagePackKind.Unsigned : kind;
            case 0xd0:
                return TryTake(1, out from) ? Whole((sbyte)from[0]) : MessagePackKind.Broken;
            case 0xd1:
                return TryTake(2, out from) ? Whole(BinaryPrimitives.ReadInt16BigEndian(from)) : MessagePackKind.Broken;
            case 0xd2:
                return TryTake(4, out from) ? Whole(BinaryPrimitives.ReadInt32BigEndian(from)) : MessagePackKind.Broken;
            case 0xd3:
                return TryTake(8, out from) ? Whole(BinaryPrimitives.ReadInt64BigEndian(from)) : MessagePackKind.Broken;
            case >= 0xd4 and <= 0xd8:
                return ReadExtension(1u << (first - 0xd4));
            case 0xd9 or 0xda or 0xdb:
                return TryReadLength(first - 0xd9, out var text) ? ReadContent(text, MessagePackKind.Text) : MessagePackKind.Broken;
            case 0xdc or 0xdd:
                return TryReadLength(first - 0xdb, out Count) ? MessagePackKind.Array : MessagePackKind.Broken;
            case 0xde or 0xdf:
                return TryReadLength(first - 0xdd, out Count) ? MessagePackKind.Map : MessagePackKind.Broken;
            default:
                return MessagePackKind.Broken;
        }
    }

    // Reads a length of 1, 2 or 4 bytes (exponent 0, 1 or 2).
    bool TryReadLength(int exponent, out uint length)
    {
        length = 0;
        var size = 1 << exponent;
        if (_bytes.Length - Position < size)
        {
            return false;
        }

        var from = _bytes[Position..];
        length = size == 1 ? from[0] : size == 2 ? BinaryPrimitives.ReadUInt16BigEndian(from) : BinaryPrimitives.ReadUInt32BigEndian(from);
        Position += size;
        return true;
    }

    MessagePackKind ReadContent(uint length, MessagePackKind kind)
    {
        if (length > (uint)(_bytes.Length - Position))
        {
            return MessagePackKind.Broken;
        }

        Start = Position;
        Length = (int)length;
        Position += Length;
        return kind;
    }

    MessagePackKind ReadExtension(uint length)
    {
        if (Position >= _bytes.Length)
        {
            return MessagePackKind.Broken;
        }

        ExtensionType = (sbyte)_bytes[Position++];
        return ReadContent(length, MessagePackKind.Extension);
    }

    MessagePackKind Whole(long number)
    {
        Integer = number;
        return MessagePackKind.Integer;
    }

    bool TryTake(int size, out ReadOnlySpan<byte> taken)
    {
        if (_bytes.Length - Position < size)
        {
            taken = default;
            return false;
        }

        taken = _bytes.Slice(Position, size);
        Position += size;
        return true;
    }

    MessagePackKind ReadReal(bool isSingle)
    {
        if (!TryTake(isSingle ? sizeof(float) : sizeof(double), out var from))
        {
            return MessagePackKind.Broken;
        }

        Real = isSingle ? BinaryPrimitives.ReadSingleBigEndian(from) : BinaryPrimitives.ReadDoubleBigEndian(from);
        return isSingle ? MessagePackKind.Single : MessagePackKind.Double;
    }
}
