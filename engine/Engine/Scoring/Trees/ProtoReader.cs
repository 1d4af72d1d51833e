using System.Buffers.Binary;
using System.Text;

namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>
/// Reads the fields of a Protocol Buffers message from untrusted bytes: malformed input throws <see cref="InvalidDataException"/>, and
/// claimed lengths never cause allocations.
/// </summary>
ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    const int Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5;

    ReadOnlySpan<byte> _rest = message;
    ReadOnlySpan<byte> _bytes;
    ulong _number;
    int _wireType;

    /// <summary>Number of the field read last.</summary>
    internal int Field { get; private set; }

    /// <summary>The field's integer value.</summary>
    internal readonly long Int => _wireType == Varint ? (long)_number : throw Malformed();

    /// <summary>The field's value as bytes: a text, bytes or a message.</summary>
    internal readonly ReadOnlySpan<byte> Bytes => _wireType == Delimited ? _bytes : throw Malformed();

    /// <summary>The field's value as text.</summary>
    internal readonly string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>Reads the next field.</summary>
    internal bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = TakeVarint(ref _rest);
        if (tag >> 3 is 0 or > 0x1FFF_FFFF)
        {
            throw Malformed();
        }

        Field = (int)(tag >> 3);
        _wireType = (int)(tag & 7);
        switch (_wireType)
        {
            case Varint:
                _number = TakeVarint(ref _rest);
                break;
            case Fixed64:
                _bytes = Take(8);
                break;
            case Fixed32:
                _number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            case Delimited:
                var length = TakeVarint(ref _rest);
                _bytes = length <= (ulong)_rest.Length ? Take((int)length) : throw Malformed();
                break;
            default:
                throw Malformed();
        }
        return true;
    }

    /// <summary>Adds the integers of a repeated field, packed or not.</summary>
    internal readonly void AddInts(List<long> to)
    {
        if (_wireType != Delimited)
        {
            to.Add(Int);
            return;
        }
        for (var packed = _bytes; !packed.IsEmpty;)
        {
            to.Add((long)TakeVarint(ref packed));
        }
    }

    /// <summary>Adds the floats of a repeated field, packed or not.</summary>
    internal readonly void AddFloats(List<float> to)
    {
        if (_wireType == Fixed32)
        {
            to.Add(BitConverter.UInt32BitsToSingle((uint)_number));
            return;
        }
        if (_wireType != Delimited || _bytes.Length % 4 != 0)
        {
            throw Malformed();
        }

        for (var packed = _bytes; !packed.IsEmpty; packed = packed[4..])
        {
            to.Add(BinaryPrimitives.ReadSingleLittleEndian(packed));
        }
    }

    ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw Malformed();
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    static ulong TakeVarint(ref ReadOnlySpan<byte> from)
    {
        ulong value = 0;
        for (var i = 0; i < Math.Min(from.Length, 10); i++)
        {
            value |= (ulong)(from[i] & 0x7F) << (7 * i);
            if (from[i] >= 0x80)
            {
                continue;
            }

            from = from[(i + 1)..];
            return value;
        }
        throw Malformed();
    }

    static InvalidDataException Malformed() => new("malformed Protocol Buffers message");
}
