using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using CartRecovery.Engine.Ingest.Connections.Memory;
using CartRecovery.Engine.Ingest.Connections.Output;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Ingest.Streams.WebSocket;

namespace CartRecovery.Tests.Conformance.WebSocket;

/// <summary>
/// The protocol without a socket: takes bytes split anywhere, and yields the messages and response frames. The buffers are small, so that
/// everything spans several segments of a sequence.
/// </summary>
sealed class Conversation
{
    const int SegmentSize = 16;

    readonly Pipe _input = new(new PipeOptions(pauseWriterThreshold: 0, minimumSegmentSize: SegmentSize));
    readonly Pipe _output = new(new PipeOptions(pauseWriterThreshold: 0));
    readonly Outbound _outbound;
    readonly Recorder _protocol;

    public Conversation(int maxMessage = 1 << 20)
    {
        _outbound = new Outbound(_output.Writer, StreamEncoding.WebSocket, limit: 1 << 20, new BufferQuota(1 << 26), onTooSlow: () => { });
        _protocol = new Recorder(_outbound, maxMessage);
    }

    /// <summary>Complete messages as received.</summary>
    public IReadOnlyList<Message> Messages => _protocol.Messages;

    public bool IsClosed => _protocol.IsClosed;

    public bool ClientClosed => _protocol.ClientClosed;

    /// <summary>Messages over the limit.</summary>
    public int TooLong => _protocol.TooLong;

    /// <summary>Texts that were not valid UTF-8.</summary>
    public int Invalid => _protocol.Invalid;

    /// <summary>Sends frames and reads the responses.</summary>
    public static async Task<(Conversation Talk, List<ServerFrame> Answers)> Of(params byte[][] frames)
    {
        var talk = new Conversation();
        talk.Feed(ClientFrame.Join(frames));
        return (talk, await talk.EndAsync());
    }

    /// <summary>Sends frames in writes of <paramref name="step"/> bytes and reads the responses.</summary>
    public static async Task<(Conversation Talk, List<ServerFrame> Answers)> InSteps(int step, params byte[][] frames)
    {
        var talk = new Conversation();
        foreach (var part in ClientFrame.Join(frames).Chunk(step))
        {
            talk.Feed(part);
        }

        return (talk, await talk.EndAsync());
    }

    /// <summary>Passes on the bytes of one read.</summary>
    public void Feed(params byte[] bytes)
    {
        _input.Writer.Write(bytes);
        Assert.That(_input.Writer.FlushAsync().IsCompletedSuccessfully, Is.True);
        if (!_protocol.IsClosed && _input.Reader.TryRead(out var read))
        {
            var position = _protocol.Consume(read.Buffer);
            _input.Reader.AdvanceTo(position, read.Buffer.End);
        }
    }

    /// <summary>Closes the server's side and reads everything it sent.</summary>
    public async Task<List<ServerFrame>> EndAsync()
    {
        _outbound.Close();
        await _outbound.Closed.WaitAsync(TimeSpan.FromSeconds(20));
        await _output.Writer.CompleteAsync();
        var read = await _output.Reader.ReadAsync();
        return ServerFrame.ReadAll(read.Buffer.ToArray());
    }

    /// <summary>A received message.</summary>
    public sealed record Message(WebSocketOpcode Opcode, byte[] Payload)
    {
        public string Text => Encoding.UTF8.GetString(Payload);
    }

    sealed class Recorder(Outbound output, int maxMessage) : WebSocketProtocol(output, maxMessage)
    {
        public List<Message> Messages { get; } = [];

        public int TooLong { get; private set; }

        public int Invalid { get; private set; }

        protected override void OnMessage(WebSocketOpcode opcode, ReadOnlySpan<byte> message) => Messages.Add(new(opcode, message.ToArray()));

        protected override void OnMessageTooLong(ReadOnlySpan<byte> beginning) => TooLong++;

        protected override void OnInvalidText(ReadOnlySpan<byte> text) => Invalid++;
    }
}
