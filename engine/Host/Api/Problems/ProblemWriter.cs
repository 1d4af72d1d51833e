using CartRecovery.Engine.Ingest;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Problems;

/// <summary>
/// Writes problem details regardless of the Accept header; the framework's writer writes nothing to a client that accepts only CSV.
/// </summary>
sealed class ProblemWriter : IProblemDetailsWriter
{
    /// <inheritdoc/>
    public bool CanWrite(ProblemDetailsContext context) => true;

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var details = context.ProblemDetails;
        var response = context.HttpContext.Response;
        ProblemResponses.Complete(context);
        var body = new HttpProblem(response.StatusCode, (string)details.Extensions[ProblemResponses.Code]!, details.Detail!)
        { Problems = details.Extensions.TryGetValue(ProblemResponses.Problems, out var all) ? all as IReadOnlyList<string> : null }.ToJson();
        response.ContentType = HttpProblem.MediaType;
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, context.HttpContext.RequestAborted);
    }
}
