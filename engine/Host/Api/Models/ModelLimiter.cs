using System.Threading.RateLimiting;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace CartRecovery.Host.Api.Models;

/// <summary>
/// Runs requests that load a model one after the other, before their body is read: each needs memory for a model twice and a core for seconds. A body must
/// arrive at a fair pace, so that nobody holds the others up.
/// </summary>
static class ModelLimiter
{
    /// <summary>Maximum number of requests that wait. Further ones are rejected.</summary>
    public const int MaxWaiting = 8;

    // The largest model takes a quarter of an hour at this pace.
    const double LeastBytesPerSecond = 100_000;

    static readonly TimeSpan s_grace = TimeSpan.FromSeconds(10);

    /// <summary>Adds the middleware. Must come after authorization.</summary>
    public static void UseModelLimiter(this WebApplication app)
    {
        var limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = 1, QueueLimit = MaxWaiting });
        app.Lifetime.ApplicationStopped.Register(limiter.Dispose);
        app.Use((context, next) => context.GetEndpoint()?.Metadata.GetMetadata<LoadsModels>() is null ? next(context) : RunAsync(limiter, context, next));
    }

    static async Task RunAsync(ConcurrencyLimiter limiter, HttpContext context, RequestDelegate next)
    {
        using var lease = await limiter.AcquireAsync(1, context.RequestAborted);
        if (!lease.IsAcquired)
        {
            throw new ProblemException(ModelProblems.Busy);
        }

        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = new MinDataRate(LeastBytesPerSecond, s_grace);
        }

        await next(context);
    }
}
