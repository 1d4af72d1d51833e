using System.ComponentModel;
using System.Text;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Manual;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Audit;
using CartRecovery.Host.Api.Campaigns;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Interventions;

/// <summary>
/// Routes of <c>/v1/interventions</c> that start campaigns for carts, and reschedule or cancel messages. The holdout, experiments and the
/// contact policy apply as to triggered campaigns.
/// </summary>
static class ManualInterventionRoutes
{
    const int MaxItems = 500, MaxKey = 128;

    static readonly TimeSpan s_furthest = TimeSpan.FromDays(90);

    static readonly HttpProblem s_notScheduled = new(409, "not_scheduled", "The intervention is no longer scheduled: it was sent, withheld or cancelled.");
    static readonly HttpProblem s_purchased = new(409, "cart_purchased", "The cart is empty: its order was placed. Start the campaign for another cart.");
    static readonly HttpProblem s_offer = new(400, "offer_unknown", "The intervention's step has no such offer. GET /v1/campaigns lists them.");

    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("", StartAsync)
            .Describe("startIntervention", "Start a campaign for a cart", """
                Sends the campaign's first message now or at `at`, and what follows it. The shopper's holdout, variant, consent, caps and quiet hours count as always:
                the answer says whether the message is scheduled, or withheld and why.
                """)
            .Produces<ScheduledIntervention>(StatusCodes.Status201Created).WithMetadata(new AuditedChange("intervention.start"))
            .Problems(ApiProblems.InvalidJson, ApiProblems.OutOfRange, ApiProblems.CartNotFound, CampaignsRoutes.Unknown, s_purchased);
        group.MapPost("/batch", StartAllAsync)
            .Describe("startInterventions", "Start campaigns for many carts", "At most 500. Items succeed or fail independently.")
            .WithMetadata(new AuditedChange("intervention.start")).Problems(ApiProblems.InvalidJson, ApiProblems.OutOfRange);
        group.MapPost("/schedule", ScheduleAllAsync)
            .Describe("scheduleInterventions", "Schedule campaigns for many carts", "A batch in which each item has a time: its own, or the batch's.")
            .WithMetadata(new AuditedChange("intervention.start")).Problems(ApiProblems.InvalidJson, ApiProblems.OutOfRange);
        group.MapPut("/{id}", ChangeAsync)
            .Describe("changeIntervention", "Reschedule an intervention", "Changes the time or the offer of a scheduled intervention.")
            .Produces<ScheduledIntervention>().WithMetadata(new AuditedChange("intervention.change", "id"))
            .Problems(ApiProblems.InvalidJson, ApiProblems.OutOfRange, InterventionsRoutes.Unknown, s_notScheduled, s_offer);
        group.MapDelete("/{id}", CancelAsync)
            .Describe("cancelIntervention", "Cancel an intervention", "Withholds a scheduled intervention and the later ones of its series as `cancelled`.")
            .Produces(StatusCodes.Status204NoContent).WithMetadata(new AuditedChange("intervention.cancel", "id"))
            .Problems(InterventionsRoutes.Unknown, s_notScheduled);
    }

    static async Task<Created<ScheduledIntervention>> StartAsync(
        HttpContext context, InterventionBody body, Caller caller, PersonalDataView view, CartReader carts, JourneyWorker journeys, TimeProvider time)
    {
        await journeys.CatchUpForReportAsync();
        var request = await ReadAsync(body, caller, view, carts, time, context.RequestAborted);
        AuditDetail.Add(context, "campaign", request.Campaign);
        var (message, refusal) = await journeys.InvokeAsync((engine, now) => engine.Manual.Start(engine.Options, request, now));
        return TypedResults.Created($"/v1/interventions/{message?.Id}", ScheduledIntervention.Of(message ?? throw new ProblemException(ProblemOf(refusal))));
    }

    static Task<Ok<InterventionBatchResult>> ScheduleAllAsync(
        HttpContext context, InterventionBatchBody body, Caller caller, PersonalDataView view, CartReader carts, JourneyWorker journeys, TimeProvider time)
    {
        if (body.At is null && body.Items?.ToList().FindIndex(item => item.At is null) is >= 0 and var index)
        {
            throw Invalid($"items[{index}].at: expected a time, or `at` for all of them.");
        }

        return StartAllAsync(context, body, caller, view, carts, journeys, time);
    }

    static async Task<Ok<InterventionBatchResult>> StartAllAsync(
        HttpContext context, InterventionBatchBody body, Caller caller, PersonalDataView view, CartReader carts, JourneyWorker journeys, TimeProvider time)
    {
        if (body.Items is not { Count: > 0 and <= MaxItems } items)
        {
            throw Invalid($"items: expected 1 to {MaxItems}, got {body.Items?.Count ?? 0}.");
        }

        AuditDetail.Add(context, "items", items.Count);
        await journeys.CatchUpForReportAsync();
        var results = new InterventionBatchItem[items.Count];
        var requests = new List<(int Index, ManualStart Start)>(items.Count);
        foreach (var (index, item) in items.Index())
        {
            try
            {
                requests.Add((index, await ReadAsync(
                    item with { Campaign = item.Campaign ?? body.Campaign, At = item.At ?? body.At }, caller, view, carts, time, context.RequestAborted)));
            }
            catch (ProblemException e)
            {
                results[index] = Refused(e.Problem);
            }
        }

        var started = await journeys.InvokeAsync((engine, now) => requests.ConvertAll(request => engine.Manual.Start(engine.Options, request.Start, now)));
        foreach (var ((index, _), (message, refusal)) in requests.Zip(started))
        {
            results[index] = message is null ? Refused(ProblemOf(refusal)) : new InterventionBatchItem(ScheduledIntervention.Of(message));
        }

        return TypedResults.Ok(new InterventionBatchResult(results));
    }

    static async Task<Ok<ScheduledIntervention>> ChangeAsync(
        [Description("The intervention.")] string id, InterventionChangeBody body, Caller caller, JourneyWorker journeys, TimeProvider time)
    {
        if (body is { At: null, Offer: null })
        {
            throw Invalid("expected `at` or `offer`.");
        }

        await journeys.CatchUpForReportAsync();
        var at = TimeOf(body.At, time);
        var (message, refusal) = await journeys.InvokeAsync((engine, now) => engine.Manual.Change(engine.Options, caller.Store.Id, id, at, body.Offer, now));
        return TypedResults.Ok(ScheduledIntervention.Of(message ?? throw new ProblemException(ProblemOf(refusal))));
    }

    static async Task<NoContent> CancelAsync([Description("The intervention.")] string id, Caller caller, JourneyWorker journeys)
    {
        await journeys.CatchUpForReportAsync();
        return await journeys.InvokeAsync((engine, now) => engine.Manual.Cancel(caller.Store.Id, id, now)) is var refusal and not ManualRefusal.None
            ? throw new ProblemException(ProblemOf(refusal)) : TypedResults.NoContent();
    }

    static async Task<ManualStart> ReadAsync(
        InterventionBody body, Caller caller, PersonalDataView view, CartReader carts, TimeProvider time, CancellationToken cancellation)
    {
        if (body.CartId is not { Length: > 0 } || view.ResolveChanged(body.CartId) is not { } cartId || Encoding.UTF8.GetByteCount(cartId) > EventSlab.MaxSentIdLength)
        {
            throw Invalid("cartId: expected 1 to 256 bytes of UTF-8, or the masked id of a cart.");
        }

        if (body.Campaign is not { Length: > 0 })
        {
            throw Invalid("campaign: expected the name of a campaign.");
        }

        if (body.Key is { Length: 0 or > MaxKey })
        {
            throw Invalid($"key: expected 1 to {MaxKey} characters.");
        }

        var at = TimeOf(body.At, time);
        return await carts.FindAsync(caller.Store, cartId, cancellation) is CartRecord cart
            ? new ManualStart(caller.Store, body.Campaign, cartId, cart, at, body.Key) : throw new ProblemException(ApiProblems.CartNotFound);
    }

    static long? TimeOf(DateTimeOffset? at, TimeProvider time) =>
        at - time.GetUtcNow() > s_furthest ? throw Invalid($"at: expected a time at most {s_furthest.Days} days ahead.") : at?.ToUnixTimeMilliseconds();

    static ProblemException Invalid(string detail) => new(ApiProblems.OutOfRange with { Detail = detail });

    static InterventionBatchItem Refused(HttpProblem problem) => new(Code: problem.Code, Detail: problem.Detail);

    static HttpProblem ProblemOf(ManualRefusal refusal) => refusal switch
    {
        ManualRefusal.UnknownCampaign => CampaignsRoutes.Unknown,
        ManualRefusal.CartPurchased => s_purchased,
        ManualRefusal.UnknownMessage => InterventionsRoutes.Unknown,
        ManualRefusal.UnknownOffer => s_offer,
        _ => s_notScheduled,
    };
}
