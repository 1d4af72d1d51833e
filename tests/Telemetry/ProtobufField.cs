using System.Buffers.Binary;
using System.Text;

namespace CartRecovery.Tests.Telemetry;

/// <summary>A field of a protobuf message, read without its schema.</summary>
/// <param name="Number">The field's number.</param>
/// <param name="Bytes">The bytes of a text, blob or message.</param>
/// <param name="Value">The value of a number.</param>
readonly record struct ProtobufField(int Number, ReadOnlyMemory<byte> Bytes, ulong Value)
{
    public string Text => Encoding.UTF8.GetString(Bytes.Span);

    public string Hex => Convert.ToHexStringLower(Bytes.Span);

    /// <summary>The fields of a message.</summary>
    public static IEnumerable<ProtobufField> Read(ReadOnlyMemory<byte> message)
    {
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            var (number, length, value) = ((int)(tag >> 3), 0, 0UL);
            switch (tag & 7)
            {
                case 0:
                    value = Varint(message, ref at);
                    break;
                case 1:
                    (length, value) = (8, BinaryPrimitives.ReadUInt64LittleEndian(message.Span[at..]));
                    break;
                case 2:
                    length = (int)Varint(message, ref at);
                    break;
                case 5:
                    (length, value) = (4, BinaryPrimitives.ReadUInt32LittleEndian(message.Span[at..]));
                    break;
                default:
                    throw new InvalidDataException($"wire type {tag & 7}");
            }

            yield return new ProtobufField(number, message.Slice(at, length), value);
            at += length;
        }
    }

    /// <summary>The fields at a path of field numbers.</summary>
    public static IEnumerable<ProtobufField> At(ReadOnlyMemory<byte> message, params int[] path) =>
        Read(message).Where(f => f.Number == path[0]).SelectMany(f => path.Length == 1 ? [f] : At(f.Bytes, path[1..]));

    static ulong Varint(ReadOnlyMemory<byte> message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var part = message.Span[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }
}
