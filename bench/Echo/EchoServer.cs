using CartRecovery.Engine.Ingest.Connections.Memory;
using CartRecovery.Engine.Ingest.Connections.Output;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Ingest.Streams.WebSocket;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Bench.Echo;

/// <summary>Echoes messages over the engine's WebSocket protocol, for conformance suites. Listens on loopback only.</summary>
sealed class EchoServer : IAsyncDisposable
{
    /// <summary>The maximum message length, in bytes.</summary>
    public const int MaxMessage = 16 << 20;

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    readonly LoopbackServer _server;

    EchoServer(LoopbackServer server) => _server = server;

    /// <summary>The port it listens on.</summary>
    public int Port => _server.Port;

    /// <summary>Starts to listen.</summary>
    /// <param name="port">0 for any free one.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<EchoServer> StartAsync(int port) => new(await LoopbackServer.StartAsync(port, ServeAsync));

    /// <summary>Waits for a signal to stop.</summary>
    public Task WaitAsync() => _server.WaitAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    static async Task ServeAsync(ConnectionContext connection)
    {
        if (!await LoopbackServer.AcceptWebSocketAsync(connection))
        {
            return;
        }

        var input = connection.Transport.Input;
        var output = new Outbound(connection.Transport.Output, StreamEncoding.WebSocket, MaxMessage, new BufferQuota(MaxMessage), connection.Abort);
        var echo = new Protocol(output);
        var ended = false;
        while (!ended && !echo.IsClosed)
        {
            var read = await input.ReadAsync();
            var buffer = read.Buffer;
            long before;
            do
            {
                before = buffer.Length;
                buffer = buffer.Slice(echo.Consume(buffer));
                await output.WaitAsync();
            }
            while (buffer.Length < before && !echo.IsClosed);

            input.AdvanceTo(buffer.Start, buffer.End);
            ended = read.IsCompleted;
        }

        output.Close();
        await output.Closed.WaitAsync(s_patience);
        if (!ended && !echo.ClientClosed)
        {
            await GracefulClose.WaitAsync(input, isWebSocket: true);
        }
    }

    sealed class Protocol(Outbound output) : WebSocketProtocol(output, MaxMessage)
    {
        readonly Outbound _output = output;

        protected override bool ShouldStop => _output.IsCongested;

        protected override void OnMessage(WebSocketOpcode opcode, ReadOnlySpan<byte> message) => _output.TryReply(opcode, message);

        protected override void OnMessageTooLong(ReadOnlySpan<byte> beginning) => Close(WebSocketCloseCode.MessageTooBig, "longer than 16 MB");
    }
}
