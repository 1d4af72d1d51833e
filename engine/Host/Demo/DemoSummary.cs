using System.Globalization;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Composition.Telemetry;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Demo;

/// <summary>Prints the demo's results: events, carts, interventions and revenue.</summary>
static class DemoSummary
{
    public static async Task PrintAsync(EngineHost host, DemoReplay replay)
    {
        var metrics = await host.Metrics.Registry.ReadAsync();
        var store = host.Config.Stores[0];
        var revenue = host.Reports.Revenue(store.Id, store.Currency, from: 0, to: long.MaxValue);
        var interventions = Enum.GetValues<ActionKind>().Select(a => $"{replay.CountOf(a):N0} {EngineMetrics.NameOf(a)}");
        var seconds = Math.Max(replay.Elapsed.TotalSeconds, 0.001);
        Console.WriteLine();
        Terminal.WriteTable(
        [
            ["", "", ""],
            ["events", Count(replay.Events), Text($"in {seconds:N1} s; received to decided: p50 {Latency(0.5)}, p99 {Latency(0.99)}")],
            ["carts seen", Count(host.Metrics.Carts), Text($"scored {host.Metrics.Predictions:N0} times by {host.Model.Id}")],
            ["interventions", Count(replay.Shown), string.Join(", ", interventions)],
            ["orders followed", Count(Orders(host, store)), Text($"of shoppers with an intervention; {DemoLines.Dollars((decimal)revenue.Treated.Revenue)}")],
            ["revenue attributed", DemoLines.Dollars((decimal)revenue.AttributedRevenue), Text($"in {revenue.AttributedOrders:N0} orders after a message was shown")],
        ], 1);
        Console.WriteLine("""

            The night was recorded before: its shoppers bought what they bought. In your shop a holdout measures what the messages add.
            """);

        string Latency(double share) => Text($"{metrics.Quantile(EngineMetrics.Latency, share) * 1e3:0.0} ms");
    }

    // The first column that sums up orders belongs to the report of campaigns.
    static long Orders(EngineHost host, StoreConfig store)
    {
        var table = host.Reports.Performance(store.Id, store.Currency, host.JourneyOptions.Campaigns, from: 0, to: long.MaxValue);
        var column = table.Columns.Index().First(c => c.Item == "orders").Index;
        return table.Rows.Sum(row => row[column] is long orders ? orders : 0);
    }

    static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
