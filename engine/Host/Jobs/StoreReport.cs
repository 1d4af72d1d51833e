using System.Globalization;
using System.Text;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.State;

namespace CartRecovery.Host.Jobs;

/// <summary>Writes a store's figures of <c>/v1/analytics</c> for a period as text.</summary>
static class StoreReport
{
    /// <summary>Writes the figures.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="currency">The store's currency.</param>
    /// <param name="from">The first day (UTC).</param>
    /// <param name="to">The day after the last one (UTC).</param>
    /// <param name="rates">The exchange rates.</param>
    public static string Write(JourneyReports reports, string storeId, string currency, DateTimeOffset from, DateTimeOffset to, ExchangeRates rates)
    {
        var (first, end) = (from.ToUnixTimeMilliseconds(), to.ToUnixTimeMilliseconds());
        var revenue = reports.Revenue(storeId, currency, first, end, rates);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Store {storeId}, {from:yyyy-MM-dd} until {to:yyyy-MM-dd} (UTC)\n\n");
        text.Append(CultureInfo.InvariantCulture, $"Orders after a click or view of a message: {revenue.AttributedOrders}, {Amount(revenue.AttributedRevenue)} {currency}\n");
        text.Append(revenue.Incremental.Revenue is { } incremental
            ? string.Create(CultureInfo.InvariantCulture, $"Incremental revenue: {Amount(incremental)} {currency} (95%: {Amount(revenue.Incremental.Low ?? 0)} to {Amount(revenue.Incremental.High ?? 0)})\n")
            : $"Incremental revenue: not known yet ({revenue.Incremental.Reason})\n");
        foreach (var one in revenue.ByCurrency)
        {
            text.Append(CultureInfo.InvariantCulture, $"All orders of contacted and held-out shoppers: {one.Orders}, {Amount(one.Revenue)} {one.Currency}\n");
        }

        Append(text, "Messages by channel", reports.Channels(storeId, first, end), ["channel"]);
        Append(text, "Not sent, by reason", reports.Reasons(storeId, first, end), ["campaign", "channel", "reason"]);
        text.Append(CultureInfo.InvariantCulture, $"\nThe same figures: /v1/analytics/revenue, /channels and /reasons with from={from:yyyy-MM-dd}&to={to:yyyy-MM-dd}");
        return text.ToString();
    }

    static void Append(StringBuilder text, string title, ReportTable table, string[] names)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n{title}:{(table.Rows.Count == 0 ? " none" : "")}\n");
        foreach (var row in table.Rows)
        {
            var numbers = table.Columns.Zip(row).Where(cell => !names.Contains(cell.First) && cell.Second is long and not 0).Select(cell => string.Create(CultureInfo.InvariantCulture, $"{cell.First} {cell.Second}"));
            text.Append(CultureInfo.InvariantCulture, $"  {string.Join(' ', table.Columns.Zip(row).Where(cell => names.Contains(cell.First)).Select(cell => cell.Second))}: {string.Join(", ", numbers)}\n");
        }
    }

    static string Amount(double amount) => amount.ToString("#,##0.00", CultureInfo.InvariantCulture);
}
