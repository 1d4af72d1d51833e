using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Analytics;

/// <summary><c>/v1/analytics</c> and <c>/v1/conversions</c>: results of contacting shoppers.</summary>
static class AnalyticsRoutes
{
    const string Period = " Covers journeys that began in the period; the last 30 days if `from` is absent.";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/analytics", ApiTags.Analytics);
        group.MapGet("/performance", (Period period, RequestQuery query, Caller caller, JourneyReports reports, JourneyWorker journeys, IJourneyOptionsProvider inForce) =>
                TableAsync("performance", period, query, journeys, () => reports.Performance(caller.Store.Id, caller.Store.Currency, inForce.JourneyOptions.Campaigns, period.From, period.To)))
            .Describe("getPerformance", "Compare campaigns and variants", "Messages, orders and revenue by campaign and variant. The sums of all rows are those of the revenue report." + Period)
            .Report<PerformanceRow>(QueryParameters.From, QueryParameters.To);
        group.MapGet("/channels", (Period period, RequestQuery query, Caller caller, JourneyReports reports, JourneyWorker journeys) =>
                TableAsync("channels", period, query, journeys, () => reports.Channels(caller.Store.Id, period.From, period.To)))
            .Describe("getChannels", "Compare channels",
                "Message outcomes by channel. Covers messages decided in the period; the last 30 days if `from` is absent.")
            .Report<ChannelRow>(QueryParameters.From, QueryParameters.To);
        group.MapGet("/conversion", (Period period, RequestQuery query, Caller caller, JourneyReports reports, JourneyWorker journeys) =>
                TableAsync("conversion", period, query, journeys, () => reports.Conversion(caller.Store.Id, period.From, period.To)))
            .Describe("getConversion", "Follow shoppers to the order", "The funnel by campaign, from trigger to message to order." + Period)
            .Report<ConversionFunnelRow>(QueryParameters.From, QueryParameters.To);
        group.MapGet("/reasons", (Period period, RequestQuery query, Caller caller, JourneyReports reports, JourneyWorker journeys) =>
                TableAsync("reasons", period, query, journeys, () => reports.Reasons(caller.Store.Id, period.From, period.To)))
            .Describe("getReasons", "Count withheld messages",
                "Messages not sent, by reason. Covers messages decided in the period; the last 30 days if `from` is absent.")
            .Report<ReasonRow>(QueryParameters.From, QueryParameters.To);
        group.MapGet("/revenue", RevenueAsync)
            .Describe("getRevenue", "Measure revenue",
                "Incremental revenue measured against the holdout, and revenue attributed to clicks and views." + Period)
            .Produces<RevenueResponse>().WithMetadata(new ProducesMediaType(ReportResult.Csv))
            .Query(QueryParameters.From, QueryParameters.To, QueryParameters.Format);
        routes.ForServers("/v1/conversions", ApiTags.Analytics).MapGet("", ConversionsAsync)
            .Describe("listConversions", "List conversions",
                "Orders of shoppers in a campaign, latest first. Covers orders placed in the period; the last 30 days if `from` is absent.")
            .Report<ConversionRow>(QueryParameters.From, QueryParameters.To).WithMetadata(new ShowsPersonalData(IsMasked: true));
    }

    static async Task<ReportResult> TableAsync(string name, Period period, RequestQuery query, JourneyWorker journeys, Func<ReportTable> ask)
    {
        await journeys.CatchUpForReportAsync();
        var table = ask();
        var next = Cursors.Cut(table, query.Of(QueryParameters.Cursor), query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize));
        return new ReportResult(name, table, next, query.Of(QueryParameters.Format));
    }

    static async Task<ReportResult> ConversionsAsync(Period period, RequestQuery query, Caller caller, JourneyReports reports, JourneyWorker journeys)
    {
        var cursor = TimeCursor.Read(query.Of(QueryParameters.Cursor));
        var limit = query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize);
        await journeys.CatchUpForReportAsync();
        var table = reports.Conversions(caller.Store.Id, period.From, Math.Min(period.To, cursor.At + 1), limit + 1, cursor.Skip);
        var next = cursor.Cut(table, "at", limit);
        return new ReportResult("conversions", table, next, query.Of(QueryParameters.Format));
    }

    static async Task<IResult> RevenueAsync(HttpContext context, Period period, RequestQuery query, Caller caller, JourneyReports reports, JourneyWorker journeys,
        IJourneyOptionsProvider inForce)
    {
        await journeys.CatchUpForReportAsync();
        var report = reports.Revenue(caller.Store.Id, caller.Store.Currency, period.From, period.To, inForce.JourneyOptions.Campaigns.Rates);
        return ReportResult.WantsCsv(context, query.Of(QueryParameters.Format))
            ? new ReportResult("revenue", TableOf(report), next: null, "csv")
            : new JsonResult(writer => RevenueJson.Write(writer, report));
    }

    static ReportTable TableOf(RevenueReport r) => new(
        ["currency", "incrementalRevenue", "low", "high", "confidence", "incrementalReason", "attributedRevenue", "attributedOrders", "treatedCustomers", "treatedRevenue",
            "holdoutCustomers", "holdoutRevenue", "claimedTreatedCustomers", "claimedTreatedRevenue", "claimedHoldoutCustomers", "claimedHoldoutRevenue", "botCustomers", "botRevenue", "otherCurrencies"])
    {
        Rows =
        {
            new object?[]
            {
                r.Currency, r.Incremental.Revenue, r.Incremental.Low, r.Incremental.High, r.Incremental.Confidence, r.Incremental.Reason, r.AttributedRevenue, r.AttributedOrders,
                r.Treated.Customers, r.Treated.Revenue, r.Holdout.Customers, r.Holdout.Revenue,
                r.ClaimedTreated.Customers, r.ClaimedTreated.Revenue, r.ClaimedHoldout.Customers, r.ClaimedHoldout.Revenue, r.Bots.Customers, r.Bots.Revenue,
                string.Join("; ", r.ByCurrency.Where(c => c.Currency != r.Currency).Select(c => FormattableString.Invariant($"{c.Currency} {Math.Round((decimal)c.Revenue, 4)} ({c.Orders})"))),
            },
        },
    };
}
