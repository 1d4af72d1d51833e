using System.Text.Json;
using System.Threading.Channels;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Models;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Api.Problems;

/// <summary>Converts a handler's exceptions into problems. Unexpected ones are logged in full and reported without details.</summary>
sealed partial class FailedRequests(ILogger<FailedRequests> log, AuditRecorder recorder, TimeProvider time) : IExceptionHandler
{
    readonly LogLimiter _limiter = new(time);

    /// <inheritdoc/>
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        var problem = ProblemOf(exception);
        if (context.RequestAborted.IsCancellationRequested
            && (problem is not null || exception is OperationCanceledException or IOException))
        {
            // The client has disconnected: nobody reads an answer.
            return true;
        }

        if (problem is null)
        {
            // By route: the client chooses the path.
            var kind = $"{exception.GetType().Name} {RequestAudit.RouteOf(context)?.RoutePattern.RawText}";
            if (_limiter.TryLog(kind, out var suppressed))
            {
                LogRequestFailed(exception, context.Request.Method, context.Request.Path, suppressed);
            }

            problem = ApiProblems.Internal;
        }

        await RequestAudit.RecordRefusalAsync(context, problem, recorder);

        try
        {
            await problem.ToResult().ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // It has disconnected meanwhile.
        }

        return true;
    }

    static HttpProblem? ProblemOf(Exception exception) => exception switch
    {
        ProblemException { Problem: var problem } => problem,
        ChannelClosedException => ApiProblems.Stopping,
        JourneysBusyException => ApiProblems.Overloaded,
        ModelRegistryException refusal => ModelProblems.Of(refusal),
        ModelException unusable => ModelProblems.Of(unusable),
        ControlRefusalException refusal => ControlProblems.Of(refusal),
        ControlDatabaseException { Code: ControlDatabaseException.Unavailable or ControlDatabaseException.Conflict } => ControlProblems.Unavailable,
        BadHttpRequestException { InnerException: NullElementException json } => OfNullElement(json),
        BadHttpRequestException { InnerException: BodyTimeException json } => ApiProblems.InvalidJson with
        { Detail = $"{json.Path}: expected RFC 3339 like 2026-11-20T09:40:00Z, got {json.Found}." },
        BadHttpRequestException { InnerException: JsonException json } => OfJson(json),
        BadHttpRequestException { StatusCode: var status } => ProblemResponses.OfStatus(status),
        _ => null,
    };

    // The path alone: the exception's message may quote the body.
    static HttpProblem OfJson(JsonException json) => json.InnerException is null && json.Path is null or "$"
        ? ApiProblems.InvalidJson with
        { Detail = $"The body is not the JSON that this path accepts; see /docs. (line {json.LineNumber + 1}, byte {json.BytePositionInLine})" }
        : ApiProblems.InvalidJson with
        { Detail = $"{json.Path}: not the JSON that this path accepts; see /docs. (line {json.LineNumber + 1}, byte {json.BytePositionInLine})" };

    // The reader has passed the list, so that the path's index is one too many.
    static HttpProblem OfNullElement(NullElementException json) => ApiProblems.InvalidJson with
    { Detail = $"{(json.Path is { } path && path.EndsWith(']') ? path[..path.LastIndexOf('[')] : json.Path)}: the list has a null element. Remove it." };

    [LoggerMessage(EventName = "request_failed", Level = LogLevel.Error,
        Message = "A request failed: {Method} {Path}; {Suppressed} of its kind were not logged before it")]
    partial void LogRequestFailed(Exception failure, string method, string path, long suppressed);
}
