using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>
/// Accepts the stream port's connections on raw sockets. Kestrel's transport reads 4 KB at a time into a pipe drained by another task;
/// here a thread reads up to 64 KB directly from the socket, and a connection that is idle or stalled holds no buffer.
/// </summary>
/// <param name="isOurs">Returns whether an endpoint is served here; all others stay with Kestrel's transport.</param>
/// <param name="next">Returns the thread that is to read the next connection.</param>
public sealed class SocketTransport(Predicate<EndPoint> isOurs, Func<PollingThread> next)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>The accept backlog, for many clients reconnecting at once. The system may lower it.</summary>
    public const int Backlog = 16 * 1024;

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => isOurs(endpoint);

    /// <inheritdoc/>
    /// <exception cref="AddressInUseException">The port is in use.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint is IPEndPoint { Address: var address } && address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return ValueTask.FromResult<IConnectionListener>(new SocketListener(socket, next));
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw e.SocketErrorCode == SocketError.AddressAlreadyInUse ? new AddressInUseException(e.Message, e) : e;
        }
    }
}
