using System.Globalization;
using CartRecovery.Engine.ControlPlane.Usage;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Usage;

/// <summary>Routes of <c>/v1/usage</c>: usage of a store and its keys, with their quotas.</summary>
static class UsageRoutes
{
    static readonly QueryParameter<string> s_by = QueryParameters.Choice("by", "Groups counts by day, or by month, which includes messages.", ["day", "month"], "day");

    public static void Map(IEndpointRouteBuilder routes) => routes.ForServers("/v1/usage", ApiTags.Usage).MapGet("", ListAsync)
        .Describe("listUsage", "List usage", "Events by key and for the whole store, the latest first; by month also messages. Includes everything counted before the request.")
        .Query(s_by, QueryParameters.Limit, QueryParameters.Cursor).Problems(ControlProblems.Unavailable);

    static async Task<Ok<ItemPage<UsageItem>>> ListAsync(HttpContext context, Caller caller, RequestQuery query, UsageLedger usage, TimeProvider time)
    {
        await usage.FlushAsync(context.RequestAborted);
        var (skip, limit) = (Cursors.Read(query.Of(QueryParameters.Cursor)), query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize));
        var rows = await usage.ListAsync(caller.Store.Id, query.Of(s_by) == "month", skip, limit + 1, context.RequestAborted);
        var counters = usage.Counters.Where(counter => counter.Store == caller.Store.Id && counter.Limit > 0)
            .ToDictionary(counter => (counter.Kind, counter.Key, counter.Period), counter => counter.Limit);
        var now = time.GetUtcNow();
        var items = rows.Take(limit).Select(row =>
        {
            long? quota = counters.TryGetValue((row.Kind, row.Key, row.Period), out var found) ? found : null;
            return new UsageItem(row.Period, UsageLedger.NameOf(row.Kind), row.Key.Length == 0 ? null : row.Key, row.Count, quota,
                quota is null ? null : UsageLedger.EndOf(row.Kind, caller.Store.TimeZone, now).UtcDateTime);
        });
        var next = rows.Count > limit ? (skip + limit).ToString(CultureInfo.InvariantCulture) : null;
        return TypedResults.Ok(new ItemPage<UsageItem>([.. items], SealedCursor.Seal(context, next)));
    }
}
