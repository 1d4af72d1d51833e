using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

public sealed class JourneyEngineTests
{
    [Test]
    public void A_message_to_an_open_stream_goes_at_once()
    {
        using var desk = new JourneyFixture([Series(Step("socket"))]);
        var decision = desk.Decide("c1");
        Assert.That(desk.Sent.Single(), Has.Property("Id").EqualTo(decision.Intervention.Id).And.Property("Message").EqualTo("2 for 50.00 in c1"));
        Assert.That(desk.It.TakeProcessed(), Is.EqualTo(new[] { decision.Intervention }));
        Assert.That(desk.It.TakeProcessed(), Is.Empty);
    }

    [Test]
    public void A_stream_that_is_gone_is_a_reason()
    {
        using var desk = new JourneyFixture([Series(Step("socket"), Step("socket"))]) { IsSocketOpen = false };
        desk.Decide("c1");
        desk.Pass(Minute);
        Assert.That(desk.Reasons, Is.EqualTo(new[] { WithheldReason.Unreachable, WithheldReason.Unreachable }));
    }

    [Test]
    public void A_decision_that_comes_again_changes_nothing()
    {
        using var desk = new JourneyFixture([Series(Step("socket"), Step("mail", hours: 1))]);
        desk.Know("c1", "u1", "a@x.example");
        var decision = desk.Decide("c1", "u1");
        for (var i = 0; i < 3; i++)
        {
            desk.It.Take(decision, desk.Now);
            desk.Pass(2 * Hour);
        }

        Assert.That(desk.Sent.Select(s => (s.Step, s.Channel)), Is.EqualTo(new[] { (1, "socket"), (2, "mail") }));
        Assert.That(desk.Count("SELECT count(*) FROM journey"), Is.EqualTo(1));
        Assert.That(desk.Count("SELECT count(*) FROM intervention"), Is.EqualTo(2));
    }

    [Test]
    public void Decisions_may_come_in_any_order_and_again()
    {
        using var desk = new JourneyFixture([Series(Step("crm"))]);
        var (late, early) = (desk.Decide("c1"), default(Decision));
        early = late with { At = late.At - 50, Intervention = late.Intervention with { Id = "iv_00000000000000000000000000000001" } };
        for (var i = 0; i < 3; i++)
        {
            desk.It.Take(early, desk.Now);
            desk.It.Take(late, desk.Now);
        }

        Assert.That(desk.Sent.Select(s => s.Id), Is.EqualTo(new[] { late.Intervention.Id, early.Intervention.Id }));
        Assert.That(desk.Withheld(), Is.Empty);
    }

    [Test]
    public void One_that_was_withheld_stays_so_when_its_decision_comes_again_after_the_series()
    {
        using var desk = new JourneyFixture([Series(Step("crm"), Step("crm", hours: 1))]);
        desk.Decide("c1");
        desk.Now += Minute;
        var second = desk.Decide("c1");
        desk.Pass(2 * Hour);
        desk.It.Take(second, desk.Now);
        Assert.That(desk.Sent.Select(s => s.Step), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(desk.Reasons, Is.EqualTo(new[] { WithheldReason.InCampaign }));
    }

    [Test]
    public void A_series_waits_between_its_messages_and_anew_after_what_the_shopper_does()
    {
        using var desk = new JourneyFixture([Series(Step("socket"), Step("mail", hours: 2), Step("texts", hours: 24))]);
        desk.Know("c1", "u1", "a@x.example");
        desk.Agree("c1", "u1", channel: "sms");
        desk.Decide("c1", "u1");
        desk.Pass(Hour);
        desk.Fill("c1", desk.Now, "u1", items: 3);
        desk.Pass((2 * Hour) - Minute);
        Assert.That(desk.Sent, Has.Count.EqualTo(1));
        desk.Pass(Minute);
        Assert.That(desk.Sent[^1], Has.Property("Channel").EqualTo("mail").And.Property("Message").EqualTo("3 for 75.00 in c1"));
        Assert.That(desk.Sent[^1].Recipient, Is.EqualTo(new Recipient(Email: "a@x.example")), "a sink sees the address that it needs alone");
        desk.Pass(Day);
        Assert.That(desk.Sent[^1].Recipient, Is.EqualTo(new Recipient(Phone: "+31600000000")));
        Assert.That(desk.Sent.Select(s => s.Id).Distinct().Count(), Is.EqualTo(3));
        Assert.That(desk.Withheld(), Is.Empty);
    }

    [Test]
    public void A_message_that_cannot_go_does_not_end_the_series()
    {
        using var desk = new JourneyFixture([Series(Step("mail"), Step("socket", hours: 1))]);
        desk.Decide("c1");
        desk.Pass(2 * Hour);
        Assert.That(desk.Reasons, Is.EqualTo(new[] { WithheldReason.NoAddress }));
        Assert.That(desk.Sent.Single().Channel, Is.EqualTo("socket"));
    }

    [Test]
    public void A_step_whose_conditions_do_not_hold_when_it_is_to_go_out_is_left_out_and_the_series_goes_on()
    {
        var (first, second) = (Step("crm"), Step("crm", hours: 1));
        first.When = [new ConditionConfig { Feature = "item_count", AtLeast = 3 }];
        second.When = [new ConditionConfig { Feature = "item_count", AtLeast = 3 }];
        using var desk = new JourneyFixture([Series(first, second, Step("crm", hours: 1))]);
        desk.Decide("c1");
        desk.Work();
        Assert.That(desk.Sent, Is.Empty);
        desk.Fill("c1", Noon - (30 * Minute), items: 3);
        desk.Pass(2 * Hour);
        Assert.That(desk.Sent.Select(s => s.Step), Is.EqualTo(new[] { 2, 3 }));
        Assert.That(desk.Withheld(), Is.EqualTo(new[] { (1, WithheldReason.ConditionNotMet) }));
    }

    [Test]
    public void An_empty_cart_an_unknown_one_and_another_customer_s_end_it()
    {
        using var desk = new JourneyFixture([Series(Step("mail", hours: 1), Step("mail", hours: 1))]);
        foreach (var cart in (string[])["empty", "gone", "taken"])
        {
            desk.Know(cart, "u-" + cart, $"{cart}@x.example");
            desk.Decide(cart, "u-" + cart);
        }

        desk.Fill("empty", desk.Now, "u-empty", items: 0);
        desk.Carts.Remove(Cart("gone"));
        desk.Fill("taken", desk.Now, "u-another");
        desk.Pass(3 * Hour);
        Assert.That(desk.Sent, Is.Empty);
        Assert.That(desk.Reasons, Is.EquivalentTo(new[] { WithheldReason.CartEmpty, WithheldReason.CartUnknown, WithheldReason.CartTakenOver }));
    }

    [Test]
    public void A_cart_in_a_series_begins_no_other_and_one_that_was_waits()
    {
        using var desk = new JourneyFixture([Campaign()]);
        desk.Decide("c1");
        desk.Pass(Hour);
        desk.Decide("c1");
        desk.Pass(3 * Hour);
        desk.Decide("c1");
        desk.Pass(6 * Hour);
        desk.Decide("c1");
        desk.Pass(3 * Hour);
        Assert.That(desk.Reasons, Is.EqualTo(new[] { WithheldReason.InCampaign, WithheldReason.Reentry }));
        Assert.That(desk.Sent, Has.Count.EqualTo(4));

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
        using var desk = new JourneyFixture([series]);
        desk.Decide("c1");
        desk.Pass(Hour);
        desk.Tell(EventType.BeginCheckout, "c1", verified: false);
        desk.Pass(3 * Hour);
        Assert.That(desk.Reasons, Is.EqualTo(new[] { WithheldReason.GoalReached }));
    }

    [Test]
    public void A_capped_message_waits_for_room()
    {
        using var desk = new JourneyFixture([Series(Step("mail"))], Capped());
        desk.Know("c1", "u1", "a@x.example");
        foreach (var cart in (string[])["c1", "c2"])
        {
            desk.Decide(cart, "u1");
        }

        desk.Pass(Minute);
        Assert.That(desk.Sent, Has.Count.EqualTo(1));
        desk.Pass(Day - Minute);
        Assert.That(desk.Sent, Has.Count.EqualTo(1));
        desk.Pass(Minute);
        Assert.That(desk.Sent, Has.Count.EqualTo(2));
    }

    [Test]
    public void Room_that_comes_too_late_is_a_reason()
    {
        var step = Step("mail");
        step.UsefulFor = Duration.FromHours(20);
        using var desk = new JourneyFixture([Series(step)], Capped());
        desk.Know("c1", "u1", "a@x.example");
        foreach (var cart in (string[])["c1", "c2"])
        {
            desk.Decide(cart, "u1");
        }

        desk.Pass(2 * Day);
        Assert.That(desk.Sent, Has.Count.EqualTo(1));
        Assert.That(desk.Reasons, Is.EqualTo(new[] { WithheldReason.FrequencyCap }));
    }

    [Test]
    public void A_person_with_two_carts_and_one_address_has_one_cap()
    {
        using var desk = new JourneyFixture([Series(Step("mail"))], Capped());
        foreach (var cart in (string[])["phone", "laptop"])
        {
            desk.Identify(cart, null, cart == "phone" ? "a@x.example" : "A@X.example", verified: false);
            desk.Agree(cart, null, verified: false);
            desk.Decide(cart);
        }

        desk.Pass(Hour);
        Assert.That(desk.Sent, Has.Count.EqualTo(1));
        desk.Pass(Day);
        Assert.That(desk.Sent, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_sink_without_room_is_asked_again_and_nothing_is_lost()
    {
        using var desk = new JourneyFixture([Series(Step("mail"))]);
        desk.FullSinks.Add("mail");
        for (var i = 0; i < 20; i++)
        {
            desk.Know($"c{i}", $"u{i}", $"{i}@x.example");
            desk.Decide($"c{i}", $"u{i}");
        }

        desk.Pass(10 * Minute);
        Assert.That(desk.Sent, Is.Empty);
        desk.FullSinks.Clear();
        desk.Pass(Minute);
        Assert.That(desk.Sent.Select(s => s.CartId), Is.EquivalentTo(Enumerable.Range(0, 20).Select(i => $"c{i}")));
    }

    [Test]
    public void A_sink_that_is_full_for_too_long_is_a_reason()
    {
        using var desk = new JourneyFixture([Series(Step("mail"))]);
        desk.FullSinks.Add("mail");
        desk.Know("c1", "u1", "a@x.example");
        desk.Decide("c1", "u1");
        desk.Pass((3 * Day) + Minute);
        Assert.That(desk.Reasons, Is.EqualTo(new[] { WithheldReason.Expired }));
    }

    [Test]
    public void What_the_configuration_has_no_more_is_a_reason()
    {
        using var desk = new JourneyFixture([Series(Step("crm", hours: 1))]);
        desk.Decide("c1");
        desk.Decide("c2", campaign: "unheard-of");
        desk.GoneSinks.Add("crm");
        desk.Pass(2 * Hour);
        Assert.That(desk.Reasons, Is.EquivalentTo(new[] { WithheldReason.ChannelGone, WithheldReason.CampaignGone }));
    }

    static ContactConfig Capped()
    {
        var contact = Open();
        contact.Caps = [new CapConfig { Channel = "messages", Max = 1, Per = new Duration(TimeSpan.FromDays(1)) }];
        return contact;
    }
}
