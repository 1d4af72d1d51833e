using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using CartRecovery.Tests.Learning.Datasets;

namespace CartRecovery.Tests.Events;

public sealed class CategoryTrendsTests
{
    const long Now = EventReading.Now, Minute = 60_000;

    static readonly uint s_phones = KeyOf("phones"), s_shoes = KeyOf("shoes");

    [Test]
    public void Counts_are_of_their_key_and_halve_in_a_half_life()
    {
        var counts = new Popularity(1024, halfLife: 600);
        for (var i = 0; i < 8; i++)
        {
            counts.Add(s_phones, Now);
        }

        Assert.That(counts.Read(s_phones, Now), Is.EqualTo(8));
        Assert.That(counts.Read(s_shoes, Now), Is.Zero);
        Assert.That(counts.Read(s_phones, Now + (10 * Minute)), Is.EqualTo(4).Within(0.01));
        Assert.That(counts.Read(s_phones, Now + (5 * Minute)), Is.EqualTo(8 / Math.Sqrt(2)).Within(0.05));
        Assert.That(counts.Add(s_phones, Now + (20 * Minute)), Is.EqualTo(3).Within(0.01));
        Assert.That(counts.Read(s_phones, Now + (10_000 * Minute)), Is.Zero);
    }

    [Test]
    public void A_clock_that_was_set_back_neither_decays_nor_loses_a_count()
    {
        var counts = new Popularity(1024, halfLife: 600);
        counts.Add(s_phones, Now);
        Assert.That(counts.Add(s_phones, Now - (60 * Minute)), Is.EqualTo(2));
        Assert.That(counts.Read(s_phones, Now), Is.EqualTo(2));
    }

    [Test]
    public void A_text_has_another_key_in_another_store_and_none_is_0()
    {
        Assert.That(Popularity.KeyOf("phones"u8, 1), Is.Not.EqualTo(s_phones).And.Not.Zero);
        Assert.That(Popularity.KeyOf(default, 0), Is.Zero);
    }

    [Test]
    public void Views_additions_and_orders_count_as_looked_at_and_the_last_two_as_bought()
    {
        var trends = new CategoryTrends();
        Assert.That(Count(trends, EventType.ViewItem), Is.EqualTo((1, 0)));
        Assert.That(Count(trends, EventType.AddToCart), Is.EqualTo((2, 1)));
        Assert.That(Count(trends, EventType.Purchase), Is.EqualTo((3, 2)));
        Assert.That(Count(trends, EventType.Purchase, isCounted: false), Is.EqualTo((3, 2)), "a program's event is told and not counted");
    }

    [Test]
    public void A_cart_has_what_its_latest_event_with_a_product_was_told()
    {
        var cart = default(CartRecord);
        var slab = EventReading.Slab(new TestEvent("view_item", Now) { Product = "p1" }, new TestEvent("page_view", Now + 1), new TestEvent("view_item", Now + 2) { Product = "p2" });
        (slab.Records[0].CategoryViews, slab.Records[0].CategoryAdds) = ((Half)7, (Half)2);
        Fold(0);
        Fold(1);
        Assert.That(((float)cart.CategoryViews, (float)cart.CategoryAdds), Is.EqualTo((7, 2)), "a page view names no product");
        Fold(2);
        Assert.That((float)cart.CategoryViews, Is.Zero, "a product without a category");

        void Fold(int i) => CartFold.Apply(ref cart, slab.Records[i], slab, CurrencyCode.Parse("USD"));
    }

    [Test]
    public void The_category_is_read_from_meta_and_the_events_own_comes_first([Values] bool isFirst)
    {
        Assert.That(CategoryOf(own: null, meta: "phones"), Is.EqualTo(s_phones));
        Assert.That(CategoryOf(own: "phones", meta: null), Is.EqualTo(s_phones));
        Assert.That(CategoryOf("phones", "shoes", isFirst), Is.EqualTo(s_phones));
        Assert.That(CategoryOf(own: null, meta: ""), Is.Zero);
        Assert.That(CategoryOf(own: null, meta: null), Is.Zero);
    }

    [Test]
    public void On_a_real_shops_log_they_raise_the_AUC_of_grouped_folds_by_more_than_0_05()
    {
        string[] with = [.. PurchaseTrainingSet.Features, "category_views_now", "category_adds_now"];
        var (before, after) = (FoldedAuc(PurchaseTrainingSet.From(ShopLogSample.Events)), FoldedAuc(PurchaseTrainingSet.From(ShopLogSample.Events, with)));
        Assert.That(after, Is.GreaterThan(before + 0.05));
        Assert.That(after, Is.GreaterThan(0.7));
    }

    static double FoldedAuc(TrainingSet set)
    {
        var foldOf = Splits.FoldsByGroup(set, 3, 1);
        var scores = new float[set.Count];
        for (var fold = 0; fold < 3; fold++)
        {
            var learned = BoostedTrees.Fit(Splits.AtFold(set, foldOf, fold).Train, new BoostedTreesOptions { Count = 50, LearningRate = 0.1 }, 1);
            for (var i = 0; i < scores.Length; i++)
            {
                scores[i] = foldOf[i] == fold ? learned.Logit(set.Row(i)) : scores[i];
            }
        }

        return Metrics.Auc(scores, set.Labels);
    }

    static (float Views, float Adds) Count(CategoryTrends trends, EventType type, bool isCounted = true)
    {
        var e = new EventRecord { Type = type, Product = 1 };
        trends.Count(ref e, s_phones, Now, isCounted);
        return ((float)e.CategoryViews, (float)e.CategoryAdds);
    }

    static uint CategoryOf(string? own, string? meta, bool isOwnFirst = true)
    {
        string[] members = [own is null ? "" : $",\"category\":\"{own}\"", meta is null ? "" : $",\"meta\":{{\"category\":\"{meta}\"}}"];
        var json = Encoding.UTF8.GetBytes(
            $"{{\"id\":\"e1\",\"type\":\"view_item\",\"cartId\":\"c1\",\"productId\":\"p1\",\"ts\":{Now}{members[isOwnFirst ? 0 : 1]}{members[isOwnFirst ? 1 : 0]}}}");
        var builder = new EventBuilder(EventReading.AnyTime());
        Assert.That(new JsonEventDecoder(builder).Decode(json, Now).IsError, Is.False);
        return builder.Category;
    }

    static uint KeyOf(string category) => Popularity.KeyOf(Encoding.UTF8.GetBytes(category), 0);
}
