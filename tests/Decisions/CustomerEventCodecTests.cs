using CartRecovery.Engine.Decisions;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;

namespace CartRecovery.Tests.Decisions;

/// <summary>What the journal keeps of an order for the customer's side.</summary>
public sealed class CustomerEventCodecTests
{
    static readonly uint s_usd = CurrencyCode.Parse("USD"), s_eur = CurrencyCode.Parse("EUR");

    [TestCase("purchase", "\"value\":10", true, 1000)]
    [TestCase("purchase", "\"items\":[{\"item_id\":\"A\",\"price\":10}]", true, 1000)]
    [TestCase("purchase", "\"productId\":\"A\",\"price\":5,\"quantity\":2", false, 2000)]
    [TestCase("refund", "\"orderId\":\"o1\",\"items\":[{\"item_id\":\"A\",\"quantity\":2}]", true, 2000)]
    [TestCase("refund", "\"orderId\":\"o1\"", false, 1000)]
    public void An_order_is_a_whole_or_a_line_with_its_units(string type, string fields, bool isWhole, int thousandths)
    {
        var e = Read(type, fields);
        Assert.That((e.IsWholeOrder, e.Thousandths, e.Amount), Is.EqualTo((isWhole, thousandths, type == "refund" ? CustomerEvent.WholeOrder : 100_000)));
    }

    [Test]
    public void A_purchase_without_a_currency_brings_its_carts_and_a_refund_does_not()
    {
        Assert.That((Read("purchase", "\"value\":10").Currency, Read("purchase", "\"value\":10").CartCurrency), Is.EqualTo((0u, s_usd)));
        var named = Read("purchase", "\"value\":10,\"currency\":\"EUR\"");
        Assert.That((named.Currency, named.CartCurrency), Is.EqualTo((s_eur, 0u)));
        var refund = Read("refund", "\"value\":10");
        Assert.That((refund.Currency, refund.CartCurrency), Is.EqualTo((0u, 0u)));
    }

    // Read from an event, and again after it was written as a customer event.
    static CustomerEvent Read(string type, string fields)
    {
        var (problem, _, slab) = EveryDoor.Read($$"""{"id":"e1","type":"{{type}}","cartId":"c1","ts":1732095600000,{{fields}}}""", "json");
        Assert.That(problem.IsError, Is.False, problem.Message);
        var builder = new EntryBuilder();
        CustomerEventCodec.Write(builder.Output, slab.Records[0], slab, network: 7, s_usd);
        builder.EndRecord();
        var e = Next(builder);
        CustomerEventCodec.Write(builder.Output, e);
        builder.EndRecord();
        Assert.That(Next(builder) with { Meta = e.Meta }, Is.EqualTo(e));
        return e;
    }

    static CustomerEvent Next(EntryBuilder builder)
    {
        Assert.That(builder.TryCut(int.MaxValue, out var entry), Is.True);
        return EntryPayload.ReadCustomerEvents(entry.ToArray()).Single();
    }
}
