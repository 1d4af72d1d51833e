using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

public sealed class JourneyEngineTests
{
    [Test]
    public void A_message_to_an_open_stream_is_sent_immediately()
    {
        using var fixture = new JourneyFixture([Series(Step("socket"))]);
        var decision = fixture.Decide("c1");
        Assert.That(fixture.Sent.Single(), Has.Property("Id").EqualTo(decision.Intervention.Id).And.Property("Message").EqualTo("2 for 50.00 in c1"));
    }

    [Test]
    public void A_closed_stream_is_a_reason()
    {
        using var fixture = new JourneyFixture([Series(Step("socket"), Step("socket"))]) { IsSocketOpen = false };
        fixture.Decide("c1");
        fixture.Pass((3 * Day) + Minute);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.Unreachable, WithheldReason.Unreachable }));
    }

    [Test]
    public void A_repeated_decision_has_no_effect()
    {
        using var fixture = new JourneyFixture([Series(Step("socket"), Step("mail", hours: 1))]);
        fixture.Know("c1", "u1", "a@x.example");
        var decision = fixture.Decide("c1", "u1");
        for (var i = 0; i < 3; i++)
        {
            fixture.It.ApplyDecision(decision, fixture.Now);
            fixture.Pass(2 * Hour);
        }

        Assert.That(fixture.Sent.Select(s => (s.Step, s.Channel)), Is.EqualTo(new[] { (1, "socket"), (2, "mail") }));
        Assert.That(fixture.Count("SELECT count(*) FROM journey"), Is.EqualTo(1));
        Assert.That(fixture.Count("SELECT count(*) FROM intervention"), Is.EqualTo(2));
    }

    [Test]
    public void Decisions_may_arrive_repeatedly_and_in_any_order()
    {
        using var fixture = new JourneyFixture([Series(Step("crm"))]);
        var (late, early) = (fixture.Decide("c1"), default(Decision));
        early = late with { At = late.At - 50, Intervention = late.Intervention with { Id = "iv_00000000000000000000000000000001" } };
        for (var i = 0; i < 3; i++)
        {
            fixture.It.ApplyDecision(early, fixture.Now);
            fixture.It.ApplyDecision(late, fixture.Now);
        }

        Assert.That(fixture.Sent.Select(s => s.Id), Is.EqualTo(new[] { late.Intervention.Id, early.Intervention.Id }));
        Assert.That(fixture.Withheld(), Is.Empty);
    }

    [Test]
    public void A_withheld_decision_stays_withheld_when_replayed_after_the_series()
    {
        using var fixture = new JourneyFixture([Series(Step("crm"), Step("crm", hours: 1))]);
        fixture.Decide("c1");
        fixture.Now += Minute;
        var second = fixture.Decide("c1");
        fixture.Pass(2 * Hour);
        fixture.It.ApplyDecision(second, fixture.Now);
        Assert.That(fixture.Sent.Select(s => s.Step), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.InCampaign }));
    }

    [Test]
    public void A_series_delays_each_message_and_restarts_the_delay_on_activity()
    {
        using var fixture = new JourneyFixture([Series(Step("socket"), Step("mail", hours: 2), Step("texts", hours: 24))]);
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Agree("c1", "u1", channel: "sms");
        fixture.Decide("c1", "u1");
        fixture.Pass(Hour);
        fixture.Fill("c1", fixture.Now, "u1", items: 3);
        fixture.Pass((2 * Hour) - Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
        fixture.Pass(Minute);
        Assert.That(fixture.Sent[^1], Has.Property("Channel").EqualTo("mail").And.Property("Message").EqualTo("3 for 75.00 in c1"));
        Assert.That(fixture.Sent[^1].Recipient, Is.EqualTo(new Recipient(Email: "a@x.example")), "a sink receives only the address it needs");
        fixture.Pass(Day);
        Assert.That(fixture.Sent[^1].Recipient, Is.EqualTo(new Recipient(Phone: "+31600000000")));
        Assert.That(fixture.Sent.Select(s => s.Id).Distinct().Count(), Is.EqualTo(3));
        Assert.That(fixture.Withheld(), Is.Empty);
    }

    [Test]
    public void A_message_that_cannot_be_sent_does_not_end_the_series()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"), Step("socket", hours: 1))]);
        fixture.Decide("c1");
        fixture.Pass(2 * Hour);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.NoAddress }));
        Assert.That(fixture.Sent.Single().Channel, Is.EqualTo("socket"));
    }

    [Test]
    public void A_step_with_unmet_conditions_is_skipped()
    {
        var (first, second) = (Step("crm"), Step("crm", hours: 1));
        first.When = [new ConditionConfig { Feature = "item_count", AtLeast = 3 }];
        second.When = [new ConditionConfig { Feature = "item_count", AtLeast = 3 }];
        using var fixture = new JourneyFixture([Series(first, second, Step("crm", hours: 1))]);
        fixture.Decide("c1");
        fixture.Work();
        Assert.That(fixture.Sent, Is.Empty);
        fixture.Fill("c1", Noon - (30 * Minute), items: 3);
        fixture.Pass(2 * Hour);
        Assert.That(fixture.Sent.Select(s => s.Step), Is.EqualTo(new[] { 2, 3 }));
        Assert.That(fixture.Withheld(), Is.EqualTo(new[] { (1, WithheldReason.ConditionNotMet) }));
    }

    [Test]
    public void An_empty_unknown_or_foreign_cart_ends_the_series()
    {
        using var fixture = new JourneyFixture([Series(Step("mail", hours: 1), Step("mail", hours: 1))]);
        foreach (var cart in (string[])["empty", "gone", "taken"])
        {
            fixture.Know(cart, "u-" + cart, $"{cart}@x.example");
            fixture.Decide(cart, "u-" + cart);
        }

        fixture.Fill("empty", fixture.Now, "u-empty", items: 0);
        fixture.Carts.Remove(Cart("gone"));
        fixture.Fill("taken", fixture.Now, "u-another");
        fixture.Pass(3 * Hour);
        Assert.That(fixture.Sent, Is.Empty);
        Assert.That(fixture.Reasons, Is.EquivalentTo(new[] { WithheldReason.CartEmpty, WithheldReason.CartUnknown, WithheldReason.CartTakenOver }));
    }

    [Test]
    public void A_cart_in_a_series_starts_no_other_until_the_reentry_delay()
    {
        using var fixture = new JourneyFixture([Campaign()]);
        fixture.Decide("c1");
        fixture.Pass(Hour);
        fixture.Decide("c1");
        fixture.Pass(3 * Hour);
        fixture.Decide("c1");
        fixture.Pass(6 * Hour);
        fixture.Decide("c1");
        fixture.Pass(3 * Hour);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.InCampaign, WithheldReason.Reentry }));
        Assert.That(fixture.Sent, Has.Count.EqualTo(4));

        static CampaignConfig Campaign()
        {
            var series = Series(Step("socket"), Step("socket", hours: 2));
            series.Reentry = Duration.FromHours(10);
            return series;
        }
    }

    [Test]
    public void A_goal_ends_the_series()
    {
        var series = Series(Step("socket"), Step("socket", hours: 2));
        series.Goal = "begin_checkout";
        using var fixture = new JourneyFixture([series]);
        fixture.Decide("c1");
        fixture.Pass(Hour);
        fixture.Tell(EventType.BeginCheckout, "c1", verified: false);
        fixture.Pass(3 * Hour);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.GoalReached }));
    }

    [Test]
    public void A_capped_message_waits_until_the_cap_allows_it()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))], Capped());
        fixture.Know("c1", "u1", "a@x.example");
        foreach (var cart in (string[])["c1", "c2"])
        {
            fixture.Decide(cart, "u1");
        }

        fixture.Pass(Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
        fixture.Pass(Day - Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
        fixture.Pass(Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_cap_that_allows_it_too_late_is_a_reason()
    {
        var step = Step("mail");
        step.UsefulFor = Duration.FromHours(20);
        using var fixture = new JourneyFixture([Series(step)], Capped());
        fixture.Know("c1", "u1", "a@x.example");
        foreach (var cart in (string[])["c1", "c2"])
        {
            fixture.Decide(cart, "u1");
        }

        fixture.Pass(2 * Day);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.FrequencyCap }));
    }

    [Test]
    public void A_person_with_two_carts_and_one_address_has_one_cap()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))], Capped());
        foreach (var cart in (string[])["phone", "laptop"])
        {
            fixture.Identify(cart, null, cart == "phone" ? "a@x.example" : "A@X.example", verified: false);
            fixture.Agree(cart, null, verified: false);
            fixture.Decide(cart);
        }

        fixture.Pass(Hour);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
        fixture.Pass(Day);
        Assert.That(fixture.Sent, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_full_sink_is_retried_without_loss()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.FullSinks.Add("mail");
        for (var i = 0; i < 20; i++)
        {
            fixture.Know($"c{i}", $"u{i}", $"{i}@x.example");
            fixture.Decide($"c{i}", $"u{i}");
        }

        fixture.Pass(10 * Minute);
        Assert.That(fixture.Sent, Is.Empty);
        fixture.FullSinks.Clear();
        fixture.Pass(Minute);
        Assert.That(fixture.Sent.Select(s => s.CartId), Is.EquivalentTo(Enumerable.Range(0, 20).Select(i => $"c{i}")));
    }

    [Test]
    public void A_sink_that_stays_full_is_a_reason()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.FullSinks.Add("mail");
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1");
        fixture.Pass((3 * Day) + Minute);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.Expired }));
    }

    [Test]
    public void Removed_configuration_is_a_reason()
    {
        using var fixture = new JourneyFixture([Series(Step("crm", hours: 1))]);
        fixture.Decide("c1");
        fixture.Decide("c2", campaign: "unheard-of");
        fixture.GoneSinks.Add("crm");
        fixture.Pass(2 * Hour);
        Assert.That(fixture.Reasons, Is.EquivalentTo(new[] { WithheldReason.ChannelGone, WithheldReason.CampaignGone }));
    }

    static ContactConfig Capped()
    {
        var contact = Open();
        contact.Caps = [new CapConfig { Channel = "messages", Max = 1, Per = new Duration(TimeSpan.FromDays(1)) }];
        return contact;
    }
}
