using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>Accepts connections. Skips clients that disconnect before they are accepted.</summary>
/// <param name="socket">A listening socket.</param>
/// <param name="next">Returns the thread that is to read the next connection.</param>
sealed class SocketListener(Socket socket, Func<PollingThread> next) : IConnectionListener
{
    // A shortage of descriptors or memory ends as other connections close; retry after this delay.
    static readonly TimeSpan s_shortage = TimeSpan.FromMilliseconds(50);

    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                var accepted = await socket.AcceptAsync(cancellationToken);
                accepted.NoDelay = true;
                return new SocketConnection(accepted, EndPoint, next());
            }
            catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException
                or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return null;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                await Task.Delay(s_shortage, CancellationToken.None);
            }
            catch (SocketException)
            {
                // The error concerns this client only.
            }
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
