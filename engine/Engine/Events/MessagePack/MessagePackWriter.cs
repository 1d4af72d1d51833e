using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace CartRecovery.Engine.Events.MessagePack;

/// <summary>Writes MessagePack, each value in its shortest form.</summary>
/// <param name="target">Where to; long enough.</param>
ref struct MessagePackWriter(Span<byte> target)
{
    // The form that a number of three characters and a comma takes is 9 bytes long; nothing grows more.
    const int MostGrowth = 3;
    const int Longest = 16;

    readonly Span<byte> _target = target;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>The same as a JSON text says.</summary>
    /// <param name="json">One value, in well-formed JSON.</param>
    public static byte[] FromJson(ReadOnlySpan<byte> json)
    {
        var bytes = ArrayPool<byte>.Shared.Rent((json.Length * MostGrowth) + Longest);
        var writer = new MessagePackWriter(bytes);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        writer.Write(ref reader);
        var packed = bytes.AsSpan(0, writer.Length).ToArray();
        ArrayPool<byte>.Shared.Return(bytes);
        return packed;
    }

    /// <summary>Begins a map; its names and values follow in turns.</summary>
    public void WriteMap(int pairs) => WriteHead(pairs, 0x80, 0x0f, 0xdd);

    /// <summary>Begins an array; its elements follow.</summary>
    public void WriteArray(int elements) => WriteHead(elements, 0x90, 0x0f, 0xdb);

    /// <summary>Writes a text.</summary>
    /// <param name="text">In UTF-8.</param>
    public void WriteText(scoped ReadOnlySpan<byte> text)
    {
        if (text.Length is > 0x1f and <= byte.MaxValue)
        {
            Put(0xd9);
            Put((byte)text.Length);
        }
        else
        {
            WriteHead(text.Length, 0xa0, 0x1f, 0xd9);
        }

        text.CopyTo(_target[Length..]);
        Length += text.Length;
    }

    /// <summary>Writes a whole number.</summary>
    public void WriteInteger(long number)
    {
        switch (number)
        {
            case >= -32 and <= 127:
                Put((byte)number);
                break;
            case >= 0 and <= byte.MaxValue:
                Put(0xcc);
                Put((byte)number);
                break;
            case >= 0 and <= ushort.MaxValue:
                Put(0xcd);
                PutTwo((ushort)number);
                break;
            case >= 0 and <= uint.MaxValue:
                Put(0xce);
                PutFour((uint)number);
                break;
            case >= int.MinValue and < 0:
                Put(0xd2);
                PutFour((uint)number);
                break;
            default:
                Put(0xd3);
                BinaryPrimitives.WriteInt64BigEndian(_target[Length..], number);
                Length += sizeof(long);
                break;
        }
    }

    void Write(ref Utf8JsonReader value)
    {
        switch (value.TokenType)
        {
            case JsonTokenType.StartObject:
                WriteChildren(ref value, JsonTokenType.EndObject, 0x80, 0xdd);
                break;
            case JsonTokenType.StartArray:
                WriteChildren(ref value, JsonTokenType.EndArray, 0x90, 0xdb);
                break;
            case JsonTokenType.String or JsonTokenType.PropertyName:
                WriteText(ref value);
                break;
            case JsonTokenType.Number when value.TryGetInt64(out var whole):
                WriteInteger(whole);
                break;
            case JsonTokenType.Number:
                Put(0xcb);
                BinaryPrimitives.WriteDoubleBigEndian(_target[Length..], value.GetDouble());
                Length += sizeof(double);
                break;
            case JsonTokenType.True:
                Put(0xc3);
                break;
            case JsonTokenType.False:
                Put(0xc2);
                break;
            default:
                Put(0xc0);
                break;
        }
    }

    // How many there are is known at their end: a count that does not fit in the first byte moves them along.
    void WriteChildren(ref Utf8JsonReader value, JsonTokenType end, byte shortForm, byte beforeLongForms)
    {
        var start = Length++;
        var count = 0;
        for (value.Read(); value.TokenType != end; value.Read())
        {
            // A name is not counted, its value is.
            count += value.TokenType == JsonTokenType.PropertyName ? 0 : 1;
            Write(ref value);
        }

        var head = new MessagePackWriter(stackalloc byte[1 + sizeof(uint)]);
        head.WriteHead(count, shortForm, 0x0f, beforeLongForms);
        _target[(start + 1)..Length].CopyTo(_target[(start + head.Length)..]);
        head._target[..head.Length].CopyTo(_target[start..]);
        Length += head.Length - 1;
    }

    void WriteText(ref Utf8JsonReader value)
    {
        if (!value.ValueIsEscaped)
        {
            WriteText(value.ValueSpan);
            return;
        }

        var plain = ArrayPool<byte>.Shared.Rent(value.ValueSpan.Length);
        WriteText(plain.AsSpan(0, value.CopyString(plain)));
        ArrayPool<byte>.Shared.Return(plain);
    }

    // The short form has the count in its first byte; of the long ones the first is that with two bytes of it, less one.
    void WriteHead(int count, byte shortForm, int mostShort, byte beforeLongForms)
    {
        if (count <= mostShort)
        {
            Put((byte)(shortForm | count));
        }
        else if (count <= ushort.MaxValue)
        {
            Put((byte)(beforeLongForms + 1));
            PutTwo((ushort)count);
        }
        else
        {
            Put((byte)(beforeLongForms + 2));
            PutFour((uint)count);
        }
    }

    void Put(byte one) => _target[Length++] = one;

    void PutTwo(ushort number)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_target[Length..], number);
        Length += sizeof(ushort);
    }

    void PutFour(uint number)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_target[Length..], number);
        Length += sizeof(uint);
    }
}
