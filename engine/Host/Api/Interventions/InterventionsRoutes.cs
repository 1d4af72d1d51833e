using System.ComponentModel;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Host.Api.Access;
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

namespace CartRecovery.Host.Api.Interventions;

/// <summary>Routes of <c>/v1/interventions</c>: scheduled, sent and withheld messages, with reasons.</summary>
static class InterventionsRoutes
{
    public static readonly HttpProblem Unknown = new(404, "intervention_unknown", "The key's store has no such intervention.");
    static readonly HttpProblem s_notFailed = new(409, "not_failed", "Only a failed or rejected intervention can be retried.");

    static readonly TimeSpan s_usefulAgain = TimeSpan.FromHours(1);

    static readonly QueryParameter<string> s_state =
        QueryParameters.Choice("state", "Returns only interventions in this state.", ["scheduled", "sending", "sent", "withheld"], @default: null);

    static readonly QueryParameter<string> s_reason = QueryParameters.Choice(
        "reason", "Returns only interventions withheld for this reason.", [.. WithheldReasons.All.Select(WithheldReasons.NameOf)], @default: null);

    static readonly QueryParameter<string> s_campaign = QueryParameters.Text("campaign", "Returns only interventions of this campaign.");
    static readonly QueryParameter<string> s_channel = QueryParameters.Text("channel", "Returns only interventions on this channel.");
    static readonly QueryParameter<string> s_cartId = QueryParameters.Id("cartId", "Returns only interventions for this cart.", PersonalIdKind.Cart);
    static readonly QueryParameter<string> s_userId = QueryParameters.Id("userId", "Returns only interventions for this customer.", PersonalIdKind.Customer);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/interventions", ApiTags.Interventions);
        group.MapGet("", ListAsync)
            .Describe("listInterventions", "List interventions",
                "Latest first. `from` and `to` filter by decision time. With CSV, the `Next-Cursor` header carries `next`.")
            .Report<InterventionRow>(QueryParameters.From, QueryParameters.To, s_state, s_reason, s_campaign, s_channel, s_cartId, s_userId).WithMetadata(new ShowsPersonalData(IsMasked: true));
        group.MapGet("/{id}", GetAsync)
            .Describe("getIntervention", "Get an intervention", "Returns a list with one item, in the format of every other list.")
            .ReportOne<InterventionRow>().WithMetadata(new ShowsPersonalData(IsMasked: true)).Problems(Unknown);
        group.MapPost("/{id}/retry", RetryAsync)
            .Describe("retryIntervention", "Retry an intervention", "Retries a failed or rejected intervention. It expires after an hour.")
            .WithMetadata(new AuditedChange("intervention.retry", "id")).Problems(Unknown, s_notFailed);
        ManualInterventionRoutes.Map(group);
    }

    static async Task<ReportResult> ListAsync(Caller caller, RequestQuery query, JourneyReports reports, JourneyWorker journeys)
    {
        var cursor = TimeCursor.Read(query.Of(QueryParameters.Cursor));
        var limit = query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize);
        await journeys.CatchUpForReportAsync();
        var table = InterventionList.Of(reports, new InterventionFilter
        {
            StoreId = caller.Store.Id,
            Cart = query.Of(s_cartId) is { } cart ? CartReader.KeyOf(caller.Store, cart) : null,
            UserId = query.Of(s_userId),
            Campaign = query.Of(s_campaign),
            Channel = query.Of(s_channel),
            State = query.Of(s_state) is { } state ? Enum.Parse<MessageState>(state, ignoreCase: true) : null,
            Reason = query.Of(s_reason) is { } reason ? WithheldReasons.Parse(reason) : null,
            From = query.Of(QueryParameters.From, long.MinValue),
            Before = Math.Min(query.Of(QueryParameters.To, long.MaxValue), cursor.At + 1),
            Skip = cursor.Skip,
            Limit = limit + 1,
        });
        var next = cursor.Cut(table, "decidedAt", limit);
        return new ReportResult("interventions", table, next, query.Of(QueryParameters.Format));
    }

    static async Task<IResult> GetAsync(
        [Description("The intervention.")] string id, Caller caller, RequestQuery query, JourneyReports reports, JourneyWorker journeys)
    {
        await journeys.CatchUpForReportAsync();
        var table = InterventionList.One(reports, caller.Store.Id, id);
        return table.Rows.Count == 0 ? Unknown.ToResult() : new ReportResult("interventions", table, next: null, query.Of(QueryParameters.Format));
    }

    static async Task<Results<Accepted<RetriedIntervention>, ProblemHttpResult>> RetryAsync(
        [Description("The intervention.")] string id, Caller caller, JourneyReports reports, JourneyWorker journeys)
    {
        await journeys.CatchUpForReportAsync();
        if (InterventionList.One(reports, caller.Store.Id, id).Rows.Count == 0)
        {
            return Unknown.ToResult();
        }

        var useful = (long)s_usefulAgain.TotalMilliseconds;
        return await journeys.InvokeAsync((engine, now) => engine.Store.Messages.Retry(id, now, now + useful))
            ? TypedResults.Accepted((string?)null, new RetriedIntervention(id, "scheduled"))
            : s_notFailed.ToResult();
    }
}

/// <summary>An intervention scheduled for a retry.</summary>
/// <param name="Id">The intervention's id.</param>
/// <param name="State">Always scheduled.</param>
sealed record RetriedIntervention(string Id, string State);
