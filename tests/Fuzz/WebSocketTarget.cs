using System.Buffers;
using System.IO.Pipelines;
using CartRecovery.Engine.Ingest.Connections.Memory;
using CartRecovery.Engine.Ingest.Connections.Output;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Ingest.Streams.WebSocket;

namespace CartRecovery.Fuzz;

/// <summary>The parser of WebSocket frames: it finds the same messages however the network cuts the bytes, and never one over the limit.</summary>
static class WebSocketTarget
{
    const int MaxMessage = 4096;

    /// <summary>Frames of a client: text, a fragmented message with a ping between, binary, and a close.</summary>
    public static IReadOnlyList<byte[]> Seeds { get; } =
    [
        Frame(0x81, "{\"id\":\"e1\"}"u8),
        [.. Frame(0x01, "[\"a"u8), .. Frame(0x89, "hello"u8), .. Frame(0x80, "b\"]"u8), .. Frame(0x88, [0x03, 0xE8])],
        [.. Frame(0x82, [0x81, 0xA1, 0x61, 0x01]), .. Frame(0x8A, default)],
        Frame(0x81, new byte[300]),
    ];

    /// <summary>Parses an input, whole and in pieces.</summary>
    public static void Run(byte[] input)
    {
        var whole = Parse(input, input.Length);
        foreach (var piece in (int[])[1, 7])
        {
            var cut = Parse(input, piece);
            FuzzTarget.Check(cut.Said.SequenceEqual(whole.Said, StringComparer.Ordinal) && cut.IsClosed == whole.IsClosed,
                $"pieces of {piece} bytes give the same messages: {string.Join('|', cut.Said)} instead of {string.Join('|', whole.Said)}");
        }
    }

    static Recorder Parse(byte[] input, int piece)
    {
        var output = new Outbound(PipeWriter.Create(Stream.Null), StreamEncoding.WebSocket, MaxMessage, new BufferQuota(MaxMessage), () => { });
        var recorder = new Recorder(output);
        var (start, end) = (0, 0);
        while (end < input.Length && !recorder.IsClosed)
        {
            end = Math.Min(input.Length, end + Math.Max(piece, 1));
            var buffer = new ReadOnlySequence<byte>(input, start, end - start);
            var consumed = (int)buffer.Slice(0, recorder.Consume(buffer)).Length;
            start += consumed;
        }

        return recorder;
    }

    static byte[] Frame(byte head, ReadOnlySpan<byte> payload) => payload.Length < 126
        ? [head, (byte)(0x80 | payload.Length), 0, 0, 0, 0, .. payload]
        : [head, 0x80 | 126, (byte)(payload.Length >> 8), (byte)payload.Length, 0, 0, 0, 0, .. payload];

    sealed class Recorder(Outbound output) : WebSocketProtocol(output, MaxMessage)
    {
        public List<string> Said { get; } = [];

        protected override void OnMessage(WebSocketOpcode opcode, ReadOnlySpan<byte> message)
        {
            FuzzTarget.Check(message.Length <= MaxMessage, "no message is longer than the limit");
            Said.Add($"{opcode} {Convert.ToHexString(message)}");
        }

        // Only the beginning's existence is the same: how much of it has arrived depends on the pieces.
        protected override void OnMessageTooLong(ReadOnlySpan<byte> beginning) => Said.Add("too long");

        protected override void OnInvalidText(ReadOnlySpan<byte> text) => Said.Add("invalid text");
    }
}
