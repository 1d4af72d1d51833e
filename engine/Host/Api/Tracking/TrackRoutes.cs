using System.ComponentModel;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Events;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Tracking;

/// <summary>Routes of <c>/v1/track/{id}</c>: the events of a message, reported by the shop's channels and by links.</summary>
static class TrackRoutes
{
    static readonly HttpProblem s_notSent = new(409, "not_sent", "The intervention was not sent, so it can have no such event.");
    static readonly HttpProblem s_type = new(400, "unknown_event_type", "type: expected delivered, opened, clicked, dismissed, unsubscribed, bounced or complained.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/track", ApiTags.Interventions);
        group.MapGet("/{id}", GetAsync)
            .Describe("getTracking", "Follow an intervention", "The events of a message in order, and the orders attributed to it.").Problems(InterventionsRoutes.Unknown);
        group.MapPost("/{id}", PostAsync)
            .Describe("trackIntervention", "Report an event of an intervention",
                "For channels that report back themselves. Each type counts once, except unsubscriptions. Ingested like any other event.")
            .WithMetadata(new RequiredPermission(KeyScopes.SendEvents)).Problems([InterventionsRoutes.Unknown, s_notSent, s_type, .. EventsRoutes.Rejections]);
    }

    static async Task<Results<Ok<TrackedIntervention>, ProblemHttpResult>> GetAsync(
        [Description("The intervention.")] string id, Caller caller, JourneyReports reports, JourneyWorker journeys)
    {
        await journeys.CatchUpForReportAsync();
        return TrackList.Of(reports, caller.Store.Id, id) is { } steps
            ? TypedResults.Ok(new TrackedIntervention(id, [.. steps.Select(TrackedStep.Of)])) : InterventionsRoutes.Unknown.ToResult();
    }

    static async Task<Ok<SentEvent>> PostAsync(
        [Description("The intervention.")] string id, HttpContext context, TrackBody body, Caller caller, ServerEvents events, JourneyReports reports, JourneyWorker journeys)
    {
        var type = EventTypes.Parse(System.Text.Encoding.UTF8.GetBytes(body.Type ?? ""));
        if (!EventTypes.Has(type, EventTraits.Message))
        {
            throw new ProblemException(s_type);
        }

        await journeys.CatchUpForReportAsync();
        var (cart, user, channel) = TrackList.AddressOf(reports, caller.Store.Id, id) ?? throw new ProblemException(InterventionsRoutes.Unknown);
        if (TrackList.Of(reports, caller.Store.Id, id)?.Any(step => step.Type == "sent") != true)
        {
            throw new ProblemException(s_notSent);
        }

        // As for links, an unsubscription always counts: the shop may have lifted the previous one.
        var eventId = EventTypes.Has(type, EventTraits.EndsContact) ? null : $"{id}.{EventTypes.NameOf(type)}";
        return TypedResults.Ok(new SentEvent(await events.SendAsync(context, caller, type, eventId, body.At, writer =>
        {
            writer.WriteString("cartId"u8, cart);
            if (user is not null)
            {
                writer.WriteString("userId"u8, user);
            }

            writer.WriteStartObject("meta"u8);
            writer.WriteString("intervention"u8, id);
            writer.WriteString("channel"u8, channel);
            writer.WriteEndObject();
        })));
    }
}
