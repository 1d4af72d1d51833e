using System.ComponentModel;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.State;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Flags;

/// <summary>Routes of <c>/v1/feature-flags</c>: the feature flags of a store, and those that all stores share.</summary>
static class FlagRoutes
{
    static readonly HttpProblem s_invalid = new(400, "invalid_flag", "The body is not a feature flag.");
    static readonly HttpProblem s_notFound = new(404, "flag_not_found", "There is no such feature flag.");
    static readonly HttpProblem s_sharedByUsers = UserAccess.UserRequired with { Detail = "All stores share the flag. Sign in as a user who may change flags in all stores." };

    static readonly QueryParameter<string> s_shared = QueryParameters.Choice("shared", "`true` for the flag that all stores share.", ["true", "false"], "false");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/feature-flags", ApiTags.FeatureFlags);
        group.MapGet("", List)
            .Describe("listFeatureFlags", "List feature flags", "The store's flags, by key; then those that all stores share.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor);
        group.MapGet("/{key}", Get)
            .Describe("getFeatureFlag", "Get a feature flag", "With its version as ETag, for `If-Match`.").Query(s_shared).Problems(s_notFound);
        group.MapPost("", AddAsync)
            .Describe("createFeatureFlag", "Create a feature flag", "Rejected if the key is taken. A flag that all stores share requires a user with a role for all stores.")
            .Query(s_shared).Produces<FlagItem>(StatusCodes.Status201Created)
            .Problems(ApiProblems.InvalidJson, s_invalid, s_sharedByUsers, ControlProblems.FlagExists, ControlProblems.SegmentUnknown, ControlProblems.TooManyFlags, ControlProblems.Unavailable);
        group.MapPut("/{key}", PutAsync)
            .Describe("putFeatureFlag", "Create or replace a feature flag",
                "Takes effect at once in this engine, and within a second in others that share the database. With `If-Match`, replaces only the version with this ETag; with `If-None-Match: *`, only creates.")
            .Query(s_shared).Produces<FlagItem>().Produces<FlagItem>(StatusCodes.Status201Created)
            .Problems(ApiProblems.InvalidJson, s_invalid, s_sharedByUsers, ControlProblems.FlagExists, ControlProblems.SegmentUnknown, ControlProblems.FlagChanged, ControlProblems.TooManyFlags, ControlProblems.Unavailable);
        group.MapDelete("/{key}", DeleteAsync)
            .Describe("deleteFeatureFlag", "Delete a feature flag", "Clients then use the default in their code. With `If-Match`, deletes only the version with this ETag.")
            .Query(s_shared).Produces(StatusCodes.Status204NoContent).Problems(s_notFound, s_sharedByUsers, ControlProblems.FlagChanged, ControlProblems.Unavailable);
    }

    static Ok<ItemPage<FlagItem>> List(HttpContext context, Caller caller, RequestQuery query, FlagDirectory flags)
    {
        var shown = ShownTo(context, caller);
        return TypedResults.Ok(Cursors.Page(context, query, [.. flags.OwnOf(caller.Store.Id).Concat(flags.OwnOf("")).Select(flag => FlagItem.Of(flag, shown))]));
    }

    static Ok<FlagItem> Get([Description("The flag's key.")] string key, HttpContext context, Caller caller, RequestQuery query, FlagDirectory flags)
    {
        var flag = flags.OwnOf(IsShared(query) ? "" : caller.Store.Id).FirstOrDefault(flag => flag.Key == key) ?? throw new ProblemException(s_notFound);
        context.Response.Headers.ETag = TagOf(flag);
        return TypedResults.Ok(FlagItem.Of(flag, ShownTo(context, caller)));
    }

    static async Task<IResult> AddAsync(NewFlagBody body, HttpContext context, Caller caller, RequestQuery query, FlagStore store, IDefinitions<SegmentDefinition> segments) =>
        await SetAsync(body.Key ?? "", body.ToDefinition(), new Precondition(IsNew: true), context, caller, query, store, segments);

    static async Task<IResult> PutAsync(
        [Description("The flag's key: letters, digits, `-`, `_` and `.`, at most 128.")] string key, FlagDefinition body, HttpContext context, Caller caller, RequestQuery query,
        FlagStore store, IDefinitions<SegmentDefinition> segments) =>
        await SetAsync(key, body, Preconditions.Of(context), context, caller, query, store, segments);

    static async Task<IResult> SetAsync(
        string key, FlagDefinition definition, Precondition expected, HttpContext context, Caller caller, RequestQuery query, FlagStore store, IDefinitions<SegmentDefinition> segments)
    {
        var owner = OwnerOf(context, caller, query);
        var problem = !DefinitionName.IsValid(key) ? $"key: expected {DefinitionName.Rule}"
            : new FlagCheck(FeatureTable.Names.Contains, segments).ProblemOf(definition, owner);
        if (problem is not null)
        {
            throw new ProblemException(s_invalid with { Detail = $"{problem}." });
        }

        var (flag, isNew) = await store.SetAsync(owner, key, definition, expected, RequestAudit.ActorOf(context)!, UserIdentity.AddressOf(context), context.RequestAborted);
        context.Response.Headers.ETag = TagOf(flag);
        var item = FlagItem.Of(flag, ShownTo(context, caller));
        return isNew ? TypedResults.Created((string?)null, item) : TypedResults.Ok(item);
    }

    static async Task<NoContent> DeleteAsync([Description("The flag's key.")] string key, HttpContext context, Caller caller, RequestQuery query, FlagStore store) =>
        await store.DeleteAsync(OwnerOf(context, caller, query), key, Preconditions.Of(context), RequestAudit.ActorOf(context)!, UserIdentity.AddressOf(context), context.RequestAborted)
            ? TypedResults.NoContent() : throw new ProblemException(s_notFound);

    static bool IsShared(RequestQuery query) => query.Of(s_shared) == "true";

    // Returns the empty id for a shared flag. A store's key must not change it: the change would affect other stores.
    static string OwnerOf(HttpContext context, Caller caller, RequestQuery query) => !IsShared(query) ? caller.Store.Id
        : context.User.Identity is not UserIdentity user ? throw new ProblemException(s_sharedByUsers)
        : user.User.Has("feature_flags:write", store: null) ? "" : throw new ProblemException(UserAccess.PermissionDenied);

    static string? ShownTo(HttpContext context, Caller caller) =>
        context.User.Identity is UserIdentity user && user.User.Has(Engine.ControlPlane.Users.Permission.FlagsRead, store: null) ? null : caller.Store.Id;

    static string TagOf(FeatureFlag flag) => $"\"{flag.Version}\"";
}
