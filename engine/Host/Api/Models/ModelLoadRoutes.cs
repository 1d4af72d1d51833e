using System.ComponentModel;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Models;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Models;

/// <summary>Routes of <c>/v1/models/{id}</c> that load versions for requests, beside the champion.</summary>
static class ModelLoadRoutes
{
    const string IdHelp = "The version: `name@hash`, where six digits of the hash suffice, or `name@alias`.";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.ForServers("/v1/models", ApiTags.Models).MapGet("/{id}/status", Status).Describe("getModelStatus", "Get the state of a version",
            "`serving`, `loaded`, `available` or `damaged`.").Problems(ModelProblems.OfVersion);
        var group = routes.MapGroup("/v1/models").WithTags(ApiTags.Models).RequireAuthorization(AccessPolicies.User).WithMetadata(new RequiredPermission(Permission.ModelsWrite));
        group.MapPost("/{id}/load", LoadAsync).WithMetadata(new LoadsModels())
            .Describe("loadModel", "Load a version", "For requests to `/v2`, beside the champion: it decides nothing. At most eight; none is loaded after a restart.")
            .Problems([ModelProblems.TooManyLoaded, .. ModelProblems.OfLoading]);
        group.MapPost("/{id}/unload", UnloadAsync)
            .Describe("unloadModel", "Unload a version", "Requests that it serves end first. Idempotent.").Problems(ModelProblems.OfVersion);
    }

    static Ok<ModelStatus> Status([Description(IdHelp)] string id, IModelControl models, LoadedModels loaded) =>
        TypedResults.Ok(StatusOf(models.ModelRegistry.Find(id), models, loaded));

    static async Task<Ok<ModelStatus>> LoadAsync([Description(IdHelp)] string id, HttpContext context, IModelControl models, LoadedModels loaded, ModelAudit audit)
    {
        var version = models.ModelRegistry.Find(id);
        await audit.RunAsync(context, _ => loaded.Load(version), _ => ("model.load", version.Id, null));
        return TypedResults.Ok(StatusOf(version, models, loaded));
    }

    static async Task<Ok<ModelStatus>> UnloadAsync([Description(IdHelp)] string id, HttpContext context, IModelControl models, LoadedModels loaded, ModelAudit audit)
    {
        // A loaded version is unloaded by its id, even if its files are gone since.
        var wanted = loaded.LoadedAt(id) is null ? models.ModelRegistry.Find(id).Id : id;
        await audit.RunAsync(context, _ => loaded.Unload(wanted), wasLoaded => wasLoaded ? ("model.unload", wanted, null) : null);
        var version = models.ModelRegistry.List(ModelRegistry.NameOf(wanted)).FirstOrDefault(known => known.Id == wanted)
            ?? new ModelVersion(wanted, "", Found: null, "Its files are gone.");
        return TypedResults.Ok(StatusOf(version, models, loaded));
    }

    static ModelStatus StatusOf(ModelVersion version, IModelControl models, LoadedModels loaded)
    {
        var at = loaded.LoadedAt(version.Id);
        return new ModelStatus(version.Id, version.Id == models.ServedVersion ? "serving" : at is not null ? "loaded" : version.Problem is null ? "available" : "damaged",
            ModelItem.Of(version, models).Aliases, at?.UtcDateTime, version.Problem);
    }
}
