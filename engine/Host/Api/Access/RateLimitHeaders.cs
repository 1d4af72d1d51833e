using System.Globalization;
using System.Text;
using CartRecovery.Engine.Ingest.Limits;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Access;

/// <summary>Writes response headers with a client's rate limits (draft-ietf-httpapi-ratelimit-headers).</summary>
static class RateLimitHeaders
{
    const string Policies = "RateLimit-Policy", Remaining = "RateLimit";

    /// <summary>The names of the headers. Pages may read them.</summary>
    public static readonly string[] Names = ["Retry-After", Remaining, Policies];

    /// <summary>Writes the remaining capacity of a client's rates, and the time until a retry.</summary>
    /// <param name="response">The response; not started.</param>
    /// <param name="states">The rates that apply.</param>
    /// <param name="rejection">The exceeded rate; <see langword="null"/> if none was.</param>
    public static void Write(HttpResponse response, IEnumerable<RateState> states, RateRejection? rejection = null)
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

        if (rejection is { } rejected)
        {
            response.Headers.RetryAfter = rejected.Seconds.ToString(CultureInfo.InvariantCulture);
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
}
