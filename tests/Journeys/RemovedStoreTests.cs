using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Storage;
using CartRecovery.Tests.Pipeline;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>Journeys of a store that is taken out of the configuration, and put back.</summary>
public sealed class RemovedStoreTests
{
    [Test]
    public void A_due_message_waits_for_its_store_and_is_sent_when_the_store_is_back()
    {
        using var fixture = New(Step("mail", hours: 1), Step("mail", hours: 24));
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1");
        Restart(fixture, isRemoved: true);
        fixture.Pass(10 * Hour);
        Assert.That(Scheduled(fixture), Is.EqualTo(new[] { (1, WithheldReason.StoreGone) }));
        Assert.That(fixture.Sent, Is.Empty);

        Restart(fixture, isRemoved: false);
        fixture.Pass(Hour);
        Assert.That(fixture.Sent.Select(sent => sent.CartId), Is.EqualTo(new[] { "c1" }));
        fixture.Pass(25 * Hour);
        Assert.That(fixture.Sent, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_message_that_expires_without_its_store_is_withheld_and_the_series_continues()
    {
        using var fixture = New(Step("mail", hours: 1), Step("mail", hours: 24));
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1");
        Restart(fixture, isRemoved: true);
        fixture.Pass((3 * Day) + (2 * Hour));
        Assert.That(fixture.Withheld(), Is.EqualTo(new[] { (1, WithheldReason.StoreGone) }));
        Assert.That(Scheduled(fixture).Select(message => message.Step), Is.EqualTo(new[] { 2 }));

        Restart(fixture, isRemoved: false);
        fixture.Pass(2 * Day);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_decision_that_arrives_without_its_store_waits_too()
    {
        using var fixture = New(Step("socket"));
        Restart(fixture, isRemoved: true);
        fixture.Decide("c1");
        fixture.Pass(Hour);
        Assert.That(fixture.Sent, Is.Empty);
        Restart(fixture, isRemoved: false);
        fixture.Pass(Hour);
        Assert.That(fixture.Sent.Select(sent => sent.CartId), Is.EqualTo(new[] { "c1" }));
    }

    [TestCase("mail")]
    [TestCase("crm")]
    public void A_delivery_that_a_sink_held_at_the_end_waits_for_its_store(string channel)
    {
        using var fixture = New(Step(channel));
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        var held = fixture.Sent.Single();
        fixture.Sent.Clear();

        Restart(fixture, isRemoved: true);
        Assert.That(fixture.It.Resume(fixture.Now), Is.Empty);
        fixture.Pass(Hour);
        Assert.That(fixture.Sent, Is.Empty);

        Restart(fixture, isRemoved: false);
        Assert.That(fixture.It.Resume(fixture.Now), Is.Empty);
        fixture.Pass(Hour);
        Assert.That(fixture.Sent.Select(sent => sent.Id), Is.EqualTo(new[] { held.Id }));
    }

    [Test]
    public void Customer_events_that_are_recovered_without_their_store_still_count()
    {
        using var fixture = New(Step("mail", hours: 1));
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1");
        Restart(fixture, isRemoved: true);
        fixture.Pass(Minute);
        fixture.Tell(EventType.Purchase, "c1", "u1", amount: 50);
        Assert.That(fixture.Withheld(), Is.EqualTo(new[] { (1, WithheldReason.Purchased) }));
        Assert.That(fixture.Count("SELECT count(*) FROM conversion WHERE store='shop' AND currency='EUR'"), Is.EqualTo(1));
    }

    static JourneyFixture New(params Engine.Configuration.Campaigns.StepConfig[] steps) =>
        new([Series(steps)], path: Path.Combine(TestStages.NewFolder(), "outreach.db"));

    static void Restart(JourneyFixture fixture, bool isRemoved)
    {
        fixture.RemovedStores.Clear();
        if (isRemoved)
        {
            fixture.RemovedStores.Add("shop");
        }

        fixture.Restart();
    }

    static List<(int Step, WithheldReason Reason)> Scheduled(JourneyFixture fixture)
    {
        using var query = new Query(fixture.It.Store.Database, $"SELECT step, reason FROM intervention WHERE state={MessageState.Scheduled:D}");
        var found = new List<(int, WithheldReason)>();
        while (query.Rows.Next())
        {
            found.Add((query.Rows.Int(0), (WithheldReason)query.Rows.Int(1)));
        }

        return found;
    }
}
