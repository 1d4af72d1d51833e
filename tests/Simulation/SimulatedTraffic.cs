using System.Globalization;
using System.Text;
using CartRecovery.Engine.Events;
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
/// <param name="MadeAt">When it was first sent.</param>
sealed record SentEvent(int Number, int Sender, EventRecord Record, byte[] Text, string Cart, string Product, long MadeAt);

/// <summary>Generated traffic: a few carts, products and users, with some late events and some from the future.</summary>
sealed class SimulatedTraffic(Random random, int carts)
{
    static readonly EventType[] s_types =
    [
        EventType.PageView, EventType.ViewItem, EventType.ViewItem, EventType.AddToCart, EventType.AddToCart, EventType.AddToCart,
        EventType.RemoveFromCart, EventType.BeginCheckout, EventType.AddPaymentInfo, EventType.Purchase, EventType.CouponApplied,
        EventType.Refund,
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
        var meta = random.Next(5) == 0 ? "{\"page\":\"/sale\"}"u8.ToArray() : [];
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
        var e = new SentEvent(All.Count, sender, record, [.. ids.SelectMany(id => id), .. meta], cart, product, now);
        All.Add(e);
        return e;
    }

    public static string IdOf(int number) => string.Create(CultureInfo.InvariantCulture, $"e{number}");

    public static int NumberOf(ReadOnlySpan<byte> id) => int.Parse(id[1..], CultureInfo.InvariantCulture);

    /// <summary>Each cart's events and items and each user's orders, computed independently from a partition's events.</summary>
    public static CountedShop Count(IEnumerable<(SentEvent Event, bool IsCopy)> events)
    {
        var model = new CountedShop();
        foreach (var (e, isCopy) in events)
        {
            if (e.Record.Type == EventType.Purchase && e.Record.UserLength != 0)
            {
                model.Orders[e.Record.Customer] = model.Orders.GetValueOrDefault(e.Record.Customer) + 1;
            }

            if (isCopy)
            {
                continue;
            }

            if (!model.Carts.TryGetValue(e.Record.Cart, out var cart))
            {
                model.Carts.Add(e.Record.Cart, cart = new CountedCart());
            }

            cart.Events++;
            var had = cart.Items.GetValueOrDefault(e.Product);
            switch (e.Record.Type)
            {
                case EventType.AddToCart:
                    cart.Items[e.Product] = had + (e.Record.Thousandths / 1000);
                    break;
                case EventType.RemoveFromCart:
                    cart.Items[e.Product] = Math.Max(0, had - (e.Record.Thousandths / 1000));
                    break;
                case EventType.Purchase:
                    cart.Items.Clear();
                    break;
            }
        }

        return model;
    }
}

/// <summary>The expected state of carts and customers.</summary>
sealed class CountedShop
{
    public Dictionary<Hash128, CountedCart> Carts { get; } = [];

    public Dictionary<Hash128, int> Orders { get; } = [];
}

/// <summary>The expected state of a cart.</summary>
sealed class CountedCart
{
    public int Events { get; set; }

    public Dictionary<string, int> Items { get; } = new(StringComparer.Ordinal);
}
