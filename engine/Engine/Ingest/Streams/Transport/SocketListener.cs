using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>Accepts connections. A client that is gone before it is accepted is passed over.</summary>
sealed class SocketListener(Socket socket) : IConnectionListener
{
    // What the system is short of (descriptors, memory) comes back when others leave.
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
                return new SocketConnection(accepted, EndPoint);
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
                // It was about that client alone.
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
