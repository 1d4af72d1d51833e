using System.IO.Pipelines;
using System.Threading.Channels;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Ingest.Streams.WebSocket;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Streams;

/// <summary><c>GET /v1/stream</c> on the HTTP port: the stream port's protocol, for shops that expose a single address.</summary>
static class StreamsRoutes
{
    static readonly Problem s_upgrade = new(426, "upgrade_required", "Open /v1/stream as a WebSocket.");
    static readonly Problem s_version = new(426, "websocket_version", "Use version 13 of the WebSocket protocol.");
    static readonly Problem s_handshake = new(400, "bad_handshake", "Sec-WebSocket-Key: expected 16 bytes in base64.");

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/stream", UpgradeAsync)
        .WithTags(ApiTags.Streams).RequireAuthorization(AccessPolicies.Publishable).WithMetadata(new NoHead())
        .Describe("openStream", "Open a stream", """
            Upgrades to a WebSocket (RFC 6455, version 13): events in, as JSON text messages or MessagePack binary ones; acknowledgements, errors and
            interventions out. The protocol documentation describes the frames.
            """)
        // The stream port ignores unknown parameters too.
        .QueryAndOthers().Produces(StatusCodes.Status101SwitchingProtocols)
        .Problems(s_upgrade, s_version, s_handshake, ApiProblems.TooManyConnections, ApiProblems.TooManyForStore);

    static async Task UpgradeAsync(HttpContext context, Caller caller, IngestOptions ingest, ConnectionLimiter gate)
    {
        var headers = context.Request.Headers;
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade || !Handshake.HasToken(headers.Upgrade, "websocket"))
        {
            context.Response.Headers.Upgrade = "websocket";
            await s_upgrade.ToResult().ExecuteAsync(context);
        }
        else if (headers.SecWebSocketVersion != "13")
        {
            context.Response.Headers.SecWebSocketVersion = "13";
            await s_version.ToResult().ExecuteAsync(context);
        }
        else if (!Handshake.IsValidKey(headers.SecWebSocketKey))
        {
            await s_handshake.ToResult().ExecuteAsync(context);
        }
        else if (!gate.TryEnterStream())
        {
            await ConnectionLimiter.ProblemOf(Refusal.Full).ToResult().ExecuteAsync(context);
        }
        else
        {
            try
            {
                await RunAsync(context, upgrade, caller, ingest, gate);
            }
            finally
            {
                gate.LeaveStream();
            }
        }
    }

    static async Task RunAsync(HttpContext context, IHttpUpgradeFeature upgrade, Caller caller, IngestOptions ingest, ConnectionLimiter gate)
    {
        if (!gate.TryEnter(caller.Store))
        {
            await ConnectionLimiter.ProblemOf(Refusal.Store).ToResult().ExecuteAsync(context);
            return;
        }

        try
        {
            var headers = context.Response.Headers;
            headers.Upgrade = "websocket";
            headers.Connection = "Upgrade";
            headers.SecWebSocketAccept = Handshake.AcceptOf(context.Request.Headers.SecWebSocketKey!);
            await using var stream = await upgrade.UpgradeAsync();
            // A zero-byte read, so that no buffer is held while the connection is idle.
            var input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024, useZeroByteReads: true));
            // The connection's feature outlives the request's.
            Action abort = context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort;
            await StreamListener.RunAsync(ingest, new StreamTransport(input, PipeWriter.Create(stream)), caller.Key, AnswerEncoding.WebSocket, abort);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ChannelClosedException)
        {
            // The client disconnected, or the partitions stopped.
        }
        finally
        {
            gate.Leave(caller.Store);
        }
    }

    sealed record StreamTransport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
