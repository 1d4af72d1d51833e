using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Api.Settings;
using CartRecovery.Host.Commands;
using CartRecovery.Host.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Campaigns.Managed;

/// <summary>Routes of <c>/v1/campaigns</c> for campaigns that the API manages, from the draft to the archive.</summary>
static class ManagedCampaignRoutes
{
    const string Write = "campaigns:write", Read = "campaigns:read", NameHelp = "The campaign.";
    const int MaxReason = 256, MaxName = 64;

    static readonly HttpProblem s_invalid = new(400, "invalid_campaign", "The body is not a campaign.");
    public static readonly HttpProblem OfFile = new(409, "managed_by_file", "The configuration has the campaign. Change it there.");

    static readonly HttpProblem[] s_step =
    [
        CampaignsRoutes.Unknown, OfFile, ControlProblems.CampaignChanged, ControlProblems.CampaignState, SettingsProblems.MatchRequired, ControlProblems.Unavailable,
    ];

    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("", CreateAsync).Describe("createCampaign", "Create a campaign", "Creates a draft, which contacts nobody. Check it, have another user approve it if required, and activate it.")
            .Produces<CampaignDetail>(StatusCodes.Status201Created)
            .Problems(ApiProblems.InvalidJson, s_invalid, ControlProblems.CampaignExists, ControlProblems.TooManyCampaigns, ControlProblems.Unavailable);
        group.MapGet("/{name}", FindAsync).Describe("getCampaign", "Read a campaign", "A campaign of the API or of the configuration with its definition. The ETag is the last version.")
            .Produces<CampaignDetail>().Problems(CampaignsRoutes.Unknown, ControlProblems.Unavailable);
        group.MapGet("/{name}/versions", ListAsync).Describe("listCampaignVersions", "List a campaign's versions", "The versions with author and time, the newest first. The last 100 are kept.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor).Problems(CampaignsRoutes.Unknown, OfFile, ControlProblems.Unavailable);
        group.MapPut("/{name}", ChangeAsync).Describe("changeCampaign", "Change a campaign", "Adds a draft version. The version in force stays in force until another one is activated.")
            .Produces<CampaignDetail>().Problems([.. s_step, ApiProblems.InvalidJson, s_invalid]);
        group.MapDelete("/{name}", DeleteAsync).Describe("deleteCampaign", "Delete a campaign", "Deletes a campaign and its versions. No version may be in force.")
            .Produces(StatusCodes.Status204NoContent).Problems(s_step);
        Step(group.MapPost("/{name}/check", CheckAsync)).Describe("checkCampaign", "Check a campaign", "Validates the last version together with everything in force; `problems` lists the errors.");
        Step(group.MapPost("/{name}/activate", ActivateAsync)).Describe("activateCampaign", "Activate a campaign", "Puts the last version into force, within its dates.")
            .Problems([.. s_step, SettingsProblems.Invalid, SettingsProblems.Pinned, SettingsProblems.Secret, SettingsProblems.NeedsRestart, SettingsProblems.Fixed, SettingsProblems.Busy, ControlProblems.ApprovalRequired]);
        Step(group.MapPost("/{name}/archive", ArchiveAsync)).Describe("archiveCampaign", "Archive a campaign", "Takes the campaign out of force. Its scheduled messages are not sent.");
        Step(group.MapPost("/{name}/approve", ApproveAsync)).RequireAuthorization(AccessPolicies.StoreUser).WithMetadata(new RequiredPermission(Permission.CampaignsApprove))
            .Describe("approveCampaign", "Approve a campaign", "Approves the last version of another author.")
            .Problems([.. s_step, ControlProblems.OwnApproval]);
    }

    static RouteHandlerBuilder Step(RouteHandlerBuilder route) => route.Produces<CampaignDetail>()
        .Problems([.. s_step, SettingsProblems.Invalid, SettingsProblems.Pinned, SettingsProblems.Secret, SettingsProblems.NeedsRestart, SettingsProblems.Fixed, SettingsProblems.Busy]);

    static async Task<Created<CampaignDetail>> CreateAsync(HttpContext context, CampaignBody body, Caller caller, LiveCampaigns campaigns, IJourneyOptionsProvider inForce)
    {
        if (body.Name is not { Length: > 0 and <= MaxName } name || name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is '.' or '/'))
        {
            throw Invalid($"name: expected 1 to {MaxName} characters without spaces, dots and slashes");
        }

        var draft = DraftOf(body, caller);
        EnsureManages(context, caller, draft.Stores);
        if (inForce.JourneyOptions.Campaigns.Find(name) is not null)
        {
            throw new ProblemException(ControlProblems.CampaignExists);
        }

        await campaigns.Store.SaveAsync(name, after: 0, draft, ActorOf(context), UserIdentity.AddressOf(context));
        return TypedResults.Created((string?)null, await DetailAsync(context, name, caller, campaigns, inForce));
    }

    static async Task<Ok<CampaignDetail>> FindAsync(
        HttpContext context, [Description(NameHelp)] string name, Caller caller, LiveCampaigns campaigns, IJourneyOptionsProvider inForce, IEngineState engine)
    {
        if (await campaigns.Store.FindAsync(name, context.RequestAborted) is { } managed)
        {
            return managed.Last.Draft.AppliesTo(caller.Store.Id) ? TypedResults.Ok(await DetailAsync(context, name, caller, campaigns, inForce)) : throw new ProblemException(CampaignsRoutes.Unknown);
        }

        if (inForce.JourneyOptions.Campaigns.Find(name)?.AppliesTo(caller.Store.Number) != true)
        {
            throw new ProblemException(CampaignsRoutes.Unknown);
        }

        var written = SettingsPath.Find(SettingsView.Of(engine.Config, ConfigFile.Catalog, isWritten: true), ["decisions", "campaigns", name]) ?? new JsonObject();
        var stores = engine.Config.Decisions.Campaigns.Find(campaign => campaign.Name == name)?.Stores ?? [];
        return TypedResults.Ok(new CampaignDetail(name, "file", ManagedCampaign.Active, 0, ActiveVersion: null, InForce: true, [.. stores.Where(store => store == caller.Store.Id)],
            StartsAt: null, EndsAt: null, By: null, ApprovedBy: null, WithoutStores(written)));
    }

    static async Task<Ok<ItemPage<CampaignVersionItem>>> ListAsync(
        HttpContext context, [Description(NameHelp)] string name, Caller caller, RequestQuery query, LiveCampaigns campaigns, IJourneyOptionsProvider inForce)
    {
        await ManagedAsync(context, name, caller, campaigns, inForce);
        return TypedResults.Ok(Cursors.Page(context, query, [.. (await campaigns.Store.VersionsAsync(name, context.RequestAborted)).Where(version => version.Draft.AppliesTo(caller.Store.Id))
            .Select(version => CampaignVersionItem.Of(version, SeenBy(context, caller, version.Draft.Stores)))]));
    }

    static async Task<Ok<CampaignDetail>> ChangeAsync(
        HttpContext context, [Description(NameHelp)] string name, CampaignBody body, Caller caller, LiveCampaigns campaigns, IJourneyOptionsProvider inForce)
    {
        var managed = await ManagedAsync(context, name, caller, campaigns, inForce, changes: true);
        if (body.Name is { } other && other != name)
        {
            throw Invalid("name: a campaign cannot be renamed, because reports use its name; create another one");
        }

        var draft = DraftOf(body, caller);
        EnsureManages(context, caller, draft.Stores);
        await campaigns.Store.SaveAsync(name, VersionOf(context, managed), draft, ActorOf(context), UserIdentity.AddressOf(context));
        return TypedResults.Ok(await DetailAsync(context, name, caller, campaigns, inForce));
    }

    static async Task<NoContent> DeleteAsync(HttpContext context, [Description(NameHelp)] string name, Caller caller, LiveCampaigns campaigns, IJourneyOptionsProvider inForce)
    {
        var managed = await ManagedAsync(context, name, caller, campaigns, inForce, changes: true);
        await campaigns.Store.DeleteAsync(name, VersionOf(context, managed), ActorOf(context), UserIdentity.AddressOf(context));
        return TypedResults.NoContent();
    }

    static Task<Ok<CampaignDetail>> CheckAsync(
        HttpContext context, [Description(NameHelp)] string name, Caller caller, LiveCampaigns campaigns, IJourneyOptionsProvider inForce) =>
        StepAsync(context, name, CampaignStep.Check, caller, campaigns, inForce, async (managed, step) =>
        {
            await campaigns.CheckAsync(name, managed.Last.Draft);
            await step();
        });

    static Task<Ok<CampaignDetail>> ApproveAsync(
        HttpContext context, [Description(NameHelp)] string name, Caller caller, LiveCampaigns campaigns, IJourneyOptionsProvider inForce) =>
        StepAsync(context, name, CampaignStep.Approve, caller, campaigns, inForce, (_, step) => step());

    static Task<Ok<CampaignDetail>> ActivateAsync(
        HttpContext context, [Description(NameHelp)] string name, Caller caller, LiveCampaigns campaigns, IJourneyOptionsProvider inForce) =>
        StepAsync(context, name, CampaignStep.Activate, caller, campaigns, inForce, (managed, step) => campaigns.ChangeAsync(name, managed.Last.Draft, step));

    static Task<Ok<CampaignDetail>> ArchiveAsync(
        HttpContext context, [Description(NameHelp)] string name, Caller caller, LiveCampaigns campaigns, IJourneyOptionsProvider inForce) =>
        StepAsync(context, name, CampaignStep.Archive, caller, campaigns, inForce,
            (managed, step) => managed.ActiveVersion is null ? step() : campaigns.ChangeAsync(name, draft: null, step));

    static async Task<Ok<CampaignDetail>> StepAsync(
        HttpContext context, string name, CampaignStep step, Caller caller, LiveCampaigns campaigns, IJourneyOptionsProvider inForce, Func<ManagedCampaign, Func<Task>, Task> take)
    {
        var managed = await ManagedAsync(context, name, caller, campaigns, inForce, changes: true,
            step == CampaignStep.Approve ? Permission.CampaignsApprove : Write);
        var version = VersionOf(context, managed);
        var (actor, address) = (ActorOf(context), UserIdentity.AddressOf(context));
        try
        {
            await take(managed, () => campaigns.Store.StepAsync(name, version, step, campaigns.NeedsApproval, actor, address));
        }
        catch (SettingsException e)
        {
            throw new ProblemException(SettingsProblems.Of(e));
        }

        return TypedResults.Ok(await DetailAsync(context, name, caller, campaigns, inForce));
    }

    /// <summary>Finds a campaign of the API. It must be for the request's store; to be changed, for no other than those that the caller manages.</summary>
    public static async Task<ManagedCampaign> ManagedAsync(
        HttpContext context, string name, Caller caller, LiveCampaigns campaigns, IJourneyOptionsProvider inForce, bool changes = false, string permission = Write)
    {
        if (await campaigns.Store.FindAsync(name, context.RequestAborted) is not { } managed)
        {
            throw new ProblemException(inForce.JourneyOptions.Campaigns.Find(name)?.AppliesTo(caller.Store.Number) == true ? OfFile : CampaignsRoutes.Unknown);
        }

        if (!managed.Last.Draft.AppliesTo(caller.Store.Id))
        {
            throw new ProblemException(CampaignsRoutes.Unknown);
        }

        if (changes)
        {
            EnsureManages(context, caller, managed.Last.Draft.Stores, permission);
            foreach (var version in await campaigns.Store.VersionsAsync(name, context.RequestAborted))
            {
                if (version.Number == managed.ActiveVersion)
                {
                    EnsureManages(context, caller, version.Draft.Stores, permission);
                }
            }
        }

        return managed;
    }

    static void EnsureManages(HttpContext context, Caller caller, IReadOnlyList<string> stores, string permission = Write)
    {
        var manages = context.User.Identity is UserIdentity { User: var user }
            ? stores.Count == 0 ? user.Has(permission, store: null) : stores.All(store => user.Has(permission, store))
            : stores is [var only] && only == caller.Store.Id;
        if (!manages)
        {
            throw new ProblemException(UserAccess.PermissionDenied with { Detail = "The campaign also runs in stores that you do not manage." });
        }
    }

    // A key is its store's, and a user sees stores of their grants: which other shops there are is nobody else's business.
    static List<string> SeenBy(HttpContext context, Caller caller, IReadOnlyList<string> stores) =>
        [.. stores.Where(store => store == caller.Store.Id || (context.User.Identity is UserIdentity { User: var user } && user.Has(Read, store)))];

    static async Task<CampaignDetail> DetailAsync(HttpContext context, string name, Caller caller, LiveCampaigns campaigns, IJourneyOptionsProvider inForce)
    {
        var managed = await campaigns.Store.FindAsync(name, context.RequestAborted) ?? throw new ProblemException(CampaignsRoutes.Unknown);
        context.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{managed.Last.Number}\"");
        var isUnfit = campaigns.Unfit.ContainsKey(name);
        return CampaignDetail.Of(managed, managed.ActiveVersion is not null && !isUnfit && inForce.JourneyOptions.Campaigns.Find(name) is not null,
            SeenBy(context, caller, managed.Last.Draft.Stores), isUnfit);
    }

    static CampaignDraft DraftOf(CampaignBody body, Caller caller)
    {
        if (body.Campaign is not JsonObject definition)
        {
            throw Invalid("campaign: expected a campaign with the keys of the configuration");
        }

        if (body.Reason is { } reason && (reason.Length > MaxReason || reason.Contains('\0', StringComparison.Ordinal)))
        {
            throw Invalid($"reason: expected at most {MaxReason} characters");
        }

        if (body is { StartsAt: { } start, EndsAt: { } end } && end <= start)
        {
            throw Invalid("endsAt: expected a time after startsAt");
        }

        try
        {
            definition = SettingsOverlay.ParseValue(definition.ToJsonString())!.AsObject();
        }
        catch (JsonException)
        {
            throw Invalid("campaign: a key occurs twice, or the nesting is too deep");
        }

        List<string?> stores = !definition.ContainsKey("stores") ? [caller.Store.Id]
            : definition["stores"] is JsonArray list ? [.. list.Select(store => store is JsonValue value && value.TryGetValue(out string? id) ? id : null).Distinct()] : [null];
        definition.Remove("stores");
        var json = definition.ToJsonString();
        return definition.ContainsKey("name") || definition.ContainsKey("pausedIn") ? throw Invalid("campaign: name and pausedIn do not belong here; POST …/pause pauses a campaign")
            : stores.Exists(store => store is null or { Length: 0 or > MaxName } || store.Any(char.IsWhiteSpace)) ? throw Invalid("campaign.stores: expected the ids of stores")
            : json.Length > CampaignDraft.MaxDefinition ? throw Invalid($"campaign: expected at most {CampaignDraft.MaxDefinition / 1024} KB")
            : new CampaignDraft(json, [.. stores.OfType<string>()], body.StartsAt, body.EndsAt, body.Reason ?? "");
    }

    static long VersionOf(HttpContext context, ManagedCampaign managed) => context.Request.Headers.IfMatch.ToString() switch
    {
        "" => throw new ProblemException(SettingsProblems.MatchRequired),
        "*" => managed.Last.Number,
        var tag => long.TryParse(tag.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : throw new ProblemException(ControlProblems.CampaignChanged),
    };

    /// <summary>Returns who sent a request, as in the audit log.</summary>
    public static string ActorOf(HttpContext context) => context.User.Identity switch
    {
        UserIdentity user => user.ActorName,
        StoreKeyIdentity key => key.ActorName,
        _ => throw new InvalidOperationException("The route admits nobody else."),
    };

    static JsonNode WithoutStores(JsonNode written)
    {
        var shown = written.DeepClone().AsObject();
        shown.Remove("stores");
        shown.Remove("pausedIn");
        return shown;
    }

    static ProblemException Invalid(string detail) => new(s_invalid with { Detail = $"{detail}." });
}
