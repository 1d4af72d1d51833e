using System.Text;

namespace CartRecovery.Tests.Monitoring.Collection;

/// <summary>Writes Protocol Buffers messages.</summary>
sealed class ProtoWriter
{
    readonly MemoryStream _bytes = new();

    public byte[] ToArray() => _bytes.ToArray();

    public ProtoWriter Number(int field, ulong value) => Varint((ulong)field << 3).Varint(value);

    public ProtoWriter Fixed64(int field, ulong value) => Varint(((ulong)field << 3) | 1).Raw(BitConverter.GetBytes(value));

    public ProtoWriter Double(int field, double value) => Fixed64(field, BitConverter.DoubleToUInt64Bits(value));

    public ProtoWriter Bytes(int field, byte[] value) => Varint(((ulong)field << 3) | 2).Varint((ulong)value.Length).Raw(value);

    public ProtoWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtoWriter Message(int field, Action<ProtoWriter> write)
    {
        var inner = new ProtoWriter();
        write(inner);
        return Bytes(field, inner.ToArray());
    }

    public ProtoWriter Packed(int field, params ulong[] values)
    {
        var inner = new ProtoWriter();
        foreach (var value in values)
        {
            inner.Varint(value);
        }

        return Bytes(field, inner.ToArray());
    }

    ProtoWriter Raw(byte[] value)
    {
        _bytes.Write(value);
        return this;
    }

    ProtoWriter Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes.WriteByte((byte)(value | 0x80));
        }

        _bytes.WriteByte((byte)value);
        return this;
    }
}
