using System.Globalization;
using CartRecovery.Contracts;
using CartRecovery.Host.Composition.Telemetry;
using CartRecovery.Host.Output;
using Spectre.Console;

namespace CartRecovery.Host.Demo;

/// <summary>Prints the demo's log, a line per occurrence: the shop's time, the kind and a description.</summary>
static class DemoLines
{
    /// <summary>Prints an intervention that reaches a shopper.</summary>
    public static void Write(long at, Intervention i)
    {
        var action = i.Action == ActionKind.Discount && i.DiscountPercent is { } percent
            ? string.Create(CultureInfo.InvariantCulture, $"discount {percent:0.##}%") : EngineMetrics.NameOf(i.Action);
        Write(at, action, $"{i.Message}  ({i.Campaign}, score {i.Reasons.Score.ToString("0.00", CultureInfo.InvariantCulture)})",
            i.Action == ActionKind.Discount ? Color.Yellow : Color.Default);
    }

    /// <summary>Prints a purchase by a shopper who was shown a message before.</summary>
    public static void WriteOrder(long at, decimal amount, string campaign) => Write(at, "order",
        $"{Dollars(amount)}, bought after a message from {campaign}", Color.Green);

    /// <summary>Writes an amount as the shop's messages do.</summary>
    public static string Dollars(decimal amount) => string.Create(CultureInfo.InvariantCulture, $"{(amount < 0 ? "-" : "")}${Math.Abs(amount):N2}");

    /// <summary>Prints an event that the engine rejected.</summary>
    public static void WriteRejected(long at, string? code, string? message) => Write(at, "rejected", $"{code}: {message}", Color.Red);

    /// <summary>Prints event counts while nothing else happens.</summary>
    public static void WriteFlow(long at, long events, long carts) =>
        Write(at, "watching", string.Create(CultureInfo.InvariantCulture, $"{events:N0} events, {carts:N0} carts so far"), Color.Grey);

    static void Write(long at, string what, string text, Color colour) => Terminal.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.FromUnixTimeMilliseconds(at):HH:mm:ss}  {what,-12}  {TerminalText.Clean(text)}"), colour);
}
