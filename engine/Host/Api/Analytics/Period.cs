using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Analytics;

/// <summary>
/// A report's period: <c>from</c> and <c>to</c>, the last 30 days if <c>from</c> is absent. Binds as a handler parameter.
/// </summary>
/// <param name="From">The beginning, in milliseconds since 1970 UTC.</param>
/// <param name="To">The exclusive end, in milliseconds since 1970 UTC.</param>
sealed record Period(long From, long To)
{
    static readonly TimeSpan s_usual = TimeSpan.FromDays(30);

    /// <summary>Binds the period from the query.</summary>
    /// <exception cref="ProblemException"><c>to</c> is before <c>from</c>.</exception>
    public static async ValueTask<Period?> BindAsync(HttpContext context)
    {
        var query = (await RequestQuery.BindAsync(context))!;
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var period = new Period(
            query.Of(QueryParameters.From, (now - s_usual).ToUnixTimeMilliseconds()), query.Of(QueryParameters.To, long.MaxValue));
        return period.From <= period.To ? period
            : throw new ProblemException(ApiProblems.OutOfRange with { Detail = "to: expected a time that is not before 'from'." });
    }
}
