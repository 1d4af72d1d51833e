using System.ComponentModel;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Models;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Serving;

/// <summary>Routes of <c>/v1/models</c>: the models in force, the canary and the shadows.</summary>
static class ServingRoutes
{
    const string NameHelp = "The model that decides: `name` in `GET /v1/models/status`.", AliasHelp = "`shadow` or `shadow-…`.";

    /// <summary>The model does not decide.</summary>
    static readonly HttpProblem s_notServed = new(404, "model_not_served", "This model does not decide. GET /v1/models/status names the one that does.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var reads = routes.ForServers("/v1/models", ApiTags.Models);
        reads.MapGet("/status", Status).Describe("getServingStatus", "Get the models in force", "What each does, and what it has scored since the start.");
        reads.MapGet("/{name}/canary", Canary).Describe("getCanary", "Get the canary", "With its scores beside the champion's, the outcomes of its carts, and what its guardrails say.")
            .Problems(s_notServed, ModelProblems.NoAlias);
        reads.MapGet("/{name}/shadows", Shadows).Describe("listShadows", "List the shadows", "With their scores beside the champion's on the same rows.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(s_notServed);

        var changes = routes.MapGroup("/v1/models").WithTags(ApiTags.Models).RequireAuthorization(AccessPolicies.User).WithMetadata(new RequiredPermission(Permission.ModelsWrite));
        changes.MapPut("/{name}/canary", SetCanaryAsync).Describe("setCanary", "Set the canary", """
            Gives a version a share of the shoppers, or changes the share. A shopper has a fixed place, so raising the share moves nobody out. Guardrails are looked at every
            5 seconds: errors, latency, shift of the scores, log loss on carts with an outcome, revenue. If one fails, the champion decides for everybody again.
            Survives a restart; what is known of its carts does not.
            """)
            .Problems([ApiProblems.InvalidJson, ApiProblems.OutOfRange, s_notServed, ModelProblems.NoAlias, ModelProblems.InUse, ModelProblems.InvalidManifest, ModelProblems.Full, .. ModelProblems.OfLoading]);
        changes.MapPost("/{name}/canary/promote", PromoteAsync).Describe("promoteCanary", "Promote the canary", "Makes the canary the champion, if the champion is still the one that it began with.")
            .Problems([ApiProblems.InvalidJson, s_notServed, ModelProblems.NoAlias, ModelProblems.AliasMoved, ModelProblems.InvalidManifest, .. ModelProblems.OfLoading]);
        changes.MapDelete("/{name}/canary", RemoveCanaryAsync).Describe("removeCanary", "Remove the canary", "Gives its shoppers back to the champion.")
            .Produces(StatusCodes.Status204NoContent).Problems(s_notServed, ModelProblems.NoAlias, ModelProblems.Damaged, ModelProblems.Busy);
        changes.MapPut("/{name}/shadows/{alias}", SetShadowAsync).Describe("setShadow", "Set a shadow", "Scores a sample of the rows beside the champion, and never decides.")
            .Problems([ApiProblems.InvalidJson, ApiProblems.OutOfRange, s_notServed, ModelProblems.NoAlias, ModelProblems.InvalidAlias, ModelProblems.InvalidManifest, ModelProblems.Full, .. ModelProblems.OfLoading]);
        changes.MapDelete("/{name}/shadows/{alias}", RemoveShadowAsync).Describe("removeShadow", "Remove a shadow", "Its version stays registered.")
            .Produces(StatusCodes.Status204NoContent)
            .Problems(s_notServed, ModelProblems.NoAlias, ModelProblems.InvalidAlias, ModelProblems.Damaged, ModelProblems.Busy);
    }

    static Ok<ServingStatus> Status(IServingControl serving, IModelControl models, IEngineState engine) => TypedResults.Ok(new ServingStatus(
        models.ModelName, [.. serving.Serving.Models.Select(ServedItem.Of)], CanaryStatus.Of(serving), serving.ServingSettings.LastCanary, engine.ModelsProblem));

    static Ok<CanaryStatus> Canary([Description(NameHelp)] string name, IServingControl serving, IModelControl models)
    {
        CheckName(name, models);
        return TypedResults.Ok(CanaryStatus.Of(serving) ?? throw new ProblemException(ModelProblems.NoAlias with { Detail = $"{name} has no canary." }));
    }

    static Ok<ItemPage<ShadowItem>> Shadows([Description(NameHelp)] string name, HttpContext context, RequestQuery query, IServingControl serving, IModelControl models)
    {
        CheckName(name, models);
        return TypedResults.Ok(Cursors.Page(context, query, [.. serving.Serving.Shadows.Select(ShadowItem.Of)]));
    }

    static async Task<Ok<CanaryStatus>> SetCanaryAsync([Description(NameHelp)] string name, CanaryBody body, HttpContext context, IServingControl serving, IModelControl models, ModelAudit audit)
    {
        var version = Find(name, body.Version, models);
        if (body.Percent is not (> 0 and <= 100))
        {
            throw new ProblemException(ApiProblems.OutOfRange with { Detail = "percent: expected a number above 0, at most 100." });
        }

        await ChangeAsync(context, audit, "model.canary", $"{name}@{ServingPlan.CanaryAlias}", version,
            actor => serving.SetCanary(version, body.Percent.Value, body.Automatic, actor, body.Why ?? ""));
        return Canary(name, serving, models);
    }

    static async Task<Ok<ServingStatus>> PromoteAsync(
        [Description(NameHelp)] string name, PromotionBody? body, HttpContext context, IServingControl serving, IModelControl models, IEngineState engine, ModelAudit audit)
    {
        CheckName(name, models);
        await ChangeAsync(context, audit, "model.canary", $"{name}@{ServingPlan.CanaryAlias}", version: null, actor => serving.EndCanary(isPromoted: true, actor, body?.Why ?? ""));
        return Status(serving, models, engine);
    }

    static async Task<NoContent> RemoveCanaryAsync([Description(NameHelp)] string name, HttpContext context, IServingControl serving, IModelControl models, ModelAudit audit)
    {
        CheckName(name, models);
        await ChangeAsync(context, audit, "model.canary", $"{name}@{ServingPlan.CanaryAlias}", version: null, actor => serving.EndCanary(isPromoted: false, actor, "removed"));
        return TypedResults.NoContent();
    }

    static async Task<Ok<ShadowItem>> SetShadowAsync(
        [Description(NameHelp)] string name, [Description(AliasHelp)] string alias, ShadowBody body, HttpContext context, IServingControl serving, IModelControl models, ModelAudit audit)
    {
        CheckAlias(alias);
        var version = Find(name, body.Version, models);
        if (body.Rate is not (>= 0 and <= 1))
        {
            throw new ProblemException(ApiProblems.OutOfRange with { Detail = "rate: expected a number from 0 to 1." });
        }

        await ChangeAsync(context, audit, "model.shadow", $"{name}@{alias}", version, actor => serving.SetShadow(alias, version, body.Rate, actor, body.Why ?? ""));
        return TypedResults.Ok(ShadowItem.Of(serving.Serving.Shadows.FirstOrDefault(shadow => shadow.Served.Alias == alias)
            ?? throw new ProblemException(ModelProblems.NoAlias with { Detail = $"{name}@{alias} was removed meanwhile." })));
    }

    static async Task<NoContent> RemoveShadowAsync(
        [Description(NameHelp)] string name, [Description(AliasHelp)] string alias, HttpContext context, IServingControl serving, IModelControl models, ModelAudit audit)
    {
        CheckAlias(alias);
        CheckName(name, models);
        await ChangeAsync(context, audit, "model.shadow", $"{name}@{alias}", version: null, actor => serving.RemoveShadow(alias, actor));
        return TypedResults.NoContent();
    }

    static Task ChangeAsync(HttpContext context, ModelAudit audit, string action, string target, ModelVersion? version, Action<string> change) =>
        audit.RunAsync(
            context,
            actor =>
            {
                change(actor);
                return true;
            },
            _ => (action, target, version?.Id));

    static ModelVersion? Find(string name, string? version, IModelControl models)
    {
        CheckName(name, models);
        return version is null ? null : models.ModelRegistry.Find(version);
    }

    static void CheckName(string name, IModelControl models)
    {
        if (name != models.ModelName)
        {
            throw new ProblemException(s_notServed);
        }
    }

    static void CheckAlias(string alias)
    {
        if (!ServingSettings.IsShadow(alias))
        {
            throw new ProblemException(ModelProblems.InvalidAlias with { Detail = "Expected 'shadow', or a name that begins with 'shadow-'." });
        }
    }
}
