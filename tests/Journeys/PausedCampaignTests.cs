using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>What a pause does to carts, to messages that were planned, and to those of decisions that were on their way.</summary>
public sealed class PausedCampaignTests
{
    [Test]
    public void A_planned_message_waits_for_the_resumption()
    {
        using var run = new JourneyFixture([Series(Step("socket"), Step("socket", hours: 1))]);
        run.Decide("c1");
        Pause(run, "shop");
        run.Pass(3 * Hour);
        Assert.That(run.Sent, Has.Count.EqualTo(1));
        Assert.That(Waiting(run), Is.EqualTo(1));

        Pause(run);
        run.It.Store.Messages.WakePaused("shop", "left", run.Now);
        run.Work();

        Assert.That(run.Sent.Select(message => message.Step), Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public void A_decision_that_was_on_its_way_waits_too()
    {
        using var run = new JourneyFixture([Series(Step("socket"))]);
        Pause(run, "shop");
        run.Decide("c1");
        run.Pass(Hour);
        Assert.That(run.Sent, Is.Empty);

        // Resumed by a change of the file, which wakes nothing.
        Pause(run);
        run.Pass(Hour);

        Assert.That(run.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_message_of_no_more_use_is_not_sent_and_says_why()
    {
        using var run = new JourneyFixture([Series(Step("socket"))]);
        Pause(run, "shop");
        run.Decide("c1");
        run.Pass(4 * Day);

        Assert.That(run.Sent, Is.Empty);
        Assert.That(run.Reasons, Is.EqualTo(new[] { WithheldReason.CampaignPaused }));
    }

    [Test]
    public void A_purchase_ends_a_paused_series()
    {
        using var run = new JourneyFixture([Series(Step("socket"), Step("socket", hours: 1))]);
        run.Decide("c1");
        Pause(run, "shop");
        run.Pass(2 * Hour);
        run.Tell(EventType.Purchase, "c1", amount: 10);

        Assert.That(run.Reasons, Is.EqualTo(new[] { WithheldReason.Purchased }));
    }

    [Test]
    public void Another_store_goes_on()
    {
        using var run = new JourneyFixture([Series(Step("socket"))]);
        Pause(run, "other");
        run.Decide("c1");
        run.Work();

        Assert.That(run.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_cart_is_free_for_the_next_campaign_where_the_first_is_paused()
    {
        var campaigns = CampaignCompiler.Compile(new DecisionsConfig { Campaigns = [Series(Step("socket")).PausedAlsoIn(["shop"])] }, Stores);
        var moment = default(FeatureMoment);

        Assert.That(campaigns.MatchIdle(1, new CartRecord { Store = 0, Units = 1000 }, moment), Is.Zero);
        Assert.That(campaigns.MatchIdle(1, new CartRecord { Store = 1, Units = 1000 }, moment), Is.EqualTo(1));
    }

    [Test]
    public void A_replay_knows_the_pauses_of_then()
    {
        var decisions = new DecisionsConfig { Campaigns = [Series(Step("socket")).PausedAlsoIn(["shop"])] };
        var record = ConfigurationRecord.Write(decisions, Open(), Stores);

        Assert.That(CampaignCompiler.Compile(record, Stores)![0].IsPausedIn(0), Is.True);
        Assert.That(CampaignCompiler.Compile(record, Stores)![0].IsPausedIn(1), Is.False);
    }

    static void Pause(JourneyFixture run, params string[] stores)
    {
        var options = run.It.Options;
        var campaign = Series(Step("socket"), Step("socket", hours: 1));
        if (options.Campaigns[0].Variants[0].Steps.Count == 1)
        {
            campaign.Steps.RemoveAt(1);
        }

        run.It.Options = new JourneyOptions(
            Open(), CampaignCompiler.Compile(new DecisionsConfig { Campaigns = [campaign.PausedAlsoIn(stores)] }, Stores), Stores, new byte[32]);
    }

    static long Waiting(JourneyFixture run) =>
        run.Count($"SELECT count(*) FROM intervention WHERE state=0 AND reason={(int)WithheldReason.CampaignPaused}");
}
