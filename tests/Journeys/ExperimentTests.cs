using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Tests.Pipeline;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>Who is left alone, and what outlives the process.</summary>
public sealed class ExperimentTests
{
    [Test]
    public void The_holdout_and_the_control_are_kept_and_get_nothing()
    {
        var contact = Open();
        contact.Holdout = 20;
        using var desk = new JourneyFixture([Split()], contact);
        for (var i = 0; i < 400; i++)
        {
            desk.Decide($"c{i}");
        }

        desk.Pass(Minute);
        var counts = desk.Reasons.CountBy(r => r).ToDictionary();
        Assert.That(counts[WithheldReason.Holdout], Is.InRange(50, 110));
        Assert.That(counts[WithheldReason.Control], Is.InRange(120, 200));
        Assert.That(counts.Values.Sum() + desk.Sent.Count, Is.EqualTo(400));
        Assert.That(desk.Count("SELECT count(*) FROM journey"), Is.EqualTo(400));
    }

    [Test]
    public void Who_signs_in_stays_on_their_side()
    {
        using var desk = new JourneyFixture([Split()]);
        for (var i = 0; i < 60; i++)
        {
            desk.Decide($"before {i}");
            desk.Tell(EventType.Identify, $"before {i}", $"u{i}");
            desk.Pass(Minute);
            desk.Decide($"after {i}", $"u{i}");
        }

        Assert.That(desk.Count("SELECT count(DISTINCT subject) FROM journey"), Is.EqualTo(60));
        Assert.That(desk.Count("SELECT count(*) FROM (SELECT subject FROM journey GROUP BY subject HAVING count(DISTINCT variant)>1)"), Is.Zero);
    }

    [Test]
    public void Two_who_sign_in_on_one_device_are_two_shoppers()
    {
        using var desk = new JourneyFixture([Series(Step("socket", hours: 1))]);
        desk.Decide("shared");
        desk.Pass(2 * Hour);
        desk.Tell(EventType.Identify, "shared", "ann");
        desk.Tell(EventType.Identify, "shared", "bob");
        desk.Decide("of ann", "ann");
        desk.Decide("of bob", "bob");
        Assert.That(desk.Count("SELECT count(DISTINCT subject) FROM journey"), Is.EqualTo(2));
    }

    [Test]
    public void A_side_that_does_worse_than_the_control_is_stopped()
    {
        using var desk = new JourneyFixture([Split()]);
        for (var i = 0; i < 900; i++)
        {
            desk.Decide($"c{i}");
            var side = desk.Count($"SELECT variant='message' FROM journey WHERE cart_id='c{i}'");
            if (side == 0 ? i % 2 == 0 : i % 20 == 0)
            {
                desk.Tell(EventType.Purchase, $"c{i}", amount: 40, at: desk.Now + 1);
            }
        }

        desk.Pass(2 * Day);
        Assert.That(desk.It.Store.IsStopped("left", "message"), Is.True);
        var sent = desk.Sent.Count;
        for (var i = 0; i < 50; i++)
        {
            desk.Decide($"later {i}");
        }

        Assert.That(desk.Sent, Has.Count.EqualTo(sent));
        Assert.That(desk.Reasons, Has.Member(WithheldReason.VariantStopped));
    }

    [Test]
    public void Orders_that_nobody_verified_stop_nothing()
    {
        using var desk = new JourneyFixture([Split()]);
        for (var i = 0; i < 900; i++)
        {
            desk.Decide($"c{i}");
            if (desk.Count($"SELECT variant='message' FROM journey WHERE cart_id='c{i}'") == 0)
            {
                desk.Tell(EventType.Purchase, $"c{i}", verified: false, amount: 40, at: desk.Now + 1);
            }
        }

        desk.Pass(2 * Day);
        Assert.That(desk.It.Store.IsStopped("left", "message"), Is.False);
    }

    [Test]
    public void What_a_sink_had_for_people_is_asked_for_anew_after_a_restart_and_sent_under_the_same_id()
    {
        using var desk = new JourneyFixture([Series(Step("mail"), Step("mail", hours: 2))], path: Path.Combine(TestStages.NewFolder(), "outreach.db"));
        foreach (var cart in (string[])["c1", "c2", "c3"])
        {
            desk.Know(cart, "u" + cart, $"{cart}@x.example");
            desk.Decide(cart, "u" + cart);
        }

        desk.Pass(Minute);
        var handed = desk.Sent.ToDictionary(s => s.CartId);
        desk.It.RecordOutcome(handed["c2"], WithheldReason.None, null, desk.Now);
        desk.Tell(EventType.Purchase, "c3-elsewhere", "uc3", amount: 5);
        desk.Restart();
        desk.Sent.Clear();
        Assert.That(desk.It.Resume(desk.Now), Is.Empty);
        desk.Work();
        Assert.That(desk.Sent.Single(), Has.Property("Id").EqualTo(handed["c1"].Id).And.Property("Recipient").EqualTo(handed["c1"].Recipient));
        desk.Pass(3 * Hour);
        Assert.That(desk.Sent.Skip(1).Select(s => (s.CartId, s.Step)), Is.EquivalentTo(new[] { ("c1", 2), ("c2", 2) }));
        Assert.That(desk.Withheld(), Is.EquivalentTo(new[] { (1, WithheldReason.Purchased), (2, WithheldReason.Purchased) }));
    }

    [Test]
    public void What_a_sink_had_for_a_machine_is_handed_over_again_after_a_restart_as_it_was()
    {
        using var desk = new JourneyFixture([Series(Step("crm"))], path: Path.Combine(TestStages.NewFolder(), "outreach.db"));
        desk.Decide("c1");
        var handed = desk.Sent.Single();
        desk.Restart();
        desk.Sent.Clear();
        desk.FullSinks.Add("crm");
        var left = desk.It.Resume(desk.Now);
        Assert.That(left, Has.Count.EqualTo(1));
        desk.FullSinks.Clear();
        Assert.That(desk.It.Resume(desk.Now, left), Is.Empty);
        Assert.That(desk.Sent.Single(), Has.Property("Id").EqualTo(handed.Id).And.Property("Message").EqualTo(handed.Message));
    }

    [Test]
    public void What_a_sink_had_that_is_gone_is_withheld_after_a_restart()
    {
        using var desk = new JourneyFixture([Series(Step("crm"))], path: Path.Combine(TestStages.NewFolder(), "outreach.db"));
        desk.Decide("c1");
        desk.Restart();
        desk.GoneSinks.Add("crm");
        Assert.That(desk.It.Resume(desk.Now), Is.Empty);
        Assert.That(desk.Reasons, Is.EqualTo(new[] { WithheldReason.ChannelGone }));
    }

    [Test]
    public void What_is_over_and_too_old_is_forgotten()
    {
        var contact = Open();
        contact.Retention = new Duration(TimeSpan.FromDays(3));
        using var desk = new JourneyFixture([Series(Step("socket"), Step("socket", hours: 90))], contact);
        desk.Decide("c1");
        desk.Pass((3 * Day) + Hour);
        Assert.That(desk.Count("SELECT count(*) FROM journey"), Is.EqualTo(1), "it goes on");
        desk.Pass(Day);
        Assert.That(desk.Count("SELECT count(*) FROM journey") + desk.Count("SELECT count(*) FROM intervention"), Is.Zero);
    }

    static CampaignConfig Split() => new()
    {
        Name = "left",
        Trigger = new TriggerConfig { Idle = Duration.FromMinutes(30) },
        Variants = [new VariantConfig { Name = "nothing" }, new VariantConfig { Name = "message", Steps = [Step("socket")] }],
    };
}
