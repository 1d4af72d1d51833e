using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CartRecovery.Host.Api.Definitions;

/// <summary>What the routes of all kinds of versioned definitions do alike.</summary>
/// <param name="kind">The kind.</param>
/// <param name="store">Stores the definitions.</param>
/// <param name="directory">The definitions of now.</param>
/// <param name="engine">The engine.</param>
/// <param name="control">Applies changes.</param>
/// <param name="namesIn">Returns the definitions that a campaign names.</param>
sealed class DefinitionApi<T>(
    DefinitionKind<T> kind, DefinitionStore<T> store, DefinitionDirectory<T> directory, IEngineState engine, IDefinitionControl control, Func<CampaignConfig, IEnumerable<string?>> namesIn)
    where T : class
{
    /// <summary>Finds a definition of the caller's store.</summary>
    /// <exception cref="ProblemException">There is none.</exception>
    public VersionedDefinition<T> Find(Caller caller, string name) => directory.Get(caller.Store.Id, name) ?? throw NotFound();

    /// <summary>Lists the definitions of the caller's store.</summary>
    public Ok<ItemPage<TItem>> List<TItem>(HttpContext context, Caller caller, RequestQuery query)
        where TItem : IDefinitionItem<T, TItem> => TypedResults.Ok(Cursors.Page(context, query, [.. directory.OfStore(caller.Store.Id).Select(TItem.Of)]));

    /// <summary>Answers with a definition and its entity tag.</summary>
    public Ok<TItem> Get<TItem>(string name, HttpContext context, Caller caller)
        where TItem : IDefinitionItem<T, TItem> => TypedResults.Ok(Tagged<TItem>(context, Find(caller, name)));

    /// <summary>Lists the versions of a definition.</summary>
    public async Task<Ok<ItemPage<TItem>>> VersionsAsync<TItem>(string name, HttpContext context, Caller caller, RequestQuery query)
        where TItem : IDefinitionItem<T, TItem>
    {
        Find(caller, name);
        return TypedResults.Ok(Cursors.Page(context, query, [.. (await store.VersionsAsync(caller.Store.Id, name, context.RequestAborted)).Select(TItem.Of)]));
    }

    /// <summary>Returns the problem of a name; <see langword="null"/> if it is valid.</summary>
    public string? ProblemOfName(string name) => DefinitionName.IsValid(name) ? null : $"{kind.Terms.Name}: expected {DefinitionName.Rule}";

    /// <summary>Creates or changes a definition, and applies it. The caller has validated it.</summary>
    public async Task<IResult> SetAsync<TItem>(string name, T definition, Precondition expected, HttpContext context, Caller caller)
        where TItem : IDefinitionItem<T, TItem>
    {
        var guarded = engine.Config.Settings.Approval == ApprovalRule.Required ? CampaignsWith(caller.Store.Id, name) : null;
        var version = await store.SetAsync(
            caller.Store.Id, name, definition, expected, guarded, RequestAudit.ActorOf(context)!, UserIdentity.AddressOf(context), context.RequestAborted);
        await control.ApplyDefinitionsAsync();
        var item = Tagged<TItem>(context, version);
        return version.Number == 1 ? TypedResults.Created((string?)null, item) : TypedResults.Ok(item);
    }

    /// <summary>Deletes an unused definition.</summary>
    public async Task<NoContent> DeleteAsync(string name, HttpContext context, Caller caller)
    {
        var isDeleted = await store.DeleteAsync(caller.Store.Id, name, Preconditions.Of(context), CampaignsWith(caller.Store.Id, name), RequestAudit.ActorOf(context)!,
            UserIdentity.AddressOf(context), context.RequestAborted);
        await control.ApplyDefinitionsAsync();
        return isDeleted ? TypedResults.NoContent() : throw NotFound();
    }

    static TItem Tagged<TItem>(HttpContext context, VersionedDefinition<T> version)
        where TItem : IDefinitionItem<T, TItem>
    {
        context.Response.Headers.ETag = $"\"{version.Version}\"";
        return TItem.Of(version);
    }

    List<string> CampaignsWith(string storeId, string name) =>
        [.. engine.Config.Decisions.Campaigns.Where(campaign => campaign.AppliesTo(storeId) && namesIn(campaign).Contains(name)).Select(campaign => campaign.Name)];

    ProblemException NotFound() => new(DefinitionProblems.NotFound(kind.Terms));
}
