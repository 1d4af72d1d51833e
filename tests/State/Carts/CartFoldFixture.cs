using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;

namespace CartRecovery.Tests.State.Carts;

/// <summary>Folds carts from events, with concise event builders.</summary>
static class CartFoldFixture
{
    public const long Start = EventReading.Now;
    public const long Second = 1000;
    public const long Minute = 60 * Second;

    public static CartRecord Fold(params IEnumerable<TestEvent> events)
    {
        var cart = default(CartRecord);
        cart.Fold(events);
        return cart;
    }

    public static void Fold(this ref CartRecord cart, params IEnumerable<TestEvent> events)
    {
        foreach (var e in events)
        {
            var slab = EventReading.Slab(e);
            CartFold.Apply(ref cart, slab.Records[0], slab, CurrencyCode.Parse("USD"));
        }
    }

    public static TestEvent View(string product, decimal? price = null) => new("view_item", Start) { Product = product, Price = price };

    public static TestEvent Add(string? product, decimal? price = null, decimal? quantity = null) =>
        new("add_to_cart", Start) { Product = product, Price = price, Quantity = quantity };

    public static TestEvent Remove(string? product, decimal? quantity = null) =>
        new("remove_from_cart", Start) { Product = product, Quantity = quantity };

    public static TestEvent Of(string type) => new(type, Start);

    public static TestEvent After(this TestEvent e, long milliseconds) => e with { At = Start + milliseconds };

    /// <summary>A cart's feature at a time; at its latest event by default.</summary>
    public static float Feature(this in CartRecord cart, string name, long? at = null, TimeZoneInfo? zone = null) =>
        FeatureTable.Get(name).Compute(cart, new StoreClock(zone ?? TimeZoneInfo.Utc).At(at ?? cart.LastAt));
}
