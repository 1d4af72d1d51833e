using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Experiments;

namespace CartRecovery.Tests.Journeys.Experiments;

public sealed class OfferChooserTests
{
    static readonly Offer s_reminder = new(ActionKind.Reminder, null, null), s_ten = new(ActionKind.Discount, 10, null), s_thirty = new(ActionKind.Discount, 30, null);

    [Test]
    public void A_single_offer_has_probability_1() =>
        Assert.That(new OfferChooser().Choose("c", 1, [s_ten], 0, 0.4, "iv_1"), Is.EqualTo((s_ten, 1.0)));

    [Test]
    public void Probabilities_are_a_distribution_bounded_away_from_zero()
    {
        var chooser = new OfferChooser();
        chooser.Learn([("c", s_reminder.Name, 0, new OfferOutcomes(1000, 500)), ("c", s_ten.Name, 0, new OfferOutcomes(1000, 10))]);
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
    public void The_offer_with_the_highest_return_is_found()
    {
        var chooser = new OfferChooser();
        var random = new Random(3);
        var seen = new Dictionary<string, (long Shown, long Bought)> { [s_reminder.Name] = default, [s_ten.Name] = default };

        // At a margin of 0.4, 10% off earns 0.3 × 0.2 = 0.06 per message, a reminder 0.4 × 0.08 = 0.032.
        for (var i = 0; i < 4000; i++)
        {
            var (offer, _) = chooser.Choose("c", 1, [s_reminder, s_ten], 2, 0.4, $"iv_{i}");
            var (shown, bought) = seen[offer.Name];
            seen[offer.Name] = (shown + 1, bought + (random.NextDouble() < (offer == s_ten ? 0.2 : 0.08) ? 1 : 0));
            if (i % 100 == 0)
            {
                chooser.Learn(seen.Select(s => ("c", s.Key, 2, new OfferOutcomes(s.Value.Shown, s.Value.Bought))));
            }
        }

        Assert.That(seen[s_ten.Name].Shown, Is.GreaterThan(3200));
        Assert.That(seen[s_reminder.Name].Shown, Is.GreaterThan(40), "the other offer is still explored");
    }

    [Test]
    public void A_discount_must_earn_its_cost()
    {
        var chooser = new OfferChooser();
        chooser.Learn([("c", s_reminder.Name, 0, new OfferOutcomes(2000, 200)), ("c", s_thirty.Name, 0, new OfferOutcomes(2000, 300))]);
        Assert.That(Choices(chooser, [s_reminder, s_thirty]).Count(c => c.Offer == s_thirty), Is.LessThan(400), "0.15 × 0.1 is less than 0.1 × 0.4");
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

    static List<(Offer Offer, double Propensity)> Choices(OfferChooser chooser, Offer[] offers) =>
        [.. Enumerable.Range(0, 5000).Select(i => chooser.Choose("c", 1, offers, 0, 0.4, $"iv_{i}"))];
}
