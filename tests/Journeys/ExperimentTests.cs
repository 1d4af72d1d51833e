using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Tests.Pipeline;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>Holdout and control groups, and what survives a restart.</summary>
public sealed class ExperimentTests
{
    [Test]
    public void Holdout_and_control_shoppers_receive_nothing_and_are_recorded()
    {
        var contact = Open();
        contact.Holdout = 20;
        using var fixture = new JourneyFixture([Split()], contact);
        for (var i = 0; i < 400; i++)
        {
            fixture.Decide($"c{i}");
        }

        fixture.Pass(Minute);
        var counts = fixture.Reasons.CountBy(r => r).ToDictionary();
        Assert.That(counts[WithheldReason.Holdout], Is.InRange(50, 110));
        Assert.That(counts[WithheldReason.Control], Is.InRange(120, 200));
        Assert.That(counts.Values.Sum() + fixture.Sent.Count, Is.EqualTo(400));
        Assert.That(fixture.Count("SELECT count(*) FROM journey"), Is.EqualTo(400));
    }

    [Test]
    public void Signing_in_keeps_the_variant()
    {
        using var fixture = new JourneyFixture([Split()]);
        for (var i = 0; i < 60; i++)
        {
            fixture.Decide($"before {i}");
            fixture.Tell(EventType.Identify, $"before {i}", $"u{i}");
            fixture.Pass(Minute);
            fixture.Decide($"after {i}", $"u{i}");
        }

        Assert.That(fixture.Count("SELECT count(DISTINCT subject) FROM journey"), Is.EqualTo(60));
        Assert.That(fixture.Count("SELECT count(*) FROM (SELECT subject FROM journey GROUP BY subject HAVING count(DISTINCT variant)>1)"), Is.Zero);
    }

    [Test]
    public void Two_users_of_one_device_are_two_shoppers()
    {
        using var fixture = new JourneyFixture([Series(Step("socket", hours: 1))]);
        fixture.Decide("shared");
        fixture.Pass(2 * Hour);
        fixture.Tell(EventType.Identify, "shared", "ann");
        fixture.Tell(EventType.Identify, "shared", "bob");
        fixture.Decide("of ann", "ann");
        fixture.Decide("of bob", "bob");
        Assert.That(fixture.Count("SELECT count(DISTINCT subject) FROM journey"), Is.EqualTo(2));
    }

    [Test]
    public void A_variant_that_does_worse_than_the_control_is_stopped()
    {
        using var fixture = new JourneyFixture([Split()]);
        for (var i = 0; i < 900; i++)
        {
            fixture.Decide($"c{i}");
            var side = fixture.Count($"SELECT variant='message' FROM journey WHERE cart_id='c{i}'");
            if (side == 0 ? i % 2 == 0 : i % 20 == 0)
            {
                fixture.Tell(EventType.Purchase, $"c{i}", amount: 40, at: fixture.Now + 1);
            }
        }

        fixture.Pass(2 * Day);
        Assert.That(fixture.It.Store.IsStopped("left", "message"), Is.True);
        var sent = fixture.Sent.Count;
        for (var i = 0; i < 50; i++)
        {
            fixture.Decide($"later {i}");
        }

        Assert.That(fixture.Sent, Has.Count.EqualTo(sent));
        Assert.That(fixture.Reasons, Has.Member(WithheldReason.VariantStopped));
    }

    [Test]
    public void Unverified_orders_stop_no_variant()
    {
        using var fixture = new JourneyFixture([Split()]);
        for (var i = 0; i < 900; i++)
        {
            fixture.Decide($"c{i}");
            if (fixture.Count($"SELECT variant='message' FROM journey WHERE cart_id='c{i}'") == 0)
            {
                fixture.Tell(EventType.Purchase, $"c{i}", verified: false, amount: 40, at: fixture.Now + 1);
            }
        }

        fixture.Pass(2 * Day);
        Assert.That(fixture.It.Store.IsStopped("left", "message"), Is.False);
    }

    [Test]
    public void A_restart_rerenders_queued_customer_messages_under_the_same_id()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"), Step("mail", hours: 2))], path: Path.Combine(TestStages.NewFolder(), "outreach.db"));
        foreach (var cart in (string[])["c1", "c2", "c3"])
        {
            fixture.Know(cart, "u" + cart, $"{cart}@x.example");
            fixture.Decide(cart, "u" + cart);
        }

        fixture.Pass(Minute);
        var handed = fixture.Sent.ToDictionary(s => s.CartId);
        fixture.It.RecordOutcome(handed["c2"], WithheldReason.None, null, fixture.Now);
        fixture.Tell(EventType.Purchase, "c3-elsewhere", "uc3", amount: 5);
        fixture.Restart();
        fixture.Sent.Clear();
        Assert.That(fixture.It.Resume(fixture.Now), Is.Empty);
        fixture.Work();
        Assert.That(fixture.Sent.Single(), Has.Property("Id").EqualTo(handed["c1"].Id).And.Property("Recipient").EqualTo(handed["c1"].Recipient));
        fixture.Pass(3 * Hour);
        Assert.That(fixture.Sent.Skip(1).Select(s => (s.CartId, s.Step)), Is.EquivalentTo(new[] { ("c1", 2), ("c2", 2) }));
        Assert.That(fixture.Withheld(), Is.EquivalentTo(new[] { (1, WithheldReason.Purchased), (2, WithheldReason.Purchased) }));
    }

    [Test]
    public void A_restart_resends_queued_machine_messages_unchanged()
    {
        using var fixture = new JourneyFixture([Series(Step("crm"))], path: Path.Combine(TestStages.NewFolder(), "outreach.db"));
        fixture.Decide("c1");
        var handed = fixture.Sent.Single();
        fixture.Restart();
        fixture.Sent.Clear();
        fixture.FullSinks.Add("crm");
        var left = fixture.It.Resume(fixture.Now);
        Assert.That(left, Has.Count.EqualTo(1));
        fixture.FullSinks.Clear();
        Assert.That(fixture.It.Resume(fixture.Now, left), Is.Empty);
        Assert.That(fixture.Sent.Single(), Has.Property("Id").EqualTo(handed.Id).And.Property("Message").EqualTo(handed.Message));
    }

    [Test]
    public void Queued_messages_of_a_removed_sink_are_withheld_after_a_restart()
    {
        using var fixture = new JourneyFixture([Series(Step("crm"))], path: Path.Combine(TestStages.NewFolder(), "outreach.db"));
        fixture.Decide("c1");
        fixture.Restart();
        fixture.GoneSinks.Add("crm");
        Assert.That(fixture.It.Resume(fixture.Now), Is.Empty);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.ChannelGone }));
    }

    [Test]
    public void Ended_enrolments_expire()
    {
        var contact = Open();
        contact.Retention = new Duration(TimeSpan.FromDays(3));
        using var fixture = new JourneyFixture([Series(Step("socket"), Step("socket", hours: 90))], contact);
        fixture.Decide("c1");
        fixture.Pass((3 * Day) + Hour);
        Assert.That(fixture.Count("SELECT count(*) FROM journey"), Is.EqualTo(1), "the series continues");
        fixture.Pass(Day);
        Assert.That(fixture.Count("SELECT count(*) FROM journey") + fixture.Count("SELECT count(*) FROM intervention"), Is.Zero);
    }

    static CampaignConfig Split() => new()
    {
        Name = "left",
        Trigger = new TriggerConfig { Idle = Duration.FromMinutes(30) },
        Variants = [new VariantConfig { Name = "nothing" }, new VariantConfig { Name = "message", Steps = [Step("socket")] }],
    };
}
