using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace CartRecovery.Bench.Load;

/// <summary>The client side of RFC 6455 framing: masks outgoing frames, reads unmasked ones.</summary>
static class Frames
{
    public const byte Text = 1;
    public const byte Binary = 2;
    public const byte Close = 8;
    public const byte Ping = 9;
    public const byte Pong = 10;

    /// <summary>The maximum length of an outgoing header, in bytes.</summary>
    public const int MaxHeaderLength = 14;

    /// <summary>Writes the header of a single-frame message.</summary>
    /// <returns>The header's length in bytes.</returns>
    public static int WriteHeader(Span<byte> output, byte opcode, int payloadLength, uint mask)
    {
        output[0] = (byte)(0x80 | opcode);
        int length;
        if (payloadLength < 126)
        {
            output[1] = (byte)(0x80 | payloadLength);
            length = 2;
        }
        else if (payloadLength <= ushort.MaxValue)
        {
            output[1] = 0x80 | 126;
            BinaryPrimitives.WriteUInt16BigEndian(output[2..], (ushort)payloadLength);
            length = 4;
        }
        else
        {
            output[1] = 0x80 | 127;
            BinaryPrimitives.WriteInt64BigEndian(output[2..], payloadLength);
            length = 10;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(output[length..], mask);
        return length + 4;
    }

    /// <summary>Masks a payload in place.</summary>
    public static void Mask(Span<byte> payload, uint mask)
    {
        var wide = Vector256.Create(mask).AsByte();
        while (payload.Length >= Vector256<byte>.Count)
        {
            (Vector256.Create<byte>(payload) ^ wide).CopyTo(payload);
            payload = payload[Vector256<byte>.Count..];
        }

        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] ^= (byte)(mask >> (8 * (i & 3)));
        }
    }

    /// <summary>Reads the first frame in the server's output.</summary>
    /// <param name="input">The received bytes not yet consumed.</param>
    /// <param name="opcode">The frame's opcode.</param>
    /// <param name="payload">The frame's payload.</param>
    /// <returns>The frame's length; 0 if it is incomplete; −1 if a server may not send it here: masked, reserved bits,
    /// fragments, or longer than an <see cref="int"/>.</returns>
    public static int Read(ReadOnlySpan<byte> input, out byte opcode, out ReadOnlySpan<byte> payload)
    {
        opcode = 0;
        payload = default;
        if (input.Length < 2)
        {
            return 0;
        }

        if ((input[0] & 0xF0) != 0x80 || (input[1] & 0x80) != 0)
        {
            return -1;
        }

        var header = input[1] switch { 126 => 4, 127 => 10, _ => 2 };
        if (input.Length < header)
        {
            return 0;
        }

        var length = input[1] switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(input[2..]),
            127 => BinaryPrimitives.ReadInt64BigEndian(input[2..]),
            var small => (long)small,
        };
        if (length is < 0 or > int.MaxValue - 10)
        {
            return -1;
        }

        if (input.Length - header < length)
        {
            return 0;
        }

        opcode = (byte)(input[0] & 0x0F);
        payload = input.Slice(header, (int)length);
        return header + (int)length;
    }
}
