using System.Globalization;
using System.Text;
using System.Threading.RateLimiting;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Access;

/// <summary>
/// Rejects requests beyond the rates of their address, key or store, by the group of their route. Also tells whether a connection's client has
/// a valid key, for <see cref="UnauthenticatedConnections"/>.
/// </summary>
static class ClientLimits
{
    /// <summary>The number of reports read at once. A report blocks its thread.</summary>
    public static readonly int MaxReports = Environment.ProcessorCount;

    /// <summary>The number of requests for reports that wait. More are rejected.</summary>
    public const int MaxWaitingReports = 64;

    // draft-ietf-httpapi-ratelimit-headers
    const string Policies = "RateLimit-Policy", Remaining = "RateLimit";

    /// <summary>The headers with a client's rates, which pages may read.</summary>
    public static readonly string[] Headers = ["Retry-After", Remaining, Policies];

    /// <summary>Adds the middleware. After authentication, so that keys are known; before authorization, so that invalid keys take tokens.</summary>
    public static void UseClientLimits(this WebApplication app)
    {
        var rates = app.Services.GetRequiredService<IngestOptions>().Rates;
        var reports = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = MaxReports, QueueLimit = MaxWaitingReports });
        app.Lifetime.ApplicationStopped.Register(reports.Dispose);
        app.Use(async (context, next) =>
        {
            var key = (context.User.Identity as StoreKeyIdentity)?.Caller.Key;
            var pending = context.Features.Get<UnauthenticatedConnection>();
            if (key is not null)
            {
                pending?.Leave();
                pending = null;
            }

            pending?.BeginRequest();
            try
            {
                await (!TryTake(rates, context, key) ? RateLimits.Exceeded.ToResult().ExecuteAsync(context)
                    : IsReport(context) ? ReadReportAsync(reports, context, next) : next(context));
            }
            finally
            {
                pending?.EndRequest();
            }
        });
    }

    /// <summary>Writes how much of its rates a client has left, and when to retry.</summary>
    /// <param name="response">The response; not started.</param>
    /// <param name="states">The rates.</param>
    /// <param name="refusal">The rate that was exceeded; <see langword="null"/> if none was.</param>
    public static void Write(HttpResponse response, IEnumerable<RateState> states, RateRefusal? refusal = null)
    {
        var (policies, remaining) = (new StringBuilder(), new StringBuilder());
        foreach (var (scope, rate, left) in states)
        {
            var name = NameOf(scope);
            var reset = (rate.Burst - left + rate.PerSecond - 1) / rate.PerSecond;
            policies.Append(CultureInfo.InvariantCulture, $"{(policies.Length > 0 ? ", " : "")}\"{name}\";q={rate.Burst};w={rate.Window}");
            remaining.Append(CultureInfo.InvariantCulture, $"{(remaining.Length > 0 ? ", " : "")}\"{name}\";r={left};t={reset}");
        }

        if (policies.Length > 0)
        {
            response.Headers[Policies] = policies.ToString();
            response.Headers[Remaining] = remaining.ToString();
        }

        if (refusal is { } refused)
        {
            response.Headers.RetryAfter = refused.Seconds.ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Returns a scope's name in headers and metrics.</summary>
    public static string NameOf(RateScope scope) => scope switch
    {
        RateScope.Address => "address",
        RateScope.Key => "key",
        _ => "store",
    };

    /// <summary>Returns a group's name in the configuration and in metrics.</summary>
    public static string NameOf(RouteGroup group) => group switch
    {
        RouteGroup.Browser => "browser",
        RouteGroup.Server => "server",
        RouteGroup.Api => "api",
        RouteGroup.Public => "public",
        _ => "operations",
    };

    static bool TryTake(RateLimits rates, HttpContext context, StoreKey? key)
    {
        var buckets = rates.Requests(GroupOf(context.GetEndpoint(), key));
        if (buckets.IsUnlimited)
        {
            return true;
        }

        var source = rates.SourceOf(context.Connection.RemoteIpAddress, key);
        var refusal = buckets.TryTake(source, 1);
        Write(context.Response, buckets.StatesOf(source), refusal);
        return refusal is null;
    }

    static bool IsReport(HttpContext context) => HttpMethods.IsGet(context.Request.Method)
        && context.GetEndpoint()?.Metadata is { } metadata
        && (metadata.GetMetadata<ReadsReports>() is not null
            || (metadata.GetMetadata<ITagsMetadata>()?.Tags is { } tags && (tags.Contains(ApiTags.Analytics) || tags.Contains(ApiTags.Interventions))));

    static async Task ReadReportAsync(ConcurrencyLimiter reports, HttpContext context, RequestDelegate next)
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

    static RouteGroup GroupOf(Endpoint? endpoint, StoreKey? key) => endpoint?.Metadata switch
    {
        null => RouteGroup.Public,
        var metadata when metadata.GetMetadata<IAllowAnonymous>() is not null || metadata.GetMetadata<IAuthorizeData>() is null =>
            metadata.GetMetadata<ITagsMetadata>()?.Tags.Contains(ApiTags.Operations) == true ? RouteGroup.Operations : RouteGroup.Public,
        var metadata => metadata.GetMetadata<IAuthorizeData>()!.Policy == AccessPolicies.Secret ? RouteGroup.Api : RateLimits.GroupOf(key),
    };
}
