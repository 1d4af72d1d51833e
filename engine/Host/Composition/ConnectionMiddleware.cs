using System.Net;
using CartRecovery.Engine.Ingest.Connections;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Host.Composition;

/// <summary>What a connection passes before its protocol is spoken: the counts on both ports, and on the HTTP port the wait for its first byte.</summary>
static class ConnectionMiddleware
{
    /// <summary>Counts a socket while it is open. One that its address has too many of goes on marked, so that it is told so in its protocol.</summary>
    public static Func<ConnectionDelegate, ConnectionDelegate> Counting(ConnectionLimiter gate) => next => async connection =>
    {
        if (!gate.TryEnter())
        {
            connection.Abort();
            return;
        }

        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        var entered = gate.TryEnter(address);
        var told = !entered && gate.TryTell();
        try
        {
            if (told)
            {
                connection.Features.Set(new RefusedConnection(Refusal.Address));
            }

            if (entered || told)
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
                gate.Leave(address);
            }
            else if (told)
            {
                gate.LeaveTold();
            }

            gate.Leave();
        }
    };

    /// <summary>Hangs up on who says nothing: Kestrel takes such a one for a kept-alive connection between two requests.</summary>
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
