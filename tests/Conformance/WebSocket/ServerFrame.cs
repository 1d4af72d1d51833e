using System.Buffers.Binary;
using System.Text;

namespace CartRecovery.Tests.Conformance.WebSocket;

/// <summary>A server frame, parsed as strictly as RFC 6455 permits a client.</summary>
sealed record ServerFrame(int Opcode, byte[] Payload)
{
    public string Text => Encoding.UTF8.GetString(Payload);

    public int CloseCode => Payload.Length < 2 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(Payload);

    /// <summary>Parses the first frame.</summary>
    /// <returns>Its length; 0 if it is incomplete.</returns>
    public static int TryRead(ReadOnlySpan<byte> input, out ServerFrame frame)
    {
        frame = null!;
        if (input.Length < 2)
        {
            return 0;
        }

        Assert.That(input[0] & 0xf0, Is.EqualTo(0x80), "the server sends unfragmented messages without reserved bits");
        Assert.That(input[1] & 0x80, Is.Zero, "the server's frames are not masked");
        var head = (input[1] & 0x7f) switch { 126 => 4, 127 => 10, _ => 2 };
        if (input.Length < head)
        {
            return 0;
        }

        var length = head switch
        {
            4 => BinaryPrimitives.ReadUInt16BigEndian(input[2..]),
            10 => BinaryPrimitives.ReadInt64BigEndian(input[2..]),
            _ => input[1] & 0x7f,
        };
        Assert.That(length, head switch { 4 => Is.GreaterThan(125), 10 => Is.GreaterThan(65_535), _ => Is.LessThan(126) }, "the shortest length encoding");
        if (input.Length - head < length)
        {
            return 0;
        }

        frame = new ServerFrame(input[0] & 0x0f, input.Slice(head, (int)length).ToArray());
        Assert.That(frame.Opcode, Is.AnyOf(1, 2, 8, 9, 10));
        return head + (int)length;
    }

    /// <summary>Parses all frames; fails on trailing bytes and on frames after a close.</summary>
    public static List<ServerFrame> ReadAll(ReadOnlySpan<byte> input)
    {
        var frames = new List<ServerFrame>();
        while (input.Length > 0)
        {
            var length = TryRead(input, out var frame);
            Assert.That(length, Is.Positive, "the server's last frame is truncated");
            if (frames is [.., { Opcode: 8 }])
            {
                Assert.Fail("bytes follow the close frame");
            }

            frames.Add(frame);
            input = input[length..];
        }

        return frames;
    }
}
