using System.Buffers.Binary;
using System.Text;

namespace CartRecovery.Engine.Monitoring.Collection;

/// <summary>Reads the fields of a Protocol Buffers message, in the order in which they are written.</summary>
ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    ReadOnlySpan<byte> _rest = message;
    int _type;

    /// <summary>The number of the field that <see cref="Next"/> read.</summary>
    public int Field { get; private set; }

    /// <summary>Reads the next field's number. Its value must be read or skipped.</summary>
    /// <returns><c>false</c> at the end.</returns>
    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var key = Varint();
        (Field, _type) = ((int)(key >> 3), (int)(key & 7));
        return true;
    }

    /// <summary>Whether the field holds bytes: a text, a message, or packed numbers.</summary>
    public readonly bool IsBytes => _type == 2;

    /// <summary>Reads bytes: the value of a message or of packed numbers.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        Expect(2);
        return Take(Varint());
    }

    /// <summary>Reads a text.</summary>
    public string Text() => Encoding.UTF8.GetString(Bytes());

    /// <summary>Reads a variable-length number.</summary>
    public ulong Number()
    {
        Expect(0);
        return Varint();
    }

    /// <summary>Reads a number of 64 bits.</summary>
    public ulong Fixed64()
    {
        Expect(1);
        return BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
    }

    /// <summary>Reads a double.</summary>
    public double Double() => BitConverter.UInt64BitsToDouble(Fixed64());

    /// <summary>Skips the field's value.</summary>
    public void Skip()
    {
        switch (_type)
        {
            case 0:
                Varint();
                break;
            case 1:
                Take(8);
                break;
            case 2:
                Take(Varint());
                break;
            case 5:
                Take(4);
                break;
            default:
                throw new FormatException($"field {Field} has the unknown wire type {_type}");
        }
    }

    /// <summary>Reads packed variable-length numbers, or one that is not packed, to the end of a list.</summary>
    public void Numbers(List<ulong> numbers)
    {
        if (!IsBytes)
        {
            numbers.Add(Number());
            return;
        }

        for (var packed = new ProtoReader(Bytes()); !packed._rest.IsEmpty;)
        {
            numbers.Add(packed.Varint());
        }
    }

    /// <summary>Reads packed numbers of 64 bits, or one that is not packed, to the end of a list.</summary>
    public void Fixed64s(List<ulong> numbers)
    {
        if (!IsBytes)
        {
            numbers.Add(Fixed64());
            return;
        }

        for (var packed = new ProtoReader(Bytes()); !packed._rest.IsEmpty;)
        {
            numbers.Add(BinaryPrimitives.ReadUInt64LittleEndian(packed.Take(8)));
        }
    }

    readonly void Expect(int type)
    {
        if (_type != type)
        {
            throw new FormatException($"field {Field} has the wire type {_type} instead of {type}");
        }
    }

    ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length)
        {
            throw new FormatException("the message ends within a field");
        }

        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    ulong Varint()
    {
        var value = 0ul;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("a number has more than ten bytes");
    }
}
