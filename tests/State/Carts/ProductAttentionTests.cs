using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Tests.State.Carts;

/// <summary>What the record keeps of the product being viewed.</summary>
public sealed class ProductAttentionTests
{
    // Keys with different leading bits, so that each has its own bit in the sketch.
    const ulong Lamp = 1UL << 58, Chair = 2UL << 58;
    const long Start = 1_732_095_600_000;

    [Test]
    public void A_streak_counts_events_since_another_product_was_named()
    {
        var cart = Fold((Lamp, 0), (Chair, 10), (Chair, 25), (Chair, 70));

        Assert.That(Value("product_streak", cart), Is.EqualTo(3));
        Assert.That(Value("product_seconds", cart), Is.EqualTo(60));
    }

    [Test]
    public void An_event_without_a_product_does_not_end_a_streak()
    {
        var cart = Fold((Lamp, 0), (0, 5), (Lamp, 20));

        Assert.That(Value("product_streak", cart), Is.EqualTo(2));
        Assert.That(Value("product_seconds", cart), Is.EqualTo(20));
    }

    [Test]
    public void Returning_to_a_product_counts_and_staying_on_it_does_not()
    {
        Assert.That(Value("product_returns", Fold((Lamp, 0), (Lamp, 1), (Chair, 2), (Chair, 3))), Is.Zero);
        Assert.That(Value("product_returns", Fold((Lamp, 0), (Chair, 1), (Lamp, 2), (Lamp, 3), (Chair, 4))), Is.EqualTo(2));
    }

    [Test]
    public void A_new_session_starts_a_new_streak()
    {
        var cart = Fold((Lamp, 0), (Lamp, 10));
        Fold(ref cart, session: 2, Lamp, 86_400);
        Fold(ref cart, session: 2, Lamp, 86_430);

        Assert.That(Value("product_streak", cart), Is.EqualTo(2));
        Assert.That(Value("product_seconds", cart), Is.EqualTo(30));
        Assert.That(Value("product_returns", cart), Is.EqualTo(1), "the lamp of the day before");
    }

    [Test]
    public void A_late_event_does_not_shorten_the_time_on_its_product()
    {
        var cart = Fold((Lamp, 100), (Lamp, 40), (Lamp, 130));

        Assert.That(Value("product_seconds", cart), Is.EqualTo(90));
    }

    [Test]
    public void Price_spread_is_the_gap_between_lowest_and_highest_relative_to_the_highest()
    {
        var cart = default(CartRecord);
        Assert.That(Value("price_spread", cart), Is.Zero);
        foreach (var price in (ReadOnlySpan<long>)[40, 100, 60])
        {
            var e = Event(session: 1, Lamp, 0);
            e.Price = price;
            e.Flags = EventFlags.HasPrice;
            CartFold.Apply(ref cart, e, new EventSlab(), 0);
        }

        Assert.That(Value("price_spread", cart), Is.EqualTo(0.6f).Within(1e-6f));
    }

    static CartRecord Fold(params (ulong Product, int Second)[] events)
    {
        var cart = default(CartRecord);
        foreach (var (product, second) in events)
        {
            Fold(ref cart, session: 1, product, second);
        }

        return cart;
    }

    static void Fold(ref CartRecord cart, ulong session, ulong product, int second) =>
        CartFold.Apply(ref cart, Event(session, product, second), new EventSlab(), 0);

    static EventRecord Event(ulong session, ulong product, int second) =>
        new() { Type = EventType.ViewItem, Session = session, Product = product, Timestamp = Start + (second * 1000L), Thousandths = 1000 };

    static float Value(string feature, in CartRecord cart) => FeatureTable.Get(feature).Compute(cart, new FeatureMoment(cart.LastAt, cart.LastAt));
}
