using System.Net;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Ingest.Limits;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace CartRecovery.Host.Composition.Listening;

/// <summary>Connection middleware: limits connections on both ports, and on the HTTP port enforces a deadline for the first byte.</summary>
static class ConnectionMiddleware
{
    /// <summary>Counts a socket while it is open. Marks a socket beyond its address's limit, so that its protocol can report the rejection.</summary>
    /// <param name="limiter">Counts connections.</param>
    /// <param name="proxies">Trusted proxies. Their connections belong to many clients, and are counted once the client's address is known.</param>
    public static Func<ConnectionDelegate, ConnectionDelegate> Counting(ConnectionLimiter limiter, TrustedProxies proxies) =>
        next => async connection =>
    {
        if (!limiter.TryReserveSocket())
        {
            connection.Abort();
            return;
        }

        var peer = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        var address = proxies.Contains(peer) ? null : peer;
        using var slots = new SocketSlots(limiter, address);
        if (!slots.IsAdmitted)
        {
            connection.Abort();
            return;
        }

        if (!slots.IsWithinAddress)
        {
            connection.Features.Set(new RejectedConnection(ConnectionRejection.Address));
        }

        var pending = new UnauthenticatedConnection(address, connection.Features.Get<IConnectionSocketFeature>()?.Socket, () =>
        {
            // Release at once: a slow close must not keep other clients out.
            slots.Dispose();
            connection.Abort();
        });
        limiter.Pending.Enter(pending);
        connection.Features.Set(pending);
        try
        {
            await next(connection);
        }
        finally
        {
            pending.Leave();
        }
    };

    /// <summary>Closes connections that send nothing; Kestrel treats them as kept-alive connections between requests.</summary>
    public static Func<ConnectionDelegate, ConnectionDelegate> FirstByteWithin(TimeSpan timeout) => next => async connection =>
    {
        using (var deadline = new CancellationTokenSource(timeout))
        {
            try
            {
                var read = await connection.Transport.Input.ReadAsync(deadline.Token);
                connection.Transport.Input.AdvanceTo(read.Buffer.Start);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }

        await next(connection);
    };
}
