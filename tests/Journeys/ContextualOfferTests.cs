using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Storage;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>Offers that are chosen by the shopper's features, from the decision to what is learned of it.</summary>
public sealed class ContextualOfferTests
{
    [Test]
    public void A_choice_is_recorded_with_the_features_it_was_made_by()
    {
        using var run = new JourneyFixture([Chosen()]);
        run.Decide("c1", "ada", value: 100);
        using var query = new Query(run.It.Store.Database, "SELECT context, features, propensity FROM intervention");
        Assert.That(query.Rows.Next());
        var features = OfferFeatures.Read(query.Rows.Bytes(1), query.Rows.Int(0));
        Assert.That((query.Rows.Int(0), features[0], features[1]), Is.EqualTo((4, 1f, 0f)), "signed in, with a cart of the middle value");
        Assert.That((features[4], features[5]), Is.EqualTo((0f, -1f)).Within(1e-6f), "at noon");
        Assert.That(query.Rows.DoubleOrNull(2), Is.InRange(0.3, 0.7), "nothing is known of either offer but what an order earns");
    }

    [Test]
    public void Holdouts_are_recorded_with_their_features_and_messages_without_a_choice_are_not()
    {
        var contact = Open();
        contact.Holdout = 50;
        using var run = new JourneyFixture([Series(Step("socket"))], contact);
        for (var i = 0; i < 40; i++)
        {
            run.Decide($"c{i}");
        }

        run.Work();
        Assert.That(run.Count($"SELECT count(*) FROM intervention WHERE (features IS NOT NULL)<>(reason={WithheldReason.Holdout:D})"), Is.Zero);
        Assert.That(run.Count("SELECT count(*) FROM intervention WHERE features IS NOT NULL"), Is.InRange(5, 35));
    }

    [Test]
    public void What_was_learned_survives_a_restart()
    {
        using var scratch = new Scratch();
        using var run = new JourneyFixture([Chosen()], path: scratch.PathOf("journeys.db"));
        for (var i = 0; i < 300; i++)
        {
            // Strangers buy with the discount alone.
            var decision = run.Decide($"c{i}");
            run.Work();
            if (run.Sent[^1].Action == ActionKind.Discount)
            {
                run.Tell(EventType.Purchase, $"c{i}", amount: 50);
            }

            run.Now += Minute;
        }

        run.Pass(Minute);
        var learned = Propensity("after", run);
        run.Restart();
        run.Pass(Minute);
        Assert.That(learned, Is.GreaterThan(0.9));
        Assert.That(Propensity("again", run), Is.EqualTo(learned).Within(0.02));

        static double Propensity(string cart, JourneyFixture run)
        {
            run.Now += Day;
            run.Decide(cart);
            run.Work();
            var offer = new Query(run.It.Store.Database, $"SELECT propensity, offer FROM intervention WHERE cart_id='{cart}'");
            Assert.That(offer.Rows.Next());
            var (propensity, name) = (offer.Rows.DoubleOrNull(0)!.Value, offer.Rows.Text(1));
            offer.Dispose();
            return name.StartsWith("discount", StringComparison.Ordinal) ? propensity : 1 - propensity;
        }
    }

    [Test]
    public void Nothing_is_learned_again_while_nothing_is_new()
    {
        using var run = new JourneyFixture([Chosen()]);
        Assert.That(run.It.IsTimeToLearn(run.Now), "at the start");
        run.Work();
        Assert.That(run.It.IsTimeToLearn(run.Now + (10 * Day)), Is.False);
        run.Decide("c1");
        run.Work();
        run.Now += 2 * Day;
        Assert.That(run.It.IsTimeToLearn(run.Now), "a decision is");
        run.Work();
        Assert.That(run.It.IsTimeToLearn(run.Now + (10 * Day)), Is.False);
    }

    static CampaignConfig Chosen()
    {
        var step = Step("socket");
        step.Action = null;
        step.Choices = [new ActionConfig { Type = ActionKind.Reminder }, new ActionConfig { Type = ActionKind.Discount, Percent = 10 }];
        return Series(step);
    }
}
