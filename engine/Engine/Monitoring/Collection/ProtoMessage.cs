using System.Text;

namespace CartRecovery.Engine.Monitoring.Collection;

/// <summary>Writes the fields of a Protocol Buffers message.</summary>
sealed class ProtoMessage
{
    readonly MemoryStream _bytes = new();

    /// <summary>The message.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.GetBuffer().AsSpan(0, (int)_bytes.Length);

    /// <summary>Writes a variable-length number.</summary>
    public void Number(int field, ulong value)
    {
        Varint((ulong)field << 3);
        Varint(value);
    }

    /// <summary>Writes a number of 64 bits.</summary>
    public void Fixed64(int field, ulong value)
    {
        Varint(((ulong)field << 3) | 1);
        _bytes.Write(BitConverter.GetBytes(value));
    }

    /// <summary>Writes bytes: a message or a text.</summary>
    public void Write(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        _bytes.Write(value);
    }

    /// <summary>Writes a text.</summary>
    public void Text(int field, string value) => Write(field, Encoding.UTF8.GetBytes(value));

    void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes.WriteByte((byte)(value | 0x80));
        }

        _bytes.WriteByte((byte)value);
    }
}
