using System.Buffers;
using System.Net;
using System.Text;
using CartRecovery.Engine.Ingest.Streams.WebSocket;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Bench;

/// <summary>A server on the engine's transport (Kestrel connections) without the engine. Listens on loopback only.</summary>
sealed class LoopbackServer : IAsyncDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    readonly WebApplication _app;

    LoopbackServer(WebApplication app) => _app = app;

    /// <summary>The port it listens on.</summary>
    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <summary>Starts to listen.</summary>
    /// <param name="port">0 for any free one.</param>
    /// <param name="serve">Serves a connection until it ends.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<LoopbackServer> StartAsync(int port, Func<ConnectionContext, Task> serve)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Run(connection => ServeAsync(connection, serve))));
        var server = new LoopbackServer(builder.Build());
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Reads a WebSocket's handshake and answers it.</summary>
    /// <returns>Whether it was a WebSocket handshake.</returns>
    public static async Task<bool> AcceptWebSocketAsync(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        using var handshake = new CancellationTokenSource(s_patience);
        if (await RequestHead.ReadAsync(input, handshake.Token) is not { } head || !Handshake.IsValidKey(head["Sec-WebSocket-Key"]))
        {
            return false;
        }

        output.Write(Encoding.ASCII.GetBytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + $"Sec-WebSocket-Accept: {Handshake.AcceptOf(head["Sec-WebSocket-Key"]!)}\r\n\r\n"));
        await output.FlushAsync(handshake.Token);
        return true;
    }

    /// <summary>Waits for a signal to stop.</summary>
    public Task WaitAsync() => _app.WaitForShutdownAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    static async Task ServeAsync(ConnectionContext connection, Func<ConnectionContext, Task> serve)
    {
        try
        {
            await serve(connection);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or TimeoutException)
        {
            // The client disconnected.
        }
    }
}
