using System.ComponentModel;
using System.Globalization;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Campaigns.Backtests;
using CartRecovery.Host.Api.Campaigns.Managed;
using CartRecovery.Host.Settings;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Campaigns;

/// <summary>Routes of <c>/v1/campaigns</c>: campaigns, their pauses, and previews of their messages.</summary>
static class CampaignsRoutes
{
    public static readonly HttpProblem Unknown = new(404, "campaign_unknown", "The configuration has no such campaign, variant or step.");

    static readonly HttpProblem s_pausedInFile = new(409, "paused_in_configuration", "The configuration pauses the campaign: remove the store from its pausedIn.");

    static readonly QueryParameter<string> s_cartId = QueryParameters.Id("cartId", "The cart to render for; a sample if absent.", PersonalIdKind.Cart);
    static readonly QueryParameter<string> s_variant = QueryParameters.Text("variant", "Shows only this variant.");

    static readonly QueryParameter<string> s_state =
        QueryParameters.Choice("state", "Returns only campaigns in this state.", ["active", "paused", "draft", "checked", "approved", "scheduled", "ended", "archived", "unfit"], @default: null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/campaigns", ApiTags.Campaigns);
        group.MapGet("", ListAsync)
            .Describe("listCampaigns", "List campaigns", "The store's campaigns in force, highest priority first, with their series; then those of the API that are not in force.")
            .Query(s_state, QueryParameters.Limit, QueryParameters.Cursor).Problems(ControlProblems.Unavailable);
        ManagedCampaignRoutes.Map(group);
        BacktestRoutes.Map(group);
        group.MapPost("/{name}/pause", PauseAsync)
            .Describe("pauseCampaign", "Pause a campaign", "Starts no more series in the key's store, and delays due messages. Survives restarts and changes of the file.")
            .WithMetadata(new AuditedChange("campaign.pause", "name")).Problems(Unknown, ControlProblems.Unavailable);
        group.MapPost("/{name}/resume", ResumeAsync)
            .Describe("resumeCampaign", "Resume a campaign", "Ends a pause. Delayed messages are sent if they have not expired.")
            .WithMetadata(new AuditedChange("campaign.resume", "name")).Problems(Unknown, s_pausedInFile);
        group.MapPost("/{name}/preview", PreviewAsync)
            .Describe("previewCampaign", "Preview a message",
                "Renders a step's message for a sample or, with `personal_data:read`, a real cart. Nothing is sent. With `Accept: text/html`, the page of the campaign.")
            .Produces<Intervention>().WithMetadata(new ProducesMediaType("text/html"), new ChangesNothing(), new ShowsPersonalData(IsOfCart: true)).Problems(ApiProblems.InvalidJson, ApiProblems.CartNotFound, Unknown);
        group.MapGet("/{name}/preview", PageAsync)
            .Describe("viewCampaign", "View a campaign", "A page of all messages with each choice of their offers, for a real cart or a sample. Nothing is sent.")
            .Query(s_cartId, s_variant).Media("text/html").WithMetadata(new ShowsPersonalData(IsOfCart: true)).Problems(ApiProblems.CartNotFound, Unknown);
        TestSends.Map(group);
    }

    static async Task<Ok<ItemPage<CampaignItem>>> ListAsync(
        HttpContext context, Caller caller, RequestQuery query, IJourneyOptionsProvider inForce, ICampaignControl control, LiveCampaigns live, TimeProvider time)
    {
        var (campaigns, managed, now) = (inForce.JourneyOptions.Campaigns, await live.Store.ListAsync(context.RequestAborted), time.GetUtcNow());
        var ofApi = managed.Where(campaign => campaign.ActiveVersion is not null).Select(campaign => campaign.Name).ToHashSet(StringComparer.Ordinal);
        var all = Enumerable.Range(0, campaigns.Count).Select(i => campaigns[i]).Where(campaign => campaign.AppliesTo(caller.Store.Number))
            .Select(campaign => CampaignItem.Of(campaign, caller.Store, control.PausedAt(caller.Store, campaign.Name), ofApi.Contains(campaign.Name)))
            .Concat(managed.Where(campaign => campaign.Last.Draft.AppliesTo(caller.Store.Id) && campaigns.Find(campaign.Name) is null).Select(campaign => CampaignItem.Of(campaign, now)))
            .Where(item => query.Of(s_state) is not { } state || item.State == state).ToArray();
        var (offset, limit) = (Cursors.Read(query.Of(QueryParameters.Cursor)), query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize));
        var next = all.Length > offset + limit ? (offset + limit).ToString(CultureInfo.InvariantCulture) : null;
        return TypedResults.Ok(new ItemPage<CampaignItem>([.. all.Skip((int)Math.Min(offset, all.Length)).Take(limit)], SealedCursor.Seal(context, next)));
    }

    static Task<Results<Ok<CampaignItem>, ProblemHttpResult>> PauseAsync(
        [Description("The campaign.")] string name, Caller caller, IJourneyOptionsProvider inForce, ICampaignControl control, LiveCampaigns live) =>
        SetPausedAsync(name, caller, inForce, control, live, isPaused: true);

    static Task<Results<Ok<CampaignItem>, ProblemHttpResult>> ResumeAsync(
        [Description("The campaign.")] string name, Caller caller, IJourneyOptionsProvider inForce, ICampaignControl control, LiveCampaigns live) =>
        SetPausedAsync(name, caller, inForce, control, live, isPaused: false);

    static async Task<Results<Ok<CampaignItem>, ProblemHttpResult>> SetPausedAsync(
        string name, Caller caller, IJourneyOptionsProvider inForce, ICampaignControl control, LiveCampaigns live, bool isPaused)
    {
        if (inForce.JourneyOptions.Campaigns.Find(name)?.AppliesTo(caller.Store.Number) != true)
        {
            return Unknown.ToResult();
        }

        await control.SetPausedAsync(caller.Store, name, isPaused);

        var isManaged = await live.Store.FindAsync(name) is { ActiveVersion: not null };
        // A reload may have removed it meanwhile.
        return inForce.JourneyOptions.Campaigns.Find(name) is not { } campaign ? Unknown.ToResult()
            : !isPaused && campaign.IsPausedIn(caller.Store.Number) ? s_pausedInFile.ToResult()
            : TypedResults.Ok(CampaignItem.Of(campaign, caller.Store, control.PausedAt(caller.Store, name), isManaged));
    }

    static Task<IResult> PageAsync(
        [Description("The campaign.")] string name, HttpContext context, Caller caller, RequestQuery query, CartReader carts, JourneyWorker journeys) =>
        WritePageAsync(name, query.Of(s_variant), query.Of(s_cartId), context, caller, carts, journeys);

    static async Task<IResult> WritePageAsync(
        string name, string? variant, string? cartId, HttpContext context, Caller caller, CartReader carts, JourneyWorker journeys)
    {
        CartRecord? cart = null;
        if (cartId is not null)
        {
            (cartId, cart) = await FindCartAsync(context, caller.Store, cartId, carts);
        }

        var (campaign, messages) = await journeys.InvokeAsync((engine, now) =>
        {
            var found = engine.Options.Campaigns.Find(name) is { } known && known.AppliesTo(caller.Store.Number) ? known : null;
            var shown = from side in found?.Variants ?? []
                        where variant is null || side.Name == variant
                        from step in side.Steps.Index()
                        from offer in step.Item.Offers.Index()
                        select (side, step.Index, Choice: offer.Index, Offer: offer.Item);
            return (found, shown.Take(PreviewPage.MaxMessages).Select(message => new PreparedPreview(message.side.Name, message.Offer, engine.PreparePreview(
                caller.Store.Id, name, message.side.Name, message.Index + 1, message.Choice + 1, cartId ?? "sample", cart, now)!)).ToArray());
        });
        if (campaign is null || (variant is not null && !campaign.Variants.Any(side => side.Name == variant)))
        {
            return Unknown.ToResult();
        }

        await PreviewPage.WriteAsync(context, campaign, caller.Store, cartId, cart is null ? [.. messages.Select(message => message with { Prepared = SampleLines.AddTo(message.Prepared) })] : messages);
        return Results.Empty;
    }

    /// <summary>Finds the cart to render a message for. Unlike a sample, it is personal data.</summary>
    /// <exception cref="ProblemException">The caller may not see personal data, or there is no such cart.</exception>
    public static async Task<(string Id, CartRecord Cart)> FindCartAsync(HttpContext context, Store store, string cartId, CartReader carts)
    {
        await RequestAudit.AdmitReadAsync(context);
        var id = PersonalDataView.Of(context).Resolve(PersonalIdKind.Cart, cartId) ?? throw new ProblemException(PersonalDataView.NotNamed(PersonalIdKind.Cart));
        return (id, await carts.FindAsync(store, id, context.RequestAborted) ?? throw new ProblemException(ApiProblems.CartNotFound));
    }

    static async Task<IResult> PreviewAsync(
        [Description("The campaign.")] string name, PreviewBody? body, HttpContext context, Caller caller, CartReader carts, JourneyWorker journeys)
    {
        body ??= new PreviewBody();
        if (AcceptedMedia.PrefersPage(context))
        {
            return await WritePageAsync(name, body.Variant, body.CartId, context, caller, carts, journeys);
        }

        CartRecord? cart = null;
        var cartId = body.CartId;
        if (cartId is not null)
        {
            (cartId, cart) = await FindCartAsync(context, caller.Store, cartId, carts);
        }

        var prepared = await journeys.InvokeAsync((engine, now) =>
            engine.PreparePreview(caller.Store.Id, name, body.Variant, body.Step ?? 1, body.Choice ?? 1, cartId ?? "sample", cart, now));
        return prepared is null ? Unknown.ToResult() : TypedResults.Ok((cart is null ? SampleLines.AddTo(prepared) : prepared).RenderPreview());
    }
}

/// <summary>Selects the message to preview.</summary>
/// <param name="Variant">The variant; the first if absent.</param>
/// <param name="Step">The step, from 1.</param>
/// <param name="CartId">The cart to render for; a sample if absent.</param>
/// <param name="Choice">The choice of the offer, from 1.</param>
sealed record PreviewBody(string? Variant = null, int? Step = null, string? CartId = null, int? Choice = null);
