using System.Net;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Connections;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Host.Composition;

/// <summary>Connection middleware: limits connections on both ports, and on the HTTP port enforces a deadline for the first byte.</summary>
static class ConnectionMiddleware
{
    /// <summary>
    /// Counts a socket while it is open. One over its address's limit is marked, so that its protocol can report the rejection.
    /// </summary>
    /// <param name="limiter">Counts connections.</param>
    /// <param name="proxies">Trusted proxies, whose connections are many clients': those are counted once they are known.</param>
    public static Func<ConnectionDelegate, ConnectionDelegate> Counting(ConnectionLimiter limiter, TrustedProxies proxies) => next => async connection =>
    {
        if (!limiter.TryEnter())
        {
            connection.Abort();
            return;
        }

        var peer = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        var address = proxies.Contains(peer) ? null : peer;
        var entered = limiter.TryEnter(address);
        var hasErrorSlot = !entered && limiter.TryReserveErrorSlot();
        try
        {
            if (hasErrorSlot)
            {
                connection.Features.Set(new RejectedConnection(ConnectionRejection.Address));
            }

            if (entered || hasErrorSlot)
            {
                await next(connection);
            }
            else
            {
                connection.Abort();
            }
        }
        finally
        {
            if (entered)
            {
                limiter.Leave(address);
            }
            else if (hasErrorSlot)
            {
                limiter.ReleaseErrorSlot();
            }

            limiter.Leave();
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
