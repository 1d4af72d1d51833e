using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Experiments;

namespace CartRecovery.Tests.Journeys.Experiments;

public sealed class OfferChooserTests
{
    const double Margin = 0.4;

    static readonly Offer s_reminder = new(ActionKind.Reminder, null, null), s_ten = new(ActionKind.Discount, 10, null), s_thirty = new(ActionKind.Discount, 30, null);

    static readonly float[] s_stranger = OfferFeatures.Read([], context: 1), s_customer = OfferFeatures.Read([], context: 4);

    [Test]
    public void A_single_offer_has_probability_1() =>
        Assert.That(new OfferChooser().Choose("c", [s_ten], s_stranger, Margin, "iv_1"), Is.EqualTo((s_ten, 1.0)));

    [Test]
    public void Probabilities_are_a_distribution_bounded_away_from_zero()
    {
        var chooser = Taught((s_reminder, s_stranger, 1000, 500), (s_ten, s_stranger, 1000, 10));
        var choices = Choices(chooser, [s_reminder, s_ten, s_thirty]);
        var likelihoods = choices.GroupBy(c => c.Offer.Name).ToDictionary(g => g.Key, g => g.Select(c => c.Propensity).Distinct().Single());
        Assert.That(likelihoods.Values.Sum(), Is.EqualTo(1).Within(1e-12));
        Assert.That(likelihoods.Values, Is.All.AtLeast(0.02));

        // The recorded probability is the one applied.
        foreach (var (name, likelihood) in likelihoods)
        {
            Assert.That(choices.Count(c => c.Offer.Name == name) / (double)choices.Count,
                Is.EqualTo(likelihood).Within(4 * Math.Sqrt(likelihood * (1 - likelihood) / choices.Count)));
        }
    }

    [Test]
    public void The_offer_with_the_highest_return_for_each_shopper_is_found()
    {
        var random = new Random(3);
        var (chooser, seen, best) = (new OfferChooser(), new List<(string Offer, float[] Features, bool Bought)>(), 0);

        // At a margin of 0.4, 10% off earns 0.3 × 0.3 = 0.09 per message of strangers, a reminder 0.4 × 0.1 = 0.04; customers buy as often without it.
        for (var i = 0; i < 4000; i++)
        {
            var features = i % 2 == 0 ? s_customer : s_stranger;
            var (offer, _) = chooser.Choose("c", [s_reminder, s_ten], features, Margin, $"iv_{i}");
            seen.Add((offer.Name, features, random.NextDouble() < (i % 2 == 0 ? 0.3 : offer == s_ten ? 0.3 : 0.1)));
            best += i >= 2000 && offer == (i % 2 == 0 ? s_reminder : s_ten) ? 1 : 0;
            if (i % 200 == 199)
            {
                var outcomes = new OfferOutcomes();
                seen.ForEach(choice => outcomes.Add("c", choice.Offer, choice.Features, choice.Bought));
                chooser.Learn(outcomes);
            }
        }

        Assert.That(best, Is.GreaterThan(1700), "of 2,000");
        Assert.That(seen.Count(choice => choice.Offer == s_ten.Name && choice.Features == s_customer), Is.GreaterThan(40), "the other offer is still explored");
    }

    [Test]
    public void A_discount_must_earn_its_cost()
    {
        var chooser = Taught((s_reminder, s_stranger, 2000, 200), (s_thirty, s_stranger, 2000, 300));
        Assert.That(Choices(chooser, [s_reminder, s_thirty]).Count(c => c.Offer == s_thirty), Is.LessThan(400), "0.15 × 0.1 is less than 0.1 × 0.4");
    }

    [Test]
    public void A_discount_is_left_out_for_shoppers_who_buy_as_often_without_a_message()
    {
        var outcomes = OutcomesOf((s_reminder, s_stranger, 1000, 100), (s_ten, s_stranger, 1000, 300), (s_reminder, s_customer, 1000, 300), (s_ten, s_customer, 1000, 320));
        Add(outcomes, offer: null, s_stranger, 1000, 80);
        Add(outcomes, offer: null, s_customer, 1000, 300);
        var chooser = new OfferChooser();
        chooser.Learn(outcomes);
        Assert.That(chooser.Likelihoods("c", [s_reminder, s_ten], s_customer, Margin), Is.EqualTo(new[] { 1.0, 0 }), "0.32 × 0.3 is less than 0.3 × 0.4");
        Assert.That(chooser.Likelihoods("c", [s_reminder, s_ten], s_stranger, Margin)[1], Is.GreaterThan(0.9));
        Assert.That(chooser.Likelihoods("c", [s_ten, s_thirty], s_customer, Margin), Has.All.GreaterThan(0), "whether there is a discount at all is not chosen here");
    }

    [Test]
    public void A_discount_is_not_left_out_before_enough_shoppers_are_known()
    {
        var outcomes = OutcomesOf((s_reminder, s_customer, 1000, 300), (s_ten, s_customer, 150, 20));
        Add(outcomes, offer: null, s_customer, 1000, 300);
        var chooser = new OfferChooser();
        chooser.Learn(outcomes);
        Assert.That(chooser.Likelihoods("c", [s_reminder, s_ten], s_customer, Margin)[1], Is.GreaterThanOrEqualTo(0.02));
    }

    [Test]
    public void What_happened_long_ago_counts_less()
    {
        var outcomes = OutcomesOf((s_reminder, s_stranger, 300, 60));
        for (var i = 0; i < 300; i++)
        {
            outcomes.Add("c", s_ten.Name, s_stranger, bought: true, days: 60);
            outcomes.Add("c", s_ten.Name, s_stranger, bought: false);
        }

        var chooser = new OfferChooser();
        chooser.Learn(outcomes);
        Assert.That(outcomes.Of("c", s_ten.Name).Total / outcomes.Of("c", s_ten.Name).Weight, Is.EqualTo(0.2).Within(1e-9));
        Assert.That(outcomes.Of("c", s_ten.Name).Weight, Is.EqualTo(375).Within(1e-9));
    }

    [Test]
    public void The_same_observations_give_the_same_choices()
    {
        var chooser = new OfferChooser();
        var first = Choices(chooser, [s_reminder, s_ten]);
        Assert.That(Choices(new OfferChooser(), [s_reminder, s_ten]), Is.EqualTo(first));
        Assert.That(Choices(chooser, [s_reminder, s_ten]), Is.EqualTo(first));
    }

    [TestCase(false, 0, 0)]
    [TestCase(false, 49.99, 0)]
    [TestCase(false, 50, 1)]
    [TestCase(false, 200, 2)]
    [TestCase(true, 0, 3)]
    [TestCase(true, 500, 5)]
    public void There_are_six_shopper_segments(bool isCustomer, decimal value, int context) =>
        Assert.That(OfferChooser.ContextOf(isCustomer, value), Is.EqualTo(context));

    static OfferChooser Taught(params (Offer Offer, float[] Features, int Shown, int Bought)[] seen)
    {
        var chooser = new OfferChooser();
        chooser.Learn(OutcomesOf(seen));
        return chooser;
    }

    static OfferOutcomes OutcomesOf(params (Offer Offer, float[] Features, int Shown, int Bought)[] seen)
    {
        var outcomes = new OfferOutcomes();
        Array.ForEach(seen, one => Add(outcomes, one.Offer, one.Features, one.Shown, one.Bought));
        return outcomes;
    }

    static void Add(OfferOutcomes outcomes, Offer? offer, float[] features, int shown, int bought)
    {
        for (var i = 0; i < shown; i++)
        {
            outcomes.Add("c", offer?.Name, features, i < bought);
        }
    }

    static List<(Offer Offer, double Propensity)> Choices(OfferChooser chooser, Offer[] offers) =>
        [.. Enumerable.Range(0, 5000).Select(i => chooser.Choose("c", offers, s_stranger, Margin, $"iv_{i}"))];
}
