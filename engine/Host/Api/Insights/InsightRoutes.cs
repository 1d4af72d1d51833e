using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CartRecovery.Engine.ControlPlane.Insights;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Insights;

/// <summary>Routes of <c>/v1/data-quality</c>, <c>/v1/features/stats</c> and <c>/v1/drift</c>: reports of jobs on a store's data.</summary>
static class InsightRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.ForServers("/v1/data-quality", ApiTags.Analytics).MapGet("", QualityAsync)
            .Describe("listDataQuality", "List reports on data quality", "Missing and implausible values in the store's events by hour, the newest first. Kept for seven days.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(ControlProblems.Unavailable);
        routes.ForServers("/v1/features/stats", ApiTags.Features).MapGet("", FeaturesAsync)
            .Describe("listFeatureStats", "List distributions of features", "The distributions of the features of carts by day, the newest first. Kept for 90 days.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(ControlProblems.Unavailable);
        routes.ForServers("/v1/drift", ApiTags.Predictions).MapGet("", DriftAsync)
            .Describe("listDrift", "List reports on drift", "Whether the model still fits the store: its features, its score and its outcomes, by run of the job `drift`, the newest first. Kept for 90 days.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(ControlProblems.Unavailable);
    }

    static async Task<Ok<ItemPage<DriftReport>>> DriftAsync(HttpContext context, Caller caller, RequestQuery query, InsightStore insights) =>
        TypedResults.Ok(await PageAsync(context, caller, query, insights, InsightStore.Drift, ApiJson.Default.DriftReport));

    static async Task<Ok<ItemPage<QualityReport>>> QualityAsync(HttpContext context, Caller caller, RequestQuery query, InsightStore insights) =>
        TypedResults.Ok(await PageAsync(context, caller, query, insights, InsightStore.DataQuality, ApiJson.Default.QualityReport));

    static async Task<Ok<ItemPage<FeatureProfile>>> FeaturesAsync(HttpContext context, Caller caller, RequestQuery query, InsightStore insights) =>
        TypedResults.Ok(await PageAsync(context, caller, query, insights, InsightStore.Features, ApiJson.Default.FeatureProfile));

    static async Task<ItemPage<T>> PageAsync<T>(HttpContext context, Caller caller, RequestQuery query, InsightStore insights, string kind, JsonTypeInfo<T> type)
    {
        var (cursor, limit) = (Cursors.Read(query.Of(QueryParameters.Cursor)), query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize));
        var before = cursor == 0 ? DateTimeOffset.MaxValue : DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(cursor, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
        var found = await insights.ListAsync(kind, caller.Store.Id, before, limit + 1, context.RequestAborted);
        var next = found.Count > limit ? found[limit - 1].At.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) : null;
        return new ItemPage<T>([.. found.Take(limit).Select(report => JsonSerializer.Deserialize(report.Report, type)!)], SealedCursor.Seal(context, next));
    }
}
