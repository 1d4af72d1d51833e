using System.ComponentModel;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Keys;

/// <summary>Routes of <c>/v1/api-keys</c>: the keys of a store.</summary>
static class ApiKeyRoutes
{
    static readonly HttpProblem s_invalid = new(400, "invalid_api_key", "The body does not describe a key.");
    static readonly HttpProblem s_notFound = new(404, "api_key_not_found", "The store has no such key.");
    static readonly HttpProblem s_file = new(409, "managed_by_file", "The configuration has the key. Change it there.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/api-keys").WithTags(ApiTags.Keys).RequireAuthorization(AccessPolicies.StoreUser);
        group.MapGet("", ListAsync)
            .Describe("listApiKeys", "List API keys", "The store's keys, the newest first; then those of the configuration, with `managedBy: file`. The texts of keys are never shown.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(ControlProblems.Unavailable);
        group.MapPost("", AddAsync)
            .Describe("createApiKey", "Create an API key", "Returns the key's text once: only its hash is stored. A key cannot have a permission that its creator lacks.")
            .Produces<IssuedApiKey>(StatusCodes.Status201Created)
            .Problems(ApiProblems.InvalidJson, s_invalid, ControlProblems.NotHeld, ControlProblems.TooManyKeys, ControlProblems.Unavailable);
        group.MapPost("/{id}/rotate", RotateAsync)
            .Describe("rotateApiKey", "Rotate an API key", "Returns a new key with the same settings. The former key stays valid until the overlap ends.")
            .Produces<IssuedApiKey>(StatusCodes.Status201Created)
            .Problems(ApiProblems.InvalidJson, s_invalid, s_notFound, s_file, ControlProblems.NotHeld, ControlProblems.KeyEnded, ControlProblems.TooManyKeys, ControlProblems.Unavailable);
        group.MapDelete("/{id}", RevokeAsync)
            .Describe("revokeApiKey", "Revoke an API key", "All engines that share the database reject the key within a second, and close its open streams.")
            .Produces(StatusCodes.Status204NoContent).Problems(s_notFound, s_file, ControlProblems.Unavailable);
    }

    static async Task<Ok<ItemPage<ApiKeyItem>>> ListAsync(HttpContext context, Caller caller, RequestQuery query, ApiKeyStore keys, StoreDirectory stores, TimeProvider time)
    {
        var issued = await keys.ListAsync(caller.Store.Id, context.RequestAborted);
        var now = time.GetUtcNow();
        return TypedResults.Ok(Cursors.Page(context, query, [.. issued.Select(key => ApiKeyItem.Of(key, now)), .. stores.ConfiguredKeys(caller.Store).Select(ApiKeyItem.Of)]));
    }

    static async Task<Created<IssuedApiKey>> AddAsync(HttpContext context, ApiKeyBody body, Caller caller, ApiKeyStore keys, TimeProvider time)
    {
        var (settings, problem) = ApiKeyRequest.Read(body, time.GetUtcNow());
        var user = UserIdentity.Of(context);
        return Answer(context, time, await keys.AddAsync(caller.Store.Id, settings ?? throw new ProblemException(s_invalid with { Detail = $"{problem}." }),
            user.ActorName, UserIdentity.AddressOf(context), user.User, context.RequestAborted));
    }

    static async Task<Created<IssuedApiKey>> RotateAsync(
        HttpContext context, [Description("The key's id.")] string id, RotationBody body, Caller caller, ApiKeyStore keys, TimeProvider time)
    {
        var overlap = ApiKeyStore.Overlap;
        if (body.Overlap is { } text && (!DurationText.TryParse(text, out overlap) || overlap > ApiKeyStore.MaxOverlap))
        {
            throw new ProblemException(s_invalid with { Detail = $"overlap: expected {DurationText.Form}, at most {DurationText.Write(ApiKeyStore.MaxOverlap)}." });
        }

        CheckManaged(id);
        var former = await keys.FindAsync(caller.Store.Id, id, context.RequestAborted) ?? throw new ProblemException(s_notFound);
        var user = UserIdentity.Of(context);
        return Answer(context, time, await keys.RotateAsync(former, overlap, user.ActorName, UserIdentity.AddressOf(context), user.User, context.RequestAborted));
    }

    static async Task<NoContent> RevokeAsync(HttpContext context, [Description("The key's id.")] string id, Caller caller, ApiKeyStore keys)
    {
        CheckManaged(id);
        return await keys.RevokeAsync(caller.Store.Id, id, UserIdentity.Of(context).ActorName, UserIdentity.AddressOf(context), context.RequestAborted)
            ? TypedResults.NoContent() : throw new ProblemException(s_notFound);
    }

    static void CheckManaged(string id)
    {
        if (id.StartsWith(ApiKeyItem.FileId, StringComparison.Ordinal))
        {
            throw new ProblemException(s_file);
        }
    }

    static Created<IssuedApiKey> Answer(HttpContext context, TimeProvider time, (ApiKey Key, string Text) issued)
    {
        // A cache would store the key.
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created((string?)null, new IssuedApiKey(issued.Text, ApiKeyItem.Of(issued.Key, time.GetUtcNow())));
    }
}
