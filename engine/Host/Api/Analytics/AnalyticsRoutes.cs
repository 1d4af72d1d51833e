using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Composition;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Analytics;

/// <summary><c>/v1/analytics</c> and <c>/v1/conversions</c>: what came of contacting shoppers.</summary>
static class AnalyticsRoutes
{
    const string Period = " Of journeys that began in the period; the last 30 days if `from` is absent.";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/analytics", ApiTags.Analytics);
        group.MapGet("/performance", (Period period, RequestQuery query, Caller caller, JourneyReports reports, JourneyWorker outreach, IJourneyOptionsProvider inForce) =>
                TableAsync("performance", period, query, outreach, () => reports.Performance(caller.Store.Id, inForce.JourneyOptions.Campaigns, period.From, period.To)))
            .Describe("getPerformance", "Compare campaigns and variants", "Campaigns and the sides of their experiments." + Period)
            .Report<PerformanceRow>(QueryParameters.From, QueryParameters.To);
        group.MapGet("/channels", (Period period, RequestQuery query, Caller caller, JourneyReports reports, JourneyWorker outreach) =>
                TableAsync("channels", period, query, outreach, () => reports.Channels(caller.Store.Id, period.From, period.To)))
            .Describe("getChannels", "Compare channels", "Channels, and what became of what was decided in the period; the last 30 days if `from` is absent.")
            .Report<ChannelRow>(QueryParameters.From, QueryParameters.To);
        group.MapGet("/conversion", (Period period, RequestQuery query, Caller caller, JourneyReports reports, JourneyWorker outreach) =>
                TableAsync("conversion", period, query, outreach, () => reports.Conversion(caller.Store.Id, period.From, period.To)))
            .Describe("getConversion", "Follow shoppers to the order", "How far shoppers came, by campaign: from the trigger over the message to the order." + Period)
            .Report<ConversionFunnelRow>(QueryParameters.From, QueryParameters.To);
        group.MapGet("/reasons", (Period period, RequestQuery query, Caller caller, JourneyReports reports, JourneyWorker outreach) =>
                TableAsync("reasons", period, query, outreach, () => reports.Reasons(caller.Store.Id, period.From, period.To)))
            .Describe("getReasons", "Count withheld messages", "Messages that were not sent, by reason; decided in the period, the last 30 days if `from` is absent.")
            .Report<ReasonRow>(QueryParameters.From, QueryParameters.To);
        group.MapGet("/revenue", RevenueAsync)
            .Describe("getRevenue", "Measure revenue", "Incremental revenue against the holdout first, and what is attributed to clicks and views beside it." + Period)
            .Produces<RevenueAnswer>().WithMetadata(new AnswersMedia(ReportResult.Csv))
            .Query(QueryParameters.From, QueryParameters.To, QueryParameters.Format);
        routes.ForServers("/v1/conversions", ApiTags.Analytics).MapGet("", ConversionsAsync)
            .Describe("listConversions", "List conversions", "Orders of shoppers that a campaign turned to, the latest first, made in the period; the last 30 days if `from` is absent.")
            .Report<ConversionRow>(QueryParameters.From, QueryParameters.To);
    }

    static async Task<ReportResult> TableAsync(string name, Period period, RequestQuery query, JourneyWorker outreach, Func<ReportTable> ask)
    {
        await outreach.CatchUpAsync();
        var table = ask();
        var next = Cursors.Cut(table, query.Of(QueryParameters.Cursor), query.Of(QueryParameters.Limit, QueryParameters.UsualPage));
        return new ReportResult(name, table, next, query.Of(QueryParameters.Format));
    }

    static async Task<ReportResult> ConversionsAsync(Period period, RequestQuery query, Caller caller, JourneyReports reports, JourneyWorker outreach)
    {
        var cursor = TimeCursor.Read(query.Of(QueryParameters.Cursor));
        var limit = query.Of(QueryParameters.Limit, QueryParameters.UsualPage);
        await outreach.CatchUpAsync();
        var table = reports.Conversions(caller.Store.Id, period.From, Math.Min(period.To, cursor.At + 1), limit + 1, cursor.Skip);
        var next = cursor.Cut(table, "at", limit);
        return new ReportResult("conversions", table, next, query.Of(QueryParameters.Format));
    }

    static async Task<IResult> RevenueAsync(HttpContext context, Period period, RequestQuery query, Caller caller, JourneyReports reports, JourneyWorker outreach)
    {
        await outreach.CatchUpAsync();
        var report = reports.Revenue(caller.Store.Id, caller.Store.Currency, period.From, period.To);
        return ReportResult.WantsCsv(context, query.Of(QueryParameters.Format))
            ? new ReportResult("revenue", TableOf(report), next: null, "csv")
            : new JsonResult(writer => RevenueJson.Write(writer, report));
    }

    static ReportTable TableOf(RevenueReport r) => new(
        ["currency", "incrementalRevenue", "low", "high", "confidence", "attributedRevenue", "attributedOrders", "treatedCustomers", "treatedRevenue",
            "holdoutCustomers", "holdoutRevenue"])
    {
        Rows =
        {
            new object?[]
            {
                r.Currency, r.Incremental.Revenue, r.Incremental.Low, r.Incremental.High, r.Incremental.Confidence, r.AttributedRevenue, r.AttributedOrders,
                r.Treated.Customers, r.Treated.Revenue, r.Holdout.Customers, r.Holdout.Revenue,
            },
        },
    };
}
