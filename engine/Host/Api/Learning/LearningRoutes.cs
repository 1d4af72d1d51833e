using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CartRecovery.Engine.ControlPlane.Insights;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Learning;

/// <summary>Routes of <c>/v1/learning</c>: what the engine trained, and how it does beside the champion.</summary>
static class LearningRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var reads = routes.ForServers("/v1/learning", ApiTags.Models);
        reads.MapGet("/trainings", TrainingsAsync).Describe("listTrainings", "List trainings",
                "What each run of the job `retrain` did, and why it refused a candidate, the newest first. Kept for a year.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(ControlProblems.Unavailable);
        reads.MapGet("/evaluations", EvaluationsAsync).Describe("listEvaluations", "List evaluations of shadows",
                "Shadows and the canary beside the champion on the same carts and their outcomes, whole and by segment, by run of the job `shadow-evaluation`, the newest first. Kept for a year.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(ControlProblems.Unavailable);
    }

    static async Task<Ok<ItemPage<TrainingReport>>> TrainingsAsync(HttpContext context, RequestQuery query, InsightStore insights) =>
        TypedResults.Ok(await PageAsync(context, query, insights, InsightStore.Training, ApiJson.Default.TrainingReport));

    static async Task<Ok<ItemPage<EvaluationRun>>> EvaluationsAsync(HttpContext context, RequestQuery query, InsightStore insights) =>
        TypedResults.Ok(await PageAsync(context, query, insights, InsightStore.ShadowEvaluation, ApiJson.Default.EvaluationRun));

    static async Task<ItemPage<T>> PageAsync<T>(HttpContext context, RequestQuery query, InsightStore insights, string kind, JsonTypeInfo<T> type)
    {
        var (cursor, limit) = (Cursors.Read(query.Of(QueryParameters.Cursor)), query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize));
        var before = cursor == 0 ? DateTimeOffset.MaxValue : DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(cursor, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
        var found = await insights.ListAsync(kind, InsightStore.AllStores, before, limit + 1, context.RequestAborted);
        var next = found.Count > limit ? found[limit - 1].At.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) : null;
        return new ItemPage<T>([.. found.Take(limit).Select(report => JsonSerializer.Deserialize(report.Report, type)!)], SealedCursor.Seal(context, next));
    }
}
