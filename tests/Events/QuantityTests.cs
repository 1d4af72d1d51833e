using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using CartRecovery.Tests.State.Carts;

namespace CartRecovery.Tests.Events;

/// <summary>Goods are sold by the piece, and by weight and length.</summary>
[TestFixtureSource(typeof(EveryDoor), nameof(EveryDoor.Names))]
public sealed class QuantityTests(string door)
{
    [TestCase("0.25", 250)]
    [TestCase("0.001", 1)]
    [TestCase("1.5", 1500)]
    [TestCase("2.50", 2500)]
    [TestCase("7", 7000)]
    [TestCase("1.2345", 1234, Description = "rounded to three decimals")]
    [TestCase("0.3333333333333333", 333)]
    [TestCase("99999.999", 99_999_999)]
    [TestCase("100000", 100_000_000)]
    [TestCase("25e-2", 250)]
    public void A_quantity_has_three_decimals_and_keeps_them_in_the_journal(string quantity, int thousandths)
    {
        var json = $$"""{"id":"e1","type":"add_to_cart","cartId":"c1","ts":1732095600000,"productId":"p1","price":12.99,"quantity":{{quantity}}}""";
        Assert.That(EveryDoor.Read(json, door).Slab.Records[0].Thousandths, Is.EqualTo(thousandths));
        Assert.That(EveryDoor.ReadJournaled(json, door).Records[0].Thousandths, Is.EqualTo(thousandths));
    }

    [TestCase("0")]
    [TestCase("0.0004")]
    [TestCase("-0.25")]
    [TestCase("100000.001")]
    public void A_quantity_out_of_range_is_rejected(string quantity)
    {
        var (problem, _, _) = EveryDoor.Read($$"""{"id":"e1","type":"add_to_cart","cartId":"c1","ts":1732095600000,"quantity":{{quantity}}}""", door);
        Assert.That((problem.Code, problem.Message), Is.EqualTo(("out_of_range", "'quantity' must be from 0.001 to 100,000")));
    }

    [Test]
    public void A_quarter_of_a_kilogram_costs_a_quarter_of_its_price()
    {
        var cart = CartFoldFixture.Fold(CartFoldFixture.Add("apples", 2.99m, 0.25m), CartFoldFixture.Add("apples", 2.99m, 1.5m), CartFoldFixture.Add("pear", 1));
        Assert.That((cart.ItemCount, Money.ToDecimal(cart.Value)), Is.EqualTo((2.75m, 6.2325m)));
        Assert.That(cart.Feature("item_count"), Is.EqualTo(2.75f));
        cart.Fold(CartFoldFixture.Remove("apples", 1.75m));
        Assert.That((cart.ItemCount, Money.ToDecimal(cart.Value), cart.LineCount), Is.EqualTo((1m, 1m, (byte)1)));
    }

    [Test]
    public void A_record_with_whole_quantities_is_converted_once()
    {
        var cart = new CartRecord { Version = 2, EventCount = 3, Units = 5, LineCount = 1 };
        cart.Lines[0] = new CartLine { Units = 3, Value = 7, Product = 1 };
        cart.Others.Units = int.MaxValue;
        cart.Upgrade();
        cart.Upgrade();
        Assert.That((cart.Units, cart.Lines[0].Units, cart.Others.Units, cart.Version), Is.EqualTo((5000, 3000, int.MaxValue, CartRecord.CurrentVersion)));
    }

    [Test]
    public void The_price_of_a_line_saturates()
    {
        Assert.That(Quantity.Price(Money.MaxPrice * Money.PerUnit, int.MaxValue), Is.EqualTo(long.MaxValue));
        Assert.That(Quantity.Price(Money.MaxPrice * Money.PerUnit, 100_000_500), Is.EqualTo(1_000_005_000_000_000_000L));
    }

    [Test]
    public void An_amount_is_rounded_half_up_and_exact_at_the_limits()
    {
        Assert.That(Quantity.Price(5, 500), Is.EqualTo(3));
        Assert.That(Quantity.Price(29_900, 333), Is.EqualTo(9957));
        Assert.That(Quantity.Price(Money.MaxPrice * Money.PerUnit, Quantity.MaxUnits * Quantity.PerUnit), Is.EqualTo(1_000_000_000_000_000_000));
    }
}
