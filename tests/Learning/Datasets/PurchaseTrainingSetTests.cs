using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Tests.Bench;
using CartRecovery.Tests.Learning.Training;

namespace CartRecovery.Tests.Learning.Datasets;

public sealed class PurchaseTrainingSetTests
{
    [Test]
    public void A_cart_has_labelled_rows_only_before_its_first_purchase()
    {
        // Two of the four sessions only browse; two add, buy and browse once more.
        var log = ShopLog.Read(RealEvents.File());
        var set = PurchaseTrainingSet.From(log);

        var expected = log.Where(e => e.Type is not "purchase" && e.Number is not (7 or 10)).ToArray();
        Assert.That(set.Times, Is.EqualTo(expected.Select(e => e.At)));
        Assert.That(set.Labels, Is.EqualTo(new byte[] { 0, 0, 0, 1, 1, 1, 1 }));
    }

    [Test]
    public void A_row_holds_the_features_after_its_event()
    {
        var set = PurchaseTrainingSet.From(ShopLog.Read(RealEvents.File()));
        var expected = new Dictionary<string, float>
        {
            ["event_count"] = 2,
            ["session_seconds"] = 43,
            ["seconds_since_last_event"] = 43,
            ["last_seen_price"] = 515.67f,
            ["price_spread"] = 0,
            ["product_streak"] = 2,
            ["product_seconds"] = 43,
            ["product_returns"] = 0,
            ["cart_value"] = 515.67f,
            ["seconds_since_last_add"] = 0,
        };

        Assert.That(set.Features.Zip(set.Row(4).ToArray()).ToDictionary(p => p.First, p => p.Second), Is.EquivalentTo(expected));
    }

    [Test]
    public void A_row_is_independent_of_later_events()
    {
        var log = ShopLogSample.Events.Take(3000).ToArray();
        var whole = PurchaseTrainingSet.From(log);
        foreach (var length in (ReadOnlySpan<int>)[1, 500, 1777, 2999])
        {
            var part = PurchaseTrainingSet.From(log[..length]);

            Assert.That(part.Rows, Is.EqualTo(whole.Rows[..part.Rows.Length]));
            Assert.That(part.Times, Is.EqualTo(whole.Times[..part.Count]));
        }

        Assert.That(whole.Positives, Is.GreaterThan(PurchaseTrainingSet.From(log[..1777]).Positives), "only the labels look ahead");
    }

    [Test]
    public void Rows_are_grouped_by_shopper_across_sessions()
    {
        var log = ShopLogSample.Events.Take(3000).ToArray();
        var set = PurchaseTrainingSet.From(log);
        var bought = log.Where(e => e.Type == "purchase").GroupBy(e => e.Session).ToDictionary(g => g.Key, g => g.Min(e => e.Number));
        var events = log.Where(e => e.Number < bought.GetValueOrDefault(e.Session, int.MaxValue)).ToArray();

        var groupsOf = events.Zip(set.Groups).ToLookup(p => p.First.User, p => p.Second);
        Assert.That(groupsOf.Select(g => g.Distinct().Count()), Has.All.EqualTo(1));
        Assert.That(set.Groups.Distinct().Count(), Is.EqualTo(groupsOf.Count));
        Assert.That(events.GroupBy(e => e.User).Count(g => g.Select(e => e.Session).Distinct().Count() > 1), Is.GreaterThan(10), "shoppers with two sessions");
    }

    [Test]
    public void Fitting_is_deterministic()
    {
        var options = new FitOptions { Rounds = 1, BootstrapRounds = 20, PermutationRounds = 1, Slices = PurchaseTrainingSet.Slices };
        FittedModel Fit() => ModelFitter.Fit(PurchaseTrainingSet.From([.. ShopLogSample.Events.Take(4000)]), options);
        var (once, again) = (Fit(), Fit());

        Assert.That(again.ToOnnx("purchase", "1"), Is.EqualTo(once.ToOnnx("purchase", "1")));
        Assert.That(ModelCard.Text(again, ModelFitterTests.Facts), Is.EqualTo(ModelCard.Text(once, ModelFitterTests.Facts)));
    }
}
