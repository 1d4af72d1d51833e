using System.Runtime.InteropServices;
using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.State.Carts;

public sealed class CartFoldTests
{
    [Test]
    public void The_first_event_creates_the_cart()
    {
        var cart = Fold(new TestEvent("page_view", Start) { Cart = "cart 7", User = "u1", Session = "s1", Device = "tablet", Source = "paid" });

        Assert.That((cart.FirstAt, cart.LastAt, cart.LastGap, cart.EventCount), Is.EqualTo((Start, Start, 0L, 1u)));
        Assert.That((Encoding.UTF8.GetString(cart.CartId), Encoding.UTF8.GetString(cart.UserId), Encoding.UTF8.GetString(cart.SessionId)),
            Is.EqualTo(("cart 7", "u1", "s1")));
        Assert.That((cart.Device, cart.Source, CurrencyCode.ToString(cart.Currency)), Is.EqualTo((DeviceKind.Tablet, TrafficSource.Paid, "USD")));
    }

    [Test]
    public void Additions_count_units_and_value()
    {
        var cart = Fold(Add("p1", 19.99m, 2), Add("p2", 5), Add("p1", 18, 1));

        Assert.That((cart.ItemCount, Value(cart), cart.LineCount), Is.EqualTo((4, 62.98m, (byte)2)));
        Assert.That((cart.Lines[0].Quantity, cart.Lines[1].Quantity), Is.EqualTo((3, 1)));
    }

    [Test]
    public void An_addition_without_a_price_adds_no_value()
    {
        var cart = Fold(Add("p1", quantity: 3), Add("p1", 4));
        Assert.That((cart.ItemCount, Value(cart)), Is.EqualTo((4, 4m)));
    }

    [Test]
    public void A_removal_subtracts_the_price_at_which_items_were_added()
    {
        var cart = Fold(Add("p1", 10, 2), Add("p1", 20, 2), Add("p2", 7));
        cart.Fold(Remove("p1", 1) with { Price = 1000 });
        Assert.That((cart.ItemCount, Value(cart)), Is.EqualTo((4, 52m)));
        cart.Fold(Remove("p1", 3));
        Assert.That((cart.ItemCount, Value(cart), cart.LineCount), Is.EqualTo((1, 7m, (byte)1)));
    }

    [Test]
    public void A_partial_removal_leaves_no_fraction()
    {
        var cart = Fold(Add("p1", 0.0001m, 1), Add("p1", 0.0033m, 2), Remove("p1", 1));
        Assert.That((cart.ItemCount, cart.Value), Is.EqualTo((2, 45L)));
        cart.Fold(Remove("p1", 1), Remove("p1", 1));
        Assert.That((cart.ItemCount, cart.Value), Is.EqualTo((0, 0L)));
    }

    [Test]
    public void A_removal_is_limited_to_what_the_cart_holds()
    {
        var cart = Fold(Add("p1", 10, 2), Add("p2", 7), Remove("p1", 50));
        Assert.That((cart.ItemCount, Value(cart), cart.CountOf(EventType.RemoveFromCart)), Is.EqualTo((1, 7m, 1u)));
    }

    [Test]
    public void Removing_an_absent_product_changes_only_the_counts()
    {
        var cart = Fold(Add("p1", 10, 2), Remove("p9"), Remove(null));
        Assert.That((cart.ItemCount, Value(cart), cart.CountOf(EventType.RemoveFromCart)), Is.EqualTo((2, 20m, 2u)));
    }

    [Test]
    public void Products_without_an_id_share_a_line()
    {
        var cart = Fold(Add(null, 3, 2), Add(null, 5), Add("p1", 1), Remove(null, 1));
        Assert.That((cart.LineCount, cart.ItemCount), Is.EqualTo(((byte)2, 3)));
        Assert.That(cart.Value, Is.EqualTo(12 * Money.PerUnit - 36_666));
    }

    [Test]
    public void The_eighth_product_shares_the_overflow_line()
    {
        var cart = Fold(Enumerable.Range(1, 9).Select(i => Add($"p{i}", i, 2)));
        Assert.That((cart.LineCount, cart.Others.Quantity, cart.Others.Value), Is.EqualTo(((byte)7, 4, 34 * Money.PerUnit)));
        Assert.That((cart.ItemCount, Value(cart)), Is.EqualTo((18, 90m)));

        cart.Fold(Remove("p9", 1));
        Assert.That((cart.ItemCount, Value(cart), cart.Others.Quantity), Is.EqualTo((17, 81.5m, 3)));

        // A freed line is reused for the next new product.
        cart.Fold(Remove("p3", 2), Add("p10", 100));
        Assert.That((cart.LineCount, cart.Others.Quantity, cart.ItemCount, Value(cart)), Is.EqualTo(((byte)7, 3, 16, 175.5m)));
        Assert.That(cart.Lines[6].Product, Is.EqualTo(EventReading.KeyOf("p10").Low));
    }

    [Test]
    public void An_emptied_line_keeps_the_others_in_order()
    {
        var cart = Fold(Add("p1", 1), Add("p2", 2), Add("p3", 3), Remove("p2"), Add("p4", 4));
        Assert.That(new[] { cart.Lines[0].Product, cart.Lines[1].Product, cart.Lines[2].Product },
            Is.EqualTo(new[] { EventReading.KeyOf("p1").Low, EventReading.KeyOf("p3").Low, EventReading.KeyOf("p4").Low }));
        Assert.That((cart.LineCount, cart.Lines[3]), Is.EqualTo(((byte)3, default(CartLine))));
    }

    [Test]
    public void A_purchase_empties_the_cart()
    {
        var cart = Fold([.. Enumerable.Range(1, 9).Select(i => Add($"p{i}", i)), Of("begin_checkout"), Of("purchase").After(Minute)]);

        Assert.That((cart.ItemCount, cart.Value, cart.LineCount, cart.Others), Is.EqualTo((0, 0L, (byte)0, default(CartLine))));
        Assert.That((cart.Checkout, cart.PurchasedAt, cart.CountOf(EventType.Purchase)), Is.EqualTo((CheckoutStep.Purchased, Start + Minute, 1u)));
        Assert.That(cart.CountOf(EventType.AddToCart), Is.EqualTo(9));
    }

    [Test]
    public void Additions_after_a_purchase_start_a_new_cart()
    {
        var cart = Fold(Add("p1", 10), Of("purchase"), Of("page_view"));
        Assert.That(cart.Checkout, Is.EqualTo(CheckoutStep.Purchased));

        cart.Fold(Add("p2", 7, 2));
        Assert.That((cart.Checkout, cart.ItemCount, Value(cart)), Is.EqualTo((CheckoutStep.None, 2, 14m)));
    }

    [Test]
    public void The_checkout_step_never_decreases()
    {
        var cart = Fold(Add("p1", 10), Of("begin_checkout"));
        Assert.That(cart.Checkout, Is.EqualTo(CheckoutStep.Begun));
        cart.Fold(Of("add_payment_info"));
        Assert.That(cart.Checkout, Is.EqualTo(CheckoutStep.Payment));
        cart.Fold(Of("add_shipping_info"), Of("begin_checkout"), Of("view_cart"));
        Assert.That(cart.Checkout, Is.EqualTo(CheckoutStep.Payment));
        cart.Fold(Of("purchase"), Of("begin_checkout"));
        Assert.That(cart.Checkout, Is.EqualTo(CheckoutStep.Begun));
    }

    [Test]
    public void A_late_event_advances_no_time()
    {
        var cart = Fold(Of("page_view"), Of("page_view").After(10 * Minute), Of("view_item").After(4 * Minute), Of("page_view").After(-Minute));

        Assert.That((cart.FirstAt, cart.LastAt, cart.LastGap, cart.EventCount), Is.EqualTo((Start - Minute, Start + 10 * Minute, 10 * Minute, 4u)));
        Assert.That((cart.SessionCount, cart.SessionStartedAt), Is.EqualTo((1u, Start - Minute)));

        cart.Fold(Add("p1").After(8 * Minute), Add("p2").After(2 * Minute));
        Assert.That(cart.LastAddAt, Is.EqualTo(Start + 8 * Minute));
        cart.Fold(Of("purchase").After(9 * Minute), Of("purchase").After(7 * Minute));
        Assert.That(cart.PurchasedAt, Is.EqualTo(Start + 9 * Minute));
    }

    [Test]
    public void Sessions_are_distinguished_by_id()
    {
        var cart = Fold(
            Of("page_view") with { Session = "s1" },
            (Of("page_view") with { Session = "s1" }).After(5 * 60 * Minute),
            Of("page_view").After(6 * 60 * Minute));
        Assert.That((cart.SessionCount, cart.SessionEvents, cart.SessionStartedAt), Is.EqualTo((1u, 3u, Start)));

        cart.Fold((Of("page_view") with { Session = "s2" }).After(6 * 60 * Minute + 1));
        Assert.That((cart.SessionCount, cart.SessionEvents, cart.SessionStartedAt), Is.EqualTo((2u, 1u, Start + 6 * 60 * Minute + 1)));
        Assert.That(Encoding.UTF8.GetString(cart.SessionId), Is.EqualTo("s2"));
    }

    [Test]
    public void Without_ids_half_an_hour_of_inactivity_ends_a_session()
    {
        var cart = Fold(Of("page_view"), Of("page_view").After(30 * Minute));
        Assert.That((cart.SessionCount, cart.SessionEvents), Is.EqualTo((1u, 2u)));

        cart.Fold(Of("page_view").After(60 * Minute + 1));
        Assert.That((cart.SessionCount, cart.SessionEvents, cart.SessionStartedAt), Is.EqualTo((2u, 1u, Start + 60 * Minute + 1)));
    }

    [Test]
    public void Prices_are_those_named_by_events()
    {
        var cart = Fold(View("p1", 30), View("p2"), View("p3", 10), Add("p1", 32));
        Assert.That((cart.PriceCount, cart.PriceSum, cart.PriceLowest, cart.PriceHighest, cart.PriceLast),
            Is.EqualTo((3u, 72 * Money.PerUnit, 10 * Money.PerUnit, 32 * Money.PerUnit, 32 * Money.PerUnit)));

        cart.Fold(View("p4", 0));
        Assert.That((cart.PriceLowest, cart.PriceLast), Is.EqualTo((0L, 0L)));
    }

    [Test]
    public void The_last_user_device_and_currency_and_the_first_source_count()
    {
        var cart = Fold(
            Of("page_view"),
            Of("page_view") with { User = "a longer name", Device = "mobile", Source = "email", Currency = "EUR" },
            Of("page_view") with { User = "u2", Device = "desktop", Source = "paid", Currency = "SEK" },
            Of("page_view"));

        Assert.That(Encoding.UTF8.GetString(cart.UserId), Is.EqualTo("u2"));
        Assert.That((cart.Device, cart.Source, CurrencyCode.ToString(cart.Currency)), Is.EqualTo((DeviceKind.Desktop, TrafficSource.Email, "SEK")));
    }

    [Test]
    public void The_same_events_give_the_same_bytes()
    {
        TestEvent[] events = [Of("page_view") with { User = "u1", Session = "s1" }, Add("p1", 10, 3), Remove("p1"), Of("purchase"), View("p2", 5)];
        var (once, again) = (Bytes(Fold(events)), Bytes(Fold(events)));
        Assert.That(again, Is.EqualTo(once));

        static byte[] Bytes(CartRecord cart) => MemoryMarshal.AsBytes(new ReadOnlySpan<CartRecord>(ref cart)).ToArray();
    }

    [Test]
    public void The_number_of_distinct_products_is_estimated([Values(1, 8, 30, 64)] int products)
    {
        var mean = Enumerable.Range(0, 100).Average(cart => CartFold.EstimateDistinct(
            Fold(Enumerable.Range(0, products).SelectMany(i => new[] { View($"{cart}/{i}"), View($"{cart}/{i}") })).ProductSketch));
        Assert.That(mean, Is.EqualTo(products).Within(5).Percent);
    }

    [Test]
    public void A_saturated_sketch_has_an_estimate()
    {
        Assert.That(CartFold.EstimateDistinct(0), Is.Zero);
        Assert.That(CartFold.EstimateDistinct(ulong.MaxValue >> 1), Is.EqualTo(64 * Math.Log(64)));
        Assert.That(CartFold.EstimateDistinct(ulong.MaxValue), Is.EqualTo(64 * Math.Log(64)));
    }

    static decimal Value(in CartRecord cart) => Money.ToDecimal(cart.Value);
}
