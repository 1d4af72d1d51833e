using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Composition;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api;

/// <summary><c>/v1/analytics</c> and <c>/v1/conversions</c>: what came of it all, of journeys that began from <c>from</c> up to <c>to</c>, in milliseconds since
/// 1970; the last 30 days if it is not said.</summary>
sealed class AnalyticsApi(EngineHost host)
{
    const long Usual = 30 * 86_400_000L;

    public Task PerformanceAsync(HttpContext context) => TableAsync(context, "performance",
        (store, from, to) => host.Reports.Performance(store, host.Setup.Campaigns, from, to));

    public Task ChannelsAsync(HttpContext context) => TableAsync(context, "channels", host.Reports.Channels);

    public Task ConversionAsync(HttpContext context) => TableAsync(context, "conversion", host.Reports.Conversion);

    public Task ReasonsAsync(HttpContext context) => TableAsync(context, "reasons", host.Reports.Reasons);

    public Task ConversionsAsync(HttpContext context) =>
        TableAsync(context, "conversions", (store, from, to) => host.Reports.Conversions(store, from, to, most: 1000));

    public async Task RevenueAsync(HttpContext context)
    {
        if (await AdmitAsync(context) is not var (store, from, to))
        {
            return;
        }

        var report = host.Reports.Revenue(store, host.Stores.FindStore(store)!.Currency, from, to);
        if (context.Request.Query["format"] == "csv")
        {
            await ReportAnswer.WriteAsync(context, "revenue", TableOf(report));
            return;
        }

        await Answer.JsonAsync(context, StatusCodes.Status200OK, writer => RevenueJson.Write(writer, report));
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

    async Task TableAsync(HttpContext context, string name, Func<string, long, long, ReportTable> ask)
    {
        if (await AdmitAsync(context) is var (store, from, to))
        {
            await ReportAnswer.WriteAsync(context, name, ask(store, from, to));
        }
    }

    async ValueTask<(string Store, long From, long To)?> AdmitAsync(HttpContext context)
    {
        if (await ApiRoutes.AdmitAsync(context, host.Stores, secretOnly: true) is not { } key)
        {
            return null;
        }

        var now = host.Time.GetUtcNow().ToUnixTimeMilliseconds();
        if (QueryNumbers.TryRead(context.Request.Query["from"], now - Usual, 0, long.MaxValue, out var from)
            && QueryNumbers.TryRead(context.Request.Query["to"], long.MaxValue, from, long.MaxValue, out var to))
        {
            await CatchUp.WithDeskAsync(host);
            return (key.Store.Id, from, to);
        }

        await Answer.ProblemAsync(context, new Problem(400, "out_of_range", "'from' and 'to' are milliseconds since 1970, 'to' not before 'from'."));
        return null;
    }
}
