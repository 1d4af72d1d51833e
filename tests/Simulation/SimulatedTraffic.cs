using System.Globalization;
using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;

namespace CartRecovery.Tests.Simulation;

/// <summary>A generated event.</summary>
/// <param name="Number">Its number, from 0, from which its id is derived.</param>
/// <param name="Sender">The sender's number.</param>
/// <param name="Record">The event.</param>
/// <param name="Text">Its texts.</param>
/// <param name="Cart">The cart's id.</param>
/// <param name="Product">The product's id; empty for none.</param>
/// <param name="Order">The order's id; null for none.</param>
/// <param name="MadeAt">When it was first sent.</param>
sealed record SentEvent(int Number, int Sender, EventRecord Record, byte[] Text, string Cart, string Product, string? Order, long MadeAt);

/// <summary>
/// Generated traffic: a few carts, products and users, with some late events and some from the future. Orders are edited, refunded and cancelled,
/// and carts go into others.
/// </summary>
sealed class SimulatedTraffic(Random random, int carts)
{
    static readonly EventType[] s_types =
    [
        EventType.PageView, EventType.ViewItem, EventType.ViewItem, EventType.AddToCart, EventType.AddToCart, EventType.AddToCart,
        EventType.RemoveFromCart, EventType.BeginCheckout, EventType.AddPaymentInfo, EventType.Purchase, EventType.CouponApplied,
        EventType.Refund, EventType.OrderCancelled, EventType.CartMerged,
    ];

    /// <summary>All generated events by number.</summary>
    public List<SentEvent> All { get; } = [];

    public SentEvent Next(int sender, long now)
    {
        var type = s_types[random.Next(s_types.Length)];
        var cart = $"c{random.Next(carts)}";
        var user = random.Next(3) == 0 ? "" : $"u{random.Next(3)}";
        var product = random.Next(6) == 0 ? "" : $"p{random.Next(5)}";
        var session = random.Next(2) == 0 ? "" : $"s{random.Next(3)}";
        byte[][] ids = [.. new[] { IdOf(All.Count), cart, user, session, product }.Select(Encoding.UTF8.GetBytes)];
        // Few orders of a cart, so that they come again with other values, and refunds and cancellations find them, or come before them.
        var order = type is EventType.Purchase or EventType.Refund or EventType.OrderCancelled && random.Next(4) != 0 ? $"{cart}-{random.Next(3)}" : null;
        var meta = order is not null ? Encoding.UTF8.GetBytes($"{{\"orderId\":\"{order}\"}}")
            : type == EventType.CartMerged ? Encoding.UTF8.GetBytes($"{{\"mergedFrom\":\"c{random.Next(carts)}\"}}")
            : random.Next(5) == 0 ? "{\"page\":\"/sale\"}"u8.ToArray() : [];
        var record = new EventRecord
        {
            Type = type,
            Timestamp = now + random.Next(12) switch
            {
                0 => -random.Next(10 * 60_000),
                1 => random.Next(5 * 60_000),
                _ => -random.Next(2000),
            },
            Price = random.Next(3) == 0 ? 0 : random.Next(1, 500) * 100L * 100,
            Thousandths = 1000 * (random.Next(4) == 0 ? random.Next(1, 5) : 1),
            // Of the product, so that a cart has no more lines than products: those beyond the bound of a cart are counted together.
            Currency = product == "p0" ? CurrencyCode.Parse("EUR") : 0,
            Device = (DeviceKind)random.Next(3),
            Source = (TrafficSource)random.Next(4),
            MetaLength = meta.Length,
            Flags = EventFlags.Server,
        };
        if (record.Price != 0)
        {
            record.Flags |= EventFlags.HasPrice;
        }

        EventReading.Rules().Ids.Set(ref record, ids[0], ids[1], ids[2], ids[3], ids[4]);
        var e = new SentEvent(All.Count, sender, record, [.. ids.SelectMany(id => id), .. meta], cart, product, order, now);
        All.Add(e);
        return e;
    }

    public static string IdOf(int number) => string.Create(CultureInfo.InvariantCulture, $"e{number}");

    public static int NumberOf(ReadOnlySpan<byte> id) => int.Parse(id[1..], CultureInfo.InvariantCulture);
}
