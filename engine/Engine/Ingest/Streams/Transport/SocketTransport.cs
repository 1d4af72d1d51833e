using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>
/// The stream port's connections, by our own sockets. Kestrel's transport reads 4 KB at a time into a pipe that another task takes them out of; here
/// whoever reads a connection takes up to 64 KB out of the socket himself, and a connection on which nothing comes holds no buffer.
/// </summary>
/// <param name="isOurs">Says of an endpoint whether it is served here; the others stay with Kestrel's own transport.</param>
public sealed class SocketTransport(Predicate<EndPoint> isOurs) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>So many clients that come back all at once wait to be accepted; the system may allow fewer.</summary>
    public const int Backlog = 16 * 1024;

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => isOurs(endpoint);

    /// <inheritdoc/>
    /// <exception cref="AddressInUseException">The port is taken.</exception>
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
            return ValueTask.FromResult<IConnectionListener>(new SocketListener(socket));
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw e.SocketErrorCode == SocketError.AddressAlreadyInUse ? new AddressInUseException(e.Message, e) : e;
        }
    }
}
