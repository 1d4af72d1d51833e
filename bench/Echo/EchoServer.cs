using System.Buffers;
using System.Net;
using System.Text;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.WebSocket;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Bench.Echo;

/// <summary>Echoes messages as they came, on the engine's own WebSocket protocol: what conformance suites talk to. Loopback alone.</summary>
sealed class EchoServer : IAsyncDisposable
{
    /// <summary>The longest message that is echoed, in bytes.</summary>
    public const int MaxMessage = 16 << 20;

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    readonly WebApplication _app;

    EchoServer(WebApplication app) => _app = app;

    /// <summary>The port it listens on.</summary>
    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <summary>Starts to listen.</summary>
    /// <param name="port">0 for any free one.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<EchoServer> StartAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Run(ServeAsync)));
        var server = new EchoServer(builder.Build());
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Waits for a signal to stop.</summary>
    public Task WaitAsync() => _app.WaitForShutdownAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    static async Task ServeAsync(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        try
        {
            using var handshake = new CancellationTokenSource(s_patience);
            if (await RequestHead.ReadAsync(input, handshake.Token) is not { } head || !Handshake.IsValidKey(head["Sec-WebSocket-Key"]))
            {
                return;
            }

            output.Write(Encoding.ASCII.GetBytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + $"Sec-WebSocket-Accept: {Handshake.AcceptOf(head["Sec-WebSocket-Key"]!)}\r\n\r\n"));
            await output.FlushAsync(handshake.Token);
            await EchoAsync(connection);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or TimeoutException)
        {
            // The client is gone, or never was one.
        }
    }

    static async Task EchoAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        var output = new Outbound(connection.Transport.Output, isWebSocket: true, MaxMessage, connection.Abort);
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
            await Linger.UntilEndAsync(input, isWebSocket: true);
        }
    }

    sealed class Protocol(Outbound output) : WebSocketProtocol(output, MaxMessage)
    {
        readonly Outbound _output = output;

        protected override bool ShouldPause => _output.IsCongested;

        protected override void OnMessage(WebSocketOpcode opcode, ReadOnlySpan<byte> message) => _output.TryAnswer(opcode, message);

        protected override void OnMessageTooLong(ReadOnlySpan<byte> beginning) => Close(WebSocketCloseCode.MessageTooBig, "longer than 16 MB");
    }
}
