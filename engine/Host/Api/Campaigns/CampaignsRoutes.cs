using System.ComponentModel;
using System.Globalization;
using CartRecovery.Contracts;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Campaigns;

/// <summary><c>/v1/campaigns</c>: campaigns, their pauses, and previews of their messages.</summary>
static class CampaignsRoutes
{
    static readonly HttpProblem s_unknown = new(404, "campaign_unknown", "The configuration has no such campaign, variant or step.");

    static readonly HttpProblem s_pausedInFile = new(409, "paused_in_configuration", "The configuration pauses the campaign: remove the store from its pausedIn.");

    static readonly QueryParameter<string> s_state =
        QueryParameters.Choice("state", "Returns only campaigns in this state.", ["active", "paused"], @default: null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/campaigns", ApiTags.Campaigns);
        group.MapGet("", List)
            .Describe("listCampaigns", "List campaigns", "The store's campaigns, highest priority first, with their series.")
            .Query(s_state, QueryParameters.Limit, QueryParameters.Cursor);
        group.MapPost("/{name}/pause", PauseAsync)
            .Describe("pauseCampaign", "Pause a campaign", "Begins no more series in the key's store, and lets due messages wait. Outlives restarts and changes of the file.")
            .Problems(s_unknown);
        group.MapPost("/{name}/resume", ResumeAsync)
            .Describe("resumeCampaign", "Resume a campaign", "Ends a pause. Messages that waited are sent if they are still useful.")
            .Problems(s_unknown, s_pausedInFile);
        group.MapPost("/{name}/preview", PreviewAsync)
            .Describe("previewCampaign", "Preview a message", "Renders a step's message for a real cart or a sample. Nothing is sent.")
            .Problems(ApiProblems.InvalidJson, ApiProblems.CartNotFound, s_unknown);
    }

    static Ok<ItemPage<CampaignItem>> List(HttpContext context, Caller caller, RequestQuery query, IJourneyOptionsProvider inForce, ICampaignControl control)
    {
        var campaigns = inForce.JourneyOptions.Campaigns;
        var all = Enumerable.Range(0, campaigns.Count).Select(i => campaigns[i]).Where(campaign => campaign.AppliesTo(caller.Store.Number))
            .Select(campaign => CampaignItem.Of(campaign, caller.Store, control.PausedAt(caller.Store, campaign.Name)))
            .Where(item => query.Of(s_state) is not { } state || item.State == state).ToArray();
        var (offset, limit) = (Cursors.Read(query.Of(QueryParameters.Cursor)), query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize));
        var next = all.Length > offset + limit ? (offset + limit).ToString(CultureInfo.InvariantCulture) : null;
        return TypedResults.Ok(new ItemPage<CampaignItem>([.. all.Skip((int)Math.Min(offset, all.Length)).Take(limit)], SealedCursor.Seal(context, next)));
    }

    static Task<Results<Ok<CampaignItem>, ProblemHttpResult>> PauseAsync(
        [Description("The campaign.")] string name, Caller caller, IJourneyOptionsProvider inForce, ICampaignControl control) =>
        SetPausedAsync(name, caller, inForce, control, isPaused: true);

    static Task<Results<Ok<CampaignItem>, ProblemHttpResult>> ResumeAsync(
        [Description("The campaign.")] string name, Caller caller, IJourneyOptionsProvider inForce, ICampaignControl control) =>
        SetPausedAsync(name, caller, inForce, control, isPaused: false);

    static async Task<Results<Ok<CampaignItem>, ProblemHttpResult>> SetPausedAsync(
        string name, Caller caller, IJourneyOptionsProvider inForce, ICampaignControl control, bool isPaused)
    {
        if (inForce.JourneyOptions.Campaigns.Find(name)?.AppliesTo(caller.Store.Number) != true)
        {
            return s_unknown.ToResult();
        }

        await control.SetPausedAsync(caller.Store, name, isPaused);

        // A reload may have removed it meanwhile.
        return inForce.JourneyOptions.Campaigns.Find(name) is not { } campaign ? s_unknown.ToResult()
            : !isPaused && campaign.IsPausedIn(caller.Store.Number) ? s_pausedInFile.ToResult()
            : TypedResults.Ok(CampaignItem.Of(campaign, caller.Store, control.PausedAt(caller.Store, name)));
    }

    static async Task<Results<Ok<Intervention>, ProblemHttpResult>> PreviewAsync(
        [Description("The campaign.")] string name, PreviewBody? body, HttpContext context, Caller caller, CartReader carts, JourneyWorker journeys)
    {
        body ??= new PreviewBody();
        CartRecord? cart = null;
        if (body.CartId is { } cartId)
        {
            cart = await carts.FindAsync(caller.Store, cartId, context.RequestAborted);
            if (cart is null)
            {
                return ApiProblems.CartNotFound.ToResult();
            }
        }

        var prepared = await journeys.InvokeAsync((engine, now) =>
            engine.PreparePreview(caller.Store.Id, name, body.Variant, body.Step ?? 1, body.CartId ?? "sample", cart, now));
        return prepared is null ? s_unknown.ToResult() : TypedResults.Ok(prepared.RenderPreview());
    }
}

/// <summary>Which message to show.</summary>
/// <param name="Variant">The variant; the first if absent.</param>
/// <param name="Step">The step, from 1.</param>
/// <param name="CartId">The cart to render for; a sample if absent.</param>
sealed record PreviewBody(string? Variant = null, int? Step = null, string? CartId = null);
