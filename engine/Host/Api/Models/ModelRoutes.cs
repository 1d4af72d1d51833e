using System.ComponentModel;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Models;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Models;

/// <summary>Routes of <c>/v1/models</c>: the registry of models.</summary>
static class ModelRoutes
{
    const string IdHelp = "The version: `name@hash`, where six digits of the hash suffice, or `name@alias`.", NameHelp = "The model.", AliasHelp = "The alias.";

    // The largest model in base64, and what describes it.
    const long MaxBody = (ModelLimits.MaxModelBytes / 3 * 4) + (8 << 20);

    static readonly QueryParameter<string> s_name = QueryParameters.Text("name", "Returns only versions of this model.");
    static readonly QueryParameter<string> s_to = QueryParameters.Text("to", "The version to compare with; by default the champion.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        MapReads(routes.ForServers("/v1/models", ApiTags.Models));
        MapChanges(routes.MapGroup("/v1/models").WithTags(ApiTags.Models).RequireAuthorization(AccessPolicies.User).WithMetadata(new RequiredPermission(Permission.ModelsWrite)));
    }

    static void MapReads(RouteGroupBuilder group)
    {
        group.MapGet("", List).Describe("listModels", "List versions of models", "By model, the newest first, with the aliases that name each. Damaged versions have a `problem`.")
            .Query(s_name, QueryParameters.Limit, QueryParameters.Cursor);
        group.MapGet("/{id}", Get).Describe("getModel", "Get a version of a model", "With its signature, its metrics, its training data and its card.").Problems(ModelProblems.OfVersion);
        group.MapGet("/{id}/diff", Diff).Describe("diffModels", "Compare two versions", "Features, metrics, and the scores of the golden rows of both by both.")
            .WithMetadata(new LoadsModels()).Query(s_to).Problems(ModelProblems.OfLoading);
        group.MapGet("/{name}/aliases", Aliases).Describe("listModelAliases", "List a model's aliases", "Which version each alias names, and who moved it there when and why.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(ModelProblems.Damaged);
        group.MapGet("/{name}/history", History).Describe("listModelHistory", "List moves of a model's aliases", "The newest first; the last 1,000 are kept.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(ModelProblems.Damaged);
    }

    static void MapChanges(RouteGroupBuilder group)
    {
        group.MapPost("", AddAsync).Describe("addModel", "Register a model", """
            Registers an ONNX file as an immutable version, named by the hash of its bytes. The same bytes are the same version. No alias names it yet: deploy it.
            At most 64 MB; gzip and br are accepted.
            """)
            .WithMetadata(new BodyLimit(MaxBody), new LoadsModels()).Produces<ModelDetail>(StatusCodes.Status201Created).Produces<ModelDetail>()
            .Problems([ApiProblems.InvalidJson, ModelProblems.InvalidManifest, ModelProblems.TooLarge, ModelProblems.Full, .. ModelProblems.OfLoading]);
        group.MapPost("/deploy", DeployAsync).Describe("deployModel", "Deploy a version", """
            Moves an alias, `champion` by default, to a version. The version is loaded and its golden rows are checked before; the champion is exchanged between two
            batches. A failure changes nothing. Survives a restart.
            """)
            .Problems([ApiProblems.InvalidJson, ModelProblems.InvalidAlias, ModelProblems.AliasMoved, ModelProblems.InvalidManifest, ModelProblems.Full, .. ModelProblems.OfLoading]);
        group.MapPut("/{name}/aliases/{alias}", MoveAliasAsync).Describe("moveModelAlias", "Move an alias", "Creates the alias if there is none. With `expected`, only if it names this version now.")
            .Problems([ApiProblems.InvalidJson, ModelProblems.InvalidAlias, ModelProblems.AliasMoved, ModelProblems.InvalidManifest, ModelProblems.Full, .. ModelProblems.OfLoading]);
        group.MapDelete("/{name}/aliases/{alias}", RemoveAliasAsync).Describe("removeModelAlias", "Remove an alias", "`champion` and `v0` cannot be removed.")
            .Produces(StatusCodes.Status204NoContent)
            .Problems(ModelProblems.NoAlias, ModelProblems.InvalidAlias, ModelProblems.AliasNeeded, ModelProblems.Damaged, ModelProblems.Busy);
        group.MapPost("/{name}/rollback", RollBackAsync).Describe("rollBackModel", "Roll back", "Moves an alias, `champion` by default, to the version that it named before.")
            .Problems([ApiProblems.InvalidJson, ModelProblems.NoAlias, ModelProblems.NothingBefore, ModelProblems.AliasMoved, ModelProblems.InvalidManifest, .. ModelProblems.OfLoading]);
        group.MapDelete("/{id}", DeleteAsync).Describe("deleteModel", "Delete a version", "Rejected while an alias, another version or a kept decision names it.")
            .Produces(StatusCodes.Status204NoContent)
            .Problems([ModelProblems.InUse, ModelProblems.IsParent, ModelProblems.HasDecisions, ModelProblems.Busy, .. ModelProblems.OfVersion]);
    }

    static Ok<ItemPage<ModelItem>> List(HttpContext context, RequestQuery query, IModelControl models)
    {
        // The aliases are read for those on the page alone.
        var page = Cursors.Page(context, query, query.Of(s_name) is { } name ? models.ModelRegistry.List(name) : models.ModelRegistry.List());
        return TypedResults.Ok(new ItemPage<ModelItem>([.. page.Items.Select(version => ModelItem.Of(version, models))], page.Next));
    }

    static Ok<ModelDetail> Get([Description(IdHelp)] string id, IModelControl models) => TypedResults.Ok(ModelDetail.Of(models.ModelRegistry.Find(id), models));

    static Ok<ModelDifference> Diff([Description(IdHelp)] string id, RequestQuery query, IModelControl models)
    {
        var registry = models.ModelRegistry;
        var from = registry.Find(id);
        return TypedResults.Ok(ModelDifference.Between(registry, from, registry.Find(query.Of(s_to) ?? $"{ModelRegistry.NameOf(from.Id)}@{ModelAlias.Champion}")));
    }

    static Ok<ItemPage<AliasItem>> Aliases([Description(NameHelp)] string name, HttpContext context, RequestQuery query, IModelControl models) =>
        TypedResults.Ok(Cursors.Page(context, query, [.. models.ModelRegistry.Aliases(name).Select(AliasItem.Of)]));

    static Ok<ItemPage<AliasChangeItem>> History([Description(NameHelp)] string name, HttpContext context, RequestQuery query, IModelControl models) =>
        TypedResults.Ok(Cursors.Page(context, query, [.. models.ModelRegistry.History(name).Select(AliasChangeItem.Of)]));

    static async Task<IResult> AddAsync(NewModelBody body, HttpContext context, IModelControl models, ModelAudit audit)
    {
        var (version, isNew) = await audit.RunAsync(context, actor => models.ModelRegistry.Add(body.ToModel(), actor),
            added => added.IsNew ? ("model.add", added.Version.Id, null) : null);
        var detail = ModelDetail.Of(version, models);
        return isNew ? TypedResults.Created((string?)null, detail) : TypedResults.Ok(detail);
    }

    static Task<Ok<AliasMoved>> DeployAsync(DeployBody body, HttpContext context, IModelControl models, ModelAudit audit)
    {
        var version = models.ModelRegistry.Find(body.Version ?? "");
        return MoveAsync(context, models, audit, new ModelMove(ModelRegistry.NameOf(version.Id), body.Alias ?? ModelAlias.Champion, version.Id, "", body.Why ?? "")
        { Expected = body.Expected });
    }

    static Task<Ok<AliasMoved>> MoveAliasAsync(
        [Description(NameHelp)] string name, [Description(AliasHelp)] string alias, AliasMoveBody body, HttpContext context, IModelControl models, ModelAudit audit) =>
        MoveAsync(context, models, audit, new ModelMove(name, alias, models.ModelRegistry.Find(body.Version ?? "").Id, "", body.Why ?? "") { Expected = body.Expected });

    static async Task<NoContent> RemoveAliasAsync(
        [Description(NameHelp)] string name, [Description(AliasHelp)] string alias, HttpContext context, IModelControl models, ModelAudit audit)
    {
        await audit.RunAsync(context, actor => models.MoveAlias(new ModelMove(name, alias, Version: null, actor, "removed")), _ => ("model.alias", $"{name}@{alias}", ""));
        return TypedResults.NoContent();
    }

    static Task<Ok<AliasMoved>> RollBackAsync([Description(NameHelp)] string name, ModelRollbackBody? body, HttpContext context, IModelControl models, ModelAudit audit)
    {
        var alias = body?.Alias ?? ModelAlias.Champion;
        var present = models.ModelRegistry.Aliases(name).FirstOrDefault(known => known.Name == alias)?.Version;
        return MoveAsync(context, models, audit, new ModelMove(name, alias, models.ModelRegistry.Previous(name, alias).Id, "", body?.Why ?? "rollback")
        { Expected = present, IsRollback = true });
    }

    static async Task<NoContent> DeleteAsync([Description(IdHelp)] string id, HttpContext context, IModelControl models, ModelAudit audit)
    {
        await audit.RunAsync(context, _ => models.ModelRegistry.Delete(id, models.DecisionsKept), deleted => ("model.delete", deleted.Id, null));
        return TypedResults.NoContent();
    }

    static async Task<Ok<AliasMoved>> MoveAsync(HttpContext context, IModelControl models, ModelAudit audit, ModelMove move)
    {
        var change = await audit.RunAsync(context, actor => models.MoveAlias(move with { By = actor }),
            done => done is null ? null : ("model.alias", $"{move.Name}@{move.Alias}", move.Version));
        return TypedResults.Ok(new AliasMoved(move.Alias, move.Version!, change is null ? move.Version : change.From, change is not null));
    }

    sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
}
