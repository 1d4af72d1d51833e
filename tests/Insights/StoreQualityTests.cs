using CartRecovery.Engine.Events;
using CartRecovery.Engine.Insights;

namespace CartRecovery.Tests.Insights;

public sealed class StoreQualityTests
{
    const long Now = 1_800_000_000_000, Hour = 3_600_000;

    [Test]
    public void Each_check_counts_the_events_that_fail_it_among_those_it_applies_to()
    {
        var quality = new StoreQuality(new ProductAllowance(100));
        quality.Add(new EventRecord { Type = EventType.AddToCart, UserLength = 2, Flags = EventFlags.HasPrice, Currency = 1, Product = 7, Timestamp = Now }, Now);
        quality.Add(new EventRecord { Type = EventType.AddToCart, Flags = EventFlags.HasPrice, Product = 7, Timestamp = Now - (2 * Hour) }, Now);
        quality.Add(new EventRecord { Type = EventType.Purchase, Product = 8, Timestamp = Now + 5_000 }, Now + 1);
        quality.Add(new EventRecord { Type = EventType.PageView, Timestamp = Now + 5_001, Flags = EventFlags.Clamped }, Now);
        quality.Add(new EventRecord { Type = EventType.Purchase, Details = EventDetails.HasLines, Timestamp = Now - Hour }, Now, hasAddressId: true);

        Assert.That((quality.Events, quality.LastAt), Is.EqualTo((5L, Now + 1)));
        Assert.That(quality.Checks(new HashSet<ulong> { 7 }), Is.EqualTo(new[]
        {
            ("without_user", 4L, 5L), ("without_price", 1L, 3L), ("without_currency", 1L, 2L), ("unknown_product", 2L, 3L), ("late", 1L, 5L), ("future", 1L, 5L), ("clamped", 1L, 5L),
            ("address_ids", 1L, 5L),
        }));
        Assert.That(quality.Checks(unknown: null).Select(check => check.Check), Has.No.Member("unknown_product"), "the shop describes none");
    }

    [Test]
    public void All_stores_share_the_room_for_products()
    {
        var products = new ProductAllowance(3);
        StoreQuality[] stores = [new(products), new(products)];
        for (ulong product = 1; product <= 4; product++)
        {
            Array.ForEach(stores, store => store.Add(new EventRecord { Product = product, Timestamp = Now }, Now));
        }

        Assert.That(stores.Select(store => store.Products.Count), Is.EqualTo(new[] { 2, 1 }));
    }
}
