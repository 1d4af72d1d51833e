using System.Buffers.Binary;
using System.Text;

namespace CartRecovery.Tests.Conformance.WebSocket;

/// <summary>Builds client frames, valid or not, without checks.</summary>
static class ClientFrame
{
    public const int Continuation = 0, TextOpcode = 1, BinaryOpcode = 2, CloseOpcode = 8, PingOpcode = 9, PongOpcode = 10;

    public static byte[] Of(int opcode, ReadOnlySpan<byte> payload, bool fin = true, int reserved = 0, uint? mask = 0x9c4d_21f3, long? length = null)
    {
        var head = new byte[14];
        head[0] = (byte)((fin ? 0x80 : 0) | (reserved << 4) | opcode);
        var at = 2;
        var told = length ?? payload.Length;
        switch (told)
        {
            case >= 0 and < 126:
                head[1] = (byte)told;
                break;
            case >= 126 and <= ushort.MaxValue:
                head[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(2), (ushort)told);
                at = 4;
                break;
            default:
                head[1] = 127;
                BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(2), told);
                at = 10;
                break;
        }

        if (mask is not { } key)
        {
            return [.. head[..at], .. payload];
        }

        head[1] |= 0x80;
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(at), key);
        byte[] frame = [.. head[..(at + 4)], .. payload];
        for (var i = 0; i < payload.Length; i++)
        {
            frame[at + 4 + i] ^= (byte)(key >> (8 * (i & 3)));
        }

        return frame;
    }

    public static byte[] Text(string text, bool fin = true) => Of(TextOpcode, Encoding.UTF8.GetBytes(text), fin);

    public static byte[] Text(byte[] text, bool fin = true) => Of(TextOpcode, text, fin);

    public static byte[] Binary(byte[] payload, bool fin = true) => Of(BinaryOpcode, payload, fin);

    public static byte[] Continue(string text, bool fin) => Of(Continuation, Encoding.UTF8.GetBytes(text), fin);

    public static byte[] Continue(byte[] payload, bool fin) => Of(Continuation, payload, fin);

    public static byte[] Ping(string payload = "") => Of(PingOpcode, Encoding.UTF8.GetBytes(payload));

    public static byte[] Pong(string payload = "") => Of(PongOpcode, Encoding.UTF8.GetBytes(payload));

    public static byte[] Close(int code, string reason = "") => Close(code, Encoding.UTF8.GetBytes(reason));

    public static byte[] Close(int code, byte[] reason) => Of(CloseOpcode, [(byte)(code >> 8), (byte)code, .. reason]);

    public static byte[] Close() => Of(CloseOpcode, []);

    public static byte[] Join(params IEnumerable<byte[]> frames) => [.. frames.SelectMany(frame => frame)];
}
