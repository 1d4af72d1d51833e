using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;

namespace CartRecovery.Tests.State.Carts;

/// <summary>A single product is told by the event's own fields as by an item: its variant, too.</summary>
[TestFixtureSource(typeof(EveryDoor), nameof(EveryDoor.Names))]
public sealed class TopLevelVariantTests(string door)
{
    const string Item = "\"items\":[{\"item_id\":\"A\",\"item_variant\":\"red\",\"price\":9.99,\"quantity\":3}]";

    [TestCase("\"productId\":\"A\",\"variant\":\"red\",\"price\":9.99,\"quantity\":3")]
    [TestCase("\"quantity\":3,\"item_variant\":\"red\",\"price\":9.99,\"productId\":\"A\"")]
    [TestCase("\"productId\":\"A\",\"variant_title\":\" red \",\"price\":9.99,\"quantity\":3,\"meta\":{\"variant\":\"of a test\"}")]
    [TestCase("\"variant\":\"red\",\"items\":[{\"item_id\":\"A\",\"price\":9.99,\"quantity\":3}]")]
    [TestCase("\"items\":[{\"item_id\":\"A\"}],\"variant\":\"red\",\"price\":9.99,\"quantity\":3")]
    [TestCase("\"items\":[{\"item_id\":\"A\",\"variant\":\"red\"}],\"price\":9.99,\"quantity\":3")]
    [TestCase("\"items\":[ { \"item_id\" : \"A\" , \"brand\":{\"a\":1} } ],\"variant\":\"red\",\"price\":9.99,\"quantity\":3")]
    [TestCase("\"meta\":{\"items\":[{\"item_id\":\"A\",\"quantity\":3}],\"device\":\"mobile\"},\"variant\":\"red\",\"price\":9.99")]
    public void A_line_is_the_same_however_it_is_told(string fields)
    {
        var (expected, cart) = (Fold(Of("add_to_cart", Item)), Fold(Of("add_to_cart", fields)));
        Assert.That(cart.Lines[0], Is.EqualTo(expected.Lines[0]));
        Assert.That((cart.LineCount, Value(cart), cart.ItemCount, cart.PriceCount), Is.EqualTo(((byte)1, 29.97m, 3m, 1u)));
        Assert.That((cart.ProductStreak, cart.ProductReturns), Is.EqualTo((1u, 0u)));
    }

    [Test]
    public void The_value_of_a_line_is_its_total()
    {
        var cart = Fold(Of("add_to_cart", "\"productId\":\"A\",\"variant\":\"red\",\"value\":29.97,\"quantity\":3"));
        Assert.That(cart.Lines[0], Is.EqualTo(Fold(Of("add_to_cart", Item)).Lines[0]));
    }

    [TestCase("\"productId\":\"A\",\"variant\":\"red\"")]
    [TestCase("\"items\":[{\"item_id\":\"A\"}],\"item_variant\":\"red\"")]
    public void A_variant_is_removed(string fields)
    {
        var cart = Fold(
            Of("add_to_cart", "\"productId\":\"A\",\"variant\":\"red\",\"price\":5"),
            Of("add_to_cart", "\"productId\":\"A\",\"variant\":\"blue\",\"price\":7"),
            Of("remove_from_cart", fields));
        Assert.That((cart.LineCount, Value(cart)), Is.EqualTo(((byte)1, 7m)));
    }

    [TestCase("\"productId\":\"A\",\"price\":5,\"meta\":{\"variant\":\"B\"}")]
    [TestCase("\"productId\":\"A\",\"price\":5,\"variant\":null")]
    [TestCase("\"productId\":\"A\",\"price\":5,\"variant\":\"\"")]
    [TestCase("\"productId\":\"A\",\"price\":5,\"variant\":{\"a\":1}")]
    public void A_shops_own_variant_and_none_are_no_line(string fields) =>
        Assert.That(Fold(Of("add_to_cart", fields)).Lines[0], Is.EqualTo(Fold(Of("add_to_cart", "\"productId\":\"A\",\"price\":5")).Lines[0]));

    [Test]
    public void The_line_keeps_its_name_and_what_the_shop_sent()
    {
        const string Hat = "\"productId\":\"A\",\"variant\":\"red\",\"name\":\"Hat\",\"meta\":{\"device\":\"mobile\"},\"gift\":true";
        var slab = EveryDoor.ReadJournaled(Of("add_to_cart", Hat), door);
        Assert.That(System.Text.Encoding.UTF8.GetString(slab.MetaOf(slab.Records[0])), Is.EqualTo(
            """{"device":"mobile","variant":"red","name":"Hat","gift":true,"items":[{"productId":"A","name":"Hat","variant":"red"}]}"""));
    }

    [Test]
    public void Other_types_keep_a_variant_unread()
    {
        var cart = Fold(Of("page_view", "\"productId\":\"A\",\"variant\":\"B\""), Of("purchase", "\"productId\":\"A\",\"price\":5,\"variant\":\"red\""));
        Assert.That((cart.EventCount, cart.LineCount), Is.EqualTo((2u, (byte)0)));
    }

    static string Of(string type, string fields) => $$"""{"id":"e","type":"{{type}}","cartId":"c","ts":1732095600000,{{fields}}}""";

    CartRecord Fold(params string[] events)
    {
        var cart = default(CartRecord);
        foreach (var json in events)
        {
            var slab = EveryDoor.ReadJournaled(json, door);
            CartFold.Apply(ref cart, slab.Records[0], slab, CurrencyCode.Parse("USD"), EventReading.Rules().Ids);
        }

        return cart;
    }

    static decimal Value(in CartRecord cart) => Money.ToDecimal(cart.Value);
}
