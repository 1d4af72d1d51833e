using System.IO.Pipelines;
using System.Threading.Channels;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.WebSocket;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CartRecovery.Host.Api;

/// <summary><c>GET /v1/stream</c> on the HTTP port: the same streams as on the stream port, for shops behind one address.</summary>
sealed class StreamApi(EngineHost host)
{
    public async Task UpgradeAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade
            || !Handshake.HasToken(headers.Upgrade, "websocket"))
        {
            context.Response.Headers.Upgrade = "websocket";
            await Answer.ProblemAsync(context, new Problem(426, "upgrade_required", "Open /v1/stream as a WebSocket."));
            return;
        }

        if (headers.SecWebSocketVersion != "13")
        {
            context.Response.Headers.SecWebSocketVersion = "13";
            await Answer.ProblemAsync(context, new Problem(426, "websocket_version", "Speak version 13 of the WebSocket protocol."));
            return;
        }

        if (!Handshake.IsValidKey(headers.SecWebSocketKey))
        {
            await Answer.ProblemAsync(context, new Problem(400, "bad_handshake", "Sec-WebSocket-Key must be sixteen bytes of base64."));
            return;
        }

        if (await ApiRoutes.AdmitAsync(context, host.Stores, secretOnly: false) is not { } key)
        {
            return;
        }

        if (host.Connections.IsFull)
        {
            await Answer.ProblemAsync(context, StreamListener.Full);
            return;
        }

        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.Connection = "Upgrade";
        context.Response.Headers.SecWebSocketAccept = Handshake.AcceptOf(headers.SecWebSocketKey!);
        await using var stream = await upgrade.UpgradeAsync();
        var transport = new StreamTransport(PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024)), PipeWriter.Create(stream));
        try
        {
            await StreamListener.RunWebSocketAsync(host.Ingest, transport, key, context.Abort);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ChannelClosedException)
        {
            // The client is gone, or the partitions have stopped.
        }
    }

    sealed record StreamTransport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
