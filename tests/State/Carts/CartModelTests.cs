using CartRecovery.Engine.Events;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using FsCheck.Fluent;

namespace CartRecovery.Tests.State.Carts;

/// <summary>Compares the fold with a slow reference model of a cart: a dictionary of lines in decimal.</summary>
public sealed class CartModelTests
{
    [FsCheck.NUnit.Property(MaxTest = 200)]
    public FsCheck.Property A_cart_matches_the_reference_model() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var model = new Model();
            var cart = default(CartRecord);
            for (var i = random.Next(1, 80); i > 0; i--)
            {
                var e = Any(random, CartLines.Capacity);
                cart.Fold(e);
                model.Apply(e);
                Assert.That((cart.ItemCount, Money.ToDecimal(cart.Value)), Is.EqualTo((model.ItemCount, model.Value)), $"{e}");
            }

            foreach (var type in Enum.GetValues<EventType>().Where(t => t != EventType.None))
            {
                Assert.That(cart.CountOf(type), Is.EqualTo(model.Counts.GetValueOrDefault(EventTypes.NameOf(type))));
            }

            Assert.That(cart.EventCount, Is.EqualTo(model.Counts.Values.Sum(count => count)));
            Assert.That((cart.FirstAt, cart.LastAt), Is.EqualTo((model.Times.Min(), model.Times.Max())));
            Assert.That((cart.PriceCount, Money.ToDecimal(cart.PriceSum)), Is.EqualTo(((uint)model.Prices.Count, model.Prices.Sum())));
            Assert.That(Money.ToDecimal(cart.PriceLowest), Is.EqualTo(model.Prices.DefaultIfEmpty().Min()));
            Assert.That(Money.ToDecimal(cart.PriceHighest), Is.EqualTo(model.Prices.DefaultIfEmpty().Max()));
            Assert.That(Money.ToDecimal(cart.PriceLast), Is.EqualTo(model.Prices.LastOrDefault()));
            return true;
        });

    // With more products than lines the cart cannot know each price, but its totals stay exact.
    [FsCheck.NUnit.Property(MaxTest = 200)]
    public FsCheck.Property With_many_products_the_lines_still_add_up() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var cart = default(CartRecord);
            for (var i = 0; i < 100; i++)
            {
                var before = cart;
                var e = Any(random, products: 15);
                cart.Fold(e);
                var (quantity, value) = (cart.Others.Quantity, cart.Others.Value);
                for (var line = 0; line < cart.LineCount; line++)
                {
                    Assert.That(cart.Lines[line].Quantity, Is.Positive);
                    Assert.That(cart.Lines[line].Value, Is.Not.Negative);
                    quantity += cart.Lines[line].Quantity;
                    value += cart.Lines[line].Value;
                }

                Assert.That((cart.ItemCount, cart.Value), Is.EqualTo((quantity, value)));
                if (e.Type == "add_to_cart")
                {
                    Assert.That(cart.ItemCount - before.ItemCount, Is.EqualTo(e.Quantity ?? 1));
                }

                if (e.Type == "remove_from_cart")
                {
                    Assert.That(before.ItemCount - cart.ItemCount, Is.InRange(0, e.Quantity ?? 1));
                }
            }

            return true;
        });

    static TestEvent Any(Random random, int products)
    {
        string[] types = ["page_view", "view_item", "add_to_cart", "add_to_cart", "add_to_cart", "remove_from_cart", "remove_from_cart", "view_cart", "purchase"];
        var type = types[random.Next(random.Next(4) == 0 ? types.Length : types.Length - 1)];
        return new TestEvent(type, EventReading.Now + random.Next(-1_000_000, 1_000_000))
        {
            Product = random.Next(products) is > 0 and var product ? $"p{product}" : null,
            Price = random.Next(3) == 0 ? null : random.Next(0, 5_000_000) / (decimal)Money.PerUnit,
            Quantity = random.Next(2) == 0 ? null : random.Next(1, 6),
        };
    }

    sealed class Model
    {
        readonly Dictionary<string, (int Quantity, decimal Value)> _lines = new(StringComparer.Ordinal);

        public Dictionary<string, uint> Counts { get; } = new(StringComparer.Ordinal);

        public List<long> Times { get; } = [];

        public List<decimal> Prices { get; } = [];

        public int ItemCount => _lines.Values.Sum(line => line.Quantity);

        public decimal Value => _lines.Values.Sum(line => line.Value);

        public void Apply(TestEvent e)
        {
            Counts[e.Type] = Counts.GetValueOrDefault(e.Type) + 1;
            Times.Add(e.At);
            if (e.Price is { } price)
            {
                Prices.Add(price);
            }

            var (quantity, value) = _lines.GetValueOrDefault(e.Product ?? "");
            var units = (int)(e.Quantity ?? 1);
            switch (e.Type)
            {
                case "add_to_cart":
                    _lines[e.Product ?? ""] = (quantity + units, value + units * (e.Price ?? 0));
                    break;
                case "remove_from_cart" when units < quantity:
                    // A share of the line's value in whole ten-thousandths.
                    _lines[e.Product ?? ""] = (quantity - units, value - Math.Floor(value * units / quantity * 10_000) / 10_000);
                    break;
                case "remove_from_cart":
                    _lines.Remove(e.Product ?? "");
                    break;
                case "purchase":
                    _lines.Clear();
                    break;
            }
        }
    }
}
