using System.Threading.RateLimiting;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace CartRecovery.Host.Api.Access;

/// <summary>Limits concurrent reports. A report blocks its thread.</summary>
static class ReportLimiter
{
    /// <summary>Maximum number of concurrent reports.</summary>
    public static readonly int MaxReports = Environment.ProcessorCount;

    /// <summary>Maximum number of queued requests for reports. Further ones are rejected.</summary>
    public const int MaxWaitingReports = 64;

    /// <summary>Adds the middleware.</summary>
    public static void UseReportLimiter(this WebApplication app)
    {
        var reports = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = MaxReports, QueueLimit = MaxWaitingReports });
        app.Lifetime.ApplicationStopped.Register(reports.Dispose);
        app.Use((context, next) => IsReport(context) ? ReadAsync(reports, context, next) : next(context));
    }

    static bool IsReport(HttpContext context) => HttpMethods.IsGet(context.Request.Method)
        && context.GetEndpoint()?.Metadata is { } metadata
        && (metadata.GetMetadata<ReadsReports>() is not null
            || (metadata.GetMetadata<ITagsMetadata>()?.Tags is { } tags
                && (tags.Contains(ApiTags.Analytics) || tags.Contains(ApiTags.Interventions))));

    static async Task ReadAsync(ConcurrencyLimiter reports, HttpContext context, RequestDelegate next)
    {
        using var lease = await reports.AcquireAsync(1, context.RequestAborted);
        if (lease.IsAcquired)
        {
            await next(context);
            return;
        }

        context.Response.Headers.RetryAfter = "1";
        await RateLimits.Exceeded.ToResult().ExecuteAsync(context);
    }
}
