using System.IO.Pipelines;
using System.Threading.Channels;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Ingest.Bots;
using CartRecovery.Engine.Ingest.Limits;
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
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/stream", UpgradeAsync)
        .WithTags(ApiTags.Streams).RequireAuthorization(AccessPolicies.Publishable).WithMetadata(new NoHead())
        .Describe("openStream", "Open a stream", """
            Upgrades to a WebSocket (RFC 6455, version 13): events in, as JSON text messages or MessagePack binary ones; acknowledgements, errors and
            interventions out. The protocol documentation describes the frames.
            """)
        // The stream port ignores unknown parameters too.
        .QueryAndOthers().Produces(StatusCodes.Status101SwitchingProtocols)
        .Problems(Handshake.UpgradeRequired, Handshake.UnsupportedVersion, Handshake.Malformed,
            Authenticator.InvalidUserToken, QuotaProblem.Exceeded, ConnectionLimiter.ProblemOf(ConnectionRejection.Full), ConnectionLimiter.ProblemOf(ConnectionRejection.Store));

    static async Task UpgradeAsync(HttpContext context, Caller caller, IngestOptions ingest, ConnectionLimiter limiter)
    {
        var headers = context.Request.Headers;
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade || !Handshake.HasToken(headers.Upgrade, "websocket"))
        {
            context.Response.Headers.Upgrade = "websocket";
            await Handshake.UpgradeRequired.ToResult().ExecuteAsync(context);
        }
        else if (headers.SecWebSocketVersion != "13")
        {
            context.Response.Headers.SecWebSocketVersion = "13";
            await Handshake.UnsupportedVersion.ToResult().ExecuteAsync(context);
        }
        else if (!Handshake.IsValidKey(headers.SecWebSocketKey))
        {
            await Handshake.Malformed.ToResult().ExecuteAsync(context);
        }
        else if (Authenticator.ValidateUserToken(caller.Key, TokenOf(context.Request), ingest.Partitions.Clock.GetUtcNow()) is var (user, problem) && problem is not null)
        {
            await problem.ToResult().ExecuteAsync(context);
        }
        else if (ingest.Usage?.OfKey(caller.Key).Exceeded is { } quota)
        {
            context.Response.Headers.RetryAfter = QuotaProblem.RetryAfter(ingest.Usage, quota);
            await QuotaProblem.Exceeded.ToResult().ExecuteAsync(context);
        }
        else if (limiter.TryReserveStream(caller.Store) is { } full)
        {
            await ConnectionLimiter.ProblemOf(full).ToResult().ExecuteAsync(context);
        }
        else
        {
            await RunAsync(context, upgrade, caller, user, ingest, limiter);
        }
    }

    static string? TokenOf(HttpRequest request) => request.Query["userToken"] is [{ Length: > 0 } named] ? named : request.Headers["X-User-Token"];

    static async Task RunAsync(
        HttpContext context, IHttpUpgradeFeature upgrade, Caller caller, ProvenUser? user, IngestOptions ingest, ConnectionLimiter limiter)
    {
        // A proxy's connection was not counted for its address, because it is its client's.
        var proxied = context.Features.Get<ProxiedClient>()?.Address;
        if (!limiter.TryReserveAddress(proxied))
        {
            limiter.ReleaseStream(caller.Store);
            await ConnectionLimiter.ProblemOf(ConnectionRejection.Address).ToResult().ExecuteAsync(context);
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
            var bot = BotDetector.Of(caller.Key, context.Request.Headers.UserAgent, context.Request.Query[BotDetector.WebDriver]);
            // The connection's feature outlives the request's.
            Action abort = context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort;
            await StreamListener.RunAsync(ingest, new StreamTransport(input, PipeWriter.Create(stream)), ingest.Threads.Next(),
                new Client(caller.Key, context.Connection.RemoteIpAddress, user) { Bot = bot }, StreamEncoding.WebSocket, abort);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ChannelClosedException)
        {
            // The client disconnected, or the partitions stopped.
        }
        finally
        {
            limiter.ReleaseStream(caller.Store);
            limiter.ReleaseAddress(proxied);
        }
    }

    sealed record StreamTransport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
