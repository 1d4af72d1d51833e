using System.ComponentModel;
using CartRecovery.Contracts;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Campaigns;

/// <summary><c>/v1/campaigns</c>: previews of a campaign's messages.</summary>
static class CampaignsRoutes
{
    static readonly HttpProblem s_unknown = new(404, "campaign_unknown", "The configuration has no such campaign, variant or step.");

    public static void Map(IEndpointRouteBuilder routes) => routes.ForServers("/v1/campaigns", ApiTags.Campaigns)
        .MapPost("/{name}/preview", PreviewAsync)
        .Describe("previewCampaign", "Preview a message", "Renders a step's message for a real cart or a sample. Nothing is sent.")
        .Problems(ApiProblems.InvalidJson, ApiProblems.CartNotFound, s_unknown);

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
