using System.IO.Pipelines;
using System.Threading.Channels;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Ingest.Streams.WebSocket;
using CartRecovery.Host.Composition;
using Microsoft.AspNetCore.Connections.Features;
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

        if (!host.Gate.TryEnterStream())
        {
            await Answer.ProblemAsync(context, ConnectionLimiter.ProblemOf(Refusal.Full));
            return;
        }

        try
        {
            await UpgradeAsync(context, upgrade, key);
        }
        finally
        {
            host.Gate.LeaveStream();
        }
    }

    async Task UpgradeAsync(HttpContext context, IHttpUpgradeFeature upgrade, StoreKey key)
    {
        if (!host.Gate.TryEnter(key.Store))
        {
            await Answer.ProblemAsync(context, ConnectionLimiter.ProblemOf(Refusal.Store));
            return;
        }

        try
        {
            var headers = context.Response.Headers;
            headers.Upgrade = "websocket";
            headers.Connection = "Upgrade";
            headers.SecWebSocketAccept = Handshake.AcceptOf(context.Request.Headers.SecWebSocketKey!);
            await using var stream = await upgrade.UpgradeAsync();
            // No buffer is held while nothing comes.
            var input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024, useZeroByteReads: true));
            // The connection's own, which is there after the request is over.
            Action abort = context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort;
            await StreamListener.RunAsync(host.Ingest, new StreamTransport(input, PipeWriter.Create(stream)), key, AnswerEncoding.WebSocket, abort);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ChannelClosedException)
        {
            // The client is gone, or the partitions have stopped.
        }
        finally
        {
            host.Gate.Leave(key.Store);
        }
    }

    sealed record StreamTransport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
