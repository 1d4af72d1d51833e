using System.Net;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Ingest.Limits;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Host.Composition.Listening;

/// <summary>
/// Connection middleware of the stream port: reads the PROXY protocol's header from trusted proxies, and gives the connection its client's address. A trusted
/// proxy must send the header (the protocol forbids guessing, because otherwise a client could write it); of other peers it is not read.
/// </summary>
/// <param name="proxies">Trusted proxies.</param>
/// <param name="limiter">Counts the connections of the client's address.</param>
/// <param name="rejections">Records connections without a valid header.</param>
/// <param name="timeout">Time allowed for the header.</param>
sealed class ProxyProtocol(TrustedProxies proxies, ConnectionLimiter limiter, AccessRejections rejections, TimeSpan timeout)
{
    /// <summary>Reads headers. Add before TLS.</summary>
    public ConnectionDelegate Follow(ConnectionDelegate next) => async connection =>
    {
        var peer = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        if (!proxies.Contains(peer))
        {
            await next(connection);
            return;
        }

        if (await ReadAsync(connection) is not { } header)
        {
            rejections.Add(AccessRejections.InvalidProxyHeader, peer, "stream");
            return;
        }

        if (header.Client is not { } client)
        {
            await next(connection);
            return;
        }

        connection.RemoteEndPoint = new IPEndPoint(client, port: 0);
        var isCounted = limiter.TryReserveAddress(client);
        if (!isCounted)
        {
            connection.Features.Set(new RejectedConnection(ConnectionRejection.Address));
        }

        try
        {
            await next(connection);
        }
        finally
        {
            if (isCounted)
            {
                limiter.ReleaseAddress(client);
            }
        }
    };

    async Task<ProxyHeader?> ReadAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        using var deadline = new CancellationTokenSource(timeout);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(deadline.Token);
                var isComplete = ProxyHeader.TryRead(read.Buffer, out var header);
                if (isComplete == true)
                {
                    input.AdvanceTo(read.Buffer.GetPosition(header.Length));
                    return header;
                }

                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (isComplete is null || read.IsCompleted)
                {
                    return null;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return null;
        }
    }
}
