using System.Buffers.Binary;
using System.Text;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>Writes the fields of a Protocol Buffers message: a tag of field number and wire type, then the value.</summary>
sealed class ProtoWriter
{
    readonly MemoryStream _bytes = new();

    internal byte[] ToArray() => _bytes.ToArray();

    internal ProtoWriter Int(int field, long value)
    {
        Tag(field, 0);
        Varint((ulong)value);
        return this;
    }

    internal ProtoWriter Float(int field, float value)
    {
        Tag(field, 5);
        Raw([value]);
        return this;
    }

    internal ProtoWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    internal ProtoWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, 2);
        Varint((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    internal ProtoWriter Message(int field, ProtoWriter message) => Bytes(field, message._bytes.GetBuffer().AsSpan(0, (int)message._bytes.Length));

    /// <summary>Writes a packed list.</summary>
    internal ProtoWriter Ints(int field, ReadOnlySpan<long> values)
    {
        var packed = new ProtoWriter();
        foreach (var value in values)
        {
            packed.Varint((ulong)value);
        }

        return Message(field, packed);
    }

    /// <summary>Writes a packed list.</summary>
    internal ProtoWriter Floats(int field, ReadOnlySpan<float> values)
    {
        var packed = new ProtoWriter();
        packed.Raw(values);
        return Message(field, packed);
    }

    void Tag(int field, int wireType) => Varint((ulong)field << 3 | (uint)wireType);

    void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes.WriteByte((byte)(value | 0x80));
        }

        _bytes.WriteByte((byte)value);
    }

    void Raw(ReadOnlySpan<float> values)
    {
        Span<byte> four = stackalloc byte[4];
        foreach (var value in values)
        {
            BinaryPrimitives.WriteSingleLittleEndian(four, value);
            _bytes.Write(four);
        }
    }
}
