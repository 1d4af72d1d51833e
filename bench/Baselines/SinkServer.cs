using System.Buffers;
using System.IO.Pipelines;
using CartRecovery.Engine.Ingest.Connections.Memory;
using CartRecovery.Engine.Ingest.Connections.Output;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Ingest.Streams.WebSocket;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Bench.Baselines;

/// <summary>
/// The upper bound: reads on the engine's transport with the engine's WebSocket protocol, finds message boundaries, discards the messages
/// and acknowledges as the engine does. Only a different transport could be faster.
/// </summary>
sealed class SinkServer : IAsyncDisposable
{
    const int MaxMessage = 512 * 1024;

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    readonly int _perMessage;
    LoopbackServer _server = null!;
    long _events;

    SinkServer(int perMessage) => _perMessage = perMessage;

    /// <summary>The port it listens on: WebSocket, lines and length-prefixed messages, told apart by their first byte.</summary>
    public int Port => _server.Port;

    /// <summary>Events received, over all connections.</summary>
    public long Events => Volatile.Read(ref _events);

    /// <summary>Starts to listen on loopback.</summary>
    /// <param name="port">0 for any free one.</param>
    /// <param name="perMessage">Events per message; messages are not parsed to count them.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<SinkServer> StartAsync(int port, int perMessage)
    {
        var sink = new SinkServer(perMessage);
        sink._server = await LoopbackServer.StartAsync(port, sink.ServeAsync);
        return sink;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    async Task ServeAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        var first = await input.ReadAsync();
        var wire = first.Buffer.IsEmpty ? (Wire?)null : WireOf(first.Buffer.FirstSpan[0]);
        input.AdvanceTo(first.Buffer.Start);
        if (wire is null || !await GreetAsync(connection, wire.Value))
        {
            return;
        }

        var progress = new AckProgress(partitions: 0);
        var output = new Outbound(connection.Transport.Output, EncodingOf(wire.Value), MaxMessage, new BufferQuota(MaxMessage), connection.Abort) { Progress = progress };
        if (wire == Wire.Frames)
        {
            var frames = new FrameSink(output);
            await ReadAsync(input, progress, output, buffer => (frames.Consume(buffer), frames.TakeCount(), frames.IsClosed));
        }
        else
        {
            var counter = new MessageCounter(wire.Value);
            var greeted = wire == Wire.Lines;
            await ReadAsync(input, progress, output, buffer =>
            {
                // The first length-prefixed message is the handshake.
                var messages = Count(counter, buffer);
                var events = greeted || messages == 0 ? messages : messages - 1;
                greeted |= messages > 0;
                return (buffer.End, events, false);
            });
        }

        output.Close();
        await output.Closed.WaitAsync(s_patience);
    }

    async Task ReadAsync(PipeReader input, AckProgress progress, Outbound output, Func<ReadOnlySequence<byte>, (SequencePosition To, int Messages, bool Closed)> take)
    {
        var events = 0L;
        while (true)
        {
            var read = await input.ReadAsync();
            var (to, messages, closed) = take(read.Buffer);
            input.AdvanceTo(to, read.Buffer.End);
            if (messages > 0)
            {
                events += (long)messages * _perMessage;
                Interlocked.Add(ref _events, (long)messages * _perMessage);
                progress.SetReceived(events);
                output.Flush();
            }

            if (read.IsCompleted || closed)
            {
                return;
            }
        }
    }

    // As on the engine's port: anything that is neither HTTP nor JSON is MessagePack.
    static Wire WireOf(byte first) => first switch
    {
        (byte)'G' => Wire.Frames,
        (byte)'{' or (byte)'[' => Wire.Lines,
        _ => Wire.LengthPrefixed,
    };

    static StreamEncoding EncodingOf(Wire wire) => wire switch
    {
        Wire.Frames => StreamEncoding.WebSocket,
        Wire.Lines => StreamEncoding.Lines,
        _ => StreamEncoding.MessagePack,
    };

    static async Task<bool> GreetAsync(ConnectionContext connection, Wire wire)
    {
        if (wire == Wire.Frames)
        {
            return await LoopbackServer.AcceptWebSocketAsync(connection);
        }

        using var patience = new CancellationTokenSource(s_patience);
        return wire != Wire.Lines || await TcpHandshake.ReadLineAsync(connection.Transport.Input, MaxMessage, patience.Token) is not null;
    }

    static int Count(MessageCounter counter, in ReadOnlySequence<byte> buffer)
    {
        var messages = 0;
        foreach (var segment in buffer)
        {
            messages += counter.Count(segment.Span);
        }

        return messages;
    }

    sealed class FrameSink(Outbound output) : WebSocketProtocol(output, MaxMessage)
    {
        int _messages;

        public int TakeCount()
        {
            var messages = _messages;
            _messages = 0;
            return messages;
        }

        protected override void OnMessage(WebSocketOpcode opcode, ReadOnlySpan<byte> message) => _messages++;

        protected override void OnMessageTooLong(ReadOnlySpan<byte> beginning) => Close(WebSocketCloseCode.MessageTooBig, "longer than 512 KB");
    }
}
