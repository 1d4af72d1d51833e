using System.Text.Json;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Api.Analytics;

/// <summary>Writes a revenue report as JSON.</summary>
static class RevenueJson
{
    public static void Write(Utf8JsonWriter writer, RevenueReport report)
    {
        writer.WriteStartObject();
        writer.WriteString("currency"u8, report.Currency);
        writer.WriteStartObject("incremental"u8);
        Write(writer, "revenue"u8, report.Incremental.Revenue);
        Write(writer, "low"u8, report.Incremental.Low);
        Write(writer, "high"u8, report.Incremental.High);
        writer.WriteNumber("confidence"u8, report.Incremental.Confidence);
        writer.WriteString("reason"u8, report.Incremental.Reason);
        writer.WriteEndObject();
        writer.WriteStartObject("attributed"u8);
        writer.WriteNumber("revenue"u8, Cents(report.AttributedRevenue));
        writer.WriteNumber("orders"u8, report.AttributedOrders);
        writer.WriteEndObject();
        Write(writer, "treated"u8, report.Treated);
        Write(writer, "holdout"u8, report.Holdout);
        writer.WriteStartObject("claimed"u8);
        Write(writer, "treated"u8, report.ClaimedTreated);
        Write(writer, "holdout"u8, report.ClaimedHoldout);
        writer.WriteEndObject();
        Write(writer, "bots"u8, report.Bots);
        writer.WriteStartArray("byCurrency"u8);
        foreach (var one in report.ByCurrency)
        {
            writer.WriteStartObject();
            writer.WriteString("currency"u8, one.Currency);
            writer.WriteNumber("orders"u8, one.Orders);
            writer.WriteNumber("revenue"u8, Paid(one.Revenue, one.Currency));
            writer.WriteNumber("attributedOrders"u8, one.AttributedOrders);
            writer.WriteNumber("attributedRevenue"u8, Paid(one.AttributedRevenue, one.Currency));
            Write(writer, "converted"u8, one.Converted);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    static decimal Paid(double amount, string currency) => MoneyText.Round((decimal)Math.Clamp(amount, -1e20, 1e20), currency);

    static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, SpendingGroup group)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("customers"u8, group.Customers);
        writer.WriteNumber("revenue"u8, Cents(group.Revenue));
        writer.WriteEndObject();
    }

    static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, double? amount)
    {
        if (amount is { } number)
        {
            writer.WriteNumber(name, Cents(number));
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    static decimal Cents(double amount) => Math.Round((decimal)Math.Clamp(amount, -1e20, 1e20), 2);
}
