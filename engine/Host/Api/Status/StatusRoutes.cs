using System.Globalization;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Status;

/// <summary>The public status page.</summary>
static class StatusRoutes
{
    static readonly HttpProblem s_disabled = new(404, "status_disabled", "The status page is disabled. Set monitoring.status.enabled to true.");
    static readonly HttpProblem s_unavailable = new(503, "status_unavailable", "The status cannot be read now. Retry in a minute.");

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/status", GetAsync).WithTags(ApiTags.Monitoring).AllowAnonymous()
            .Describe("getStatusPage", "Read the public status", "Components with their uptime by day, and incidents as their public updates tell them: a page for `Accept: text/html`, else JSON.")
            .Produces<StatusReport>().WithMetadata(new ProducesMediaType("text/html")).Problems(s_disabled, s_unavailable);

    static async Task<IResult> GetAsync(HttpContext context, StatusBoard board)
    {
        if (!board.IsEnabled)
        {
            return s_disabled.ToResult();
        }

        StatusAnswers answers;
        try
        {
            answers = await board.GetAsync(context.RequestAborted);
        }
        catch (IOException)
        {
            return s_unavailable.ToResult();
        }

        var isPage = AcceptedMedia.PrefersPage(context);
        var answer = isPage ? answers.Page : answers.Json;
        var headers = context.Response.Headers;
        headers.ETag = answer.Tag;
        headers.Vary = "Accept";
        headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={(int)board.Keep.TotalSeconds}");
        if (isPage)
        {
            headers.ContentSecurityPolicy = StatusPage.Policy;
        }

        if (context.Request.Headers.IfNoneMatch.ToString().Contains(answer.Tag, StringComparison.Ordinal))
        {
            return Results.StatusCode(StatusCodes.Status304NotModified);
        }

        await ResponseWriter.BytesAsync(context, StatusCodes.Status200OK, isPage ? "text/html; charset=utf-8" : "application/json", answer.Body);
        return Results.Empty;
    }
}
