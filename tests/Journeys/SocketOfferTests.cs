using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Primitives;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>An offer whose shopper has no open stream waits for them.</summary>
public sealed class SocketOfferTests
{
    [Test]
    public void An_offer_waits_for_its_shopper_while_it_is_of_use()
    {
        using var fixture = Away(Step("socket"));
        fixture.Pass(2 * Day);
        Assert.That((fixture.Sent.Count, fixture.Reasons.Length), Is.EqualTo((0, 0)));
        Return(fixture);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_shopper_who_came_back_just_before_they_were_waited_for_is_found()
    {
        using var fixture = Away(Step("socket"));
        fixture.IsSocketOpen = true;
        fixture.Pass(Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_shopper_who_comes_back_while_the_offer_is_tried_is_tried_again()
    {
        using var fixture = Away(Step("socket"));
        fixture.Pass(Hour);
        fixture.It.ReturnShopper(Cart("c1"), fixture.Now);
        // With the cart as it was before its stream.
        fixture.It.Run(fixture.Now);
        Assert.That(fixture.Sent, Is.Empty);
        fixture.IsSocketOpen = true;
        fixture.Work();
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void An_offer_that_nobody_saw_uses_up_no_cap()
    {
        var contact = Open();
        contact.Caps = [new CapConfig { Channel = "socket", Max = 1, Per = new Duration(TimeSpan.FromDays(7)) }];
        var step = Step("socket");
        step.UsefulFor = Duration.FromHours(1);
        using var fixture = Away(contact, step);
        fixture.Pass(2 * Hour);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.Unreachable }));
        Assert.That(fixture.Count("SELECT count(*) FROM intervention WHERE sent_at IS NOT NULL"), Is.Zero);
        fixture.IsSocketOpen = true;
        fixture.Decide("c1", id: "next");
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void The_next_message_of_the_series_does_not_wait_for_it()
    {
        using var fixture = new JourneyFixture([Series(Step("socket"), Step("mail", hours: 24))]) { IsSocketOpen = false };
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1");
        fixture.Pass(25 * Hour);
        Assert.That(fixture.Sent.Select(sent => sent.Channel), Is.EqualTo(new[] { "mail" }));
        Return(fixture);
        Assert.That(fixture.Sent.Select(sent => sent.Channel), Is.EqualTo(new[] { "mail", "socket" }));
        Assert.That(fixture.Count("SELECT count(*) FROM journey WHERE state=0"), Is.Zero, "the series is complete");
        Assert.That(fixture.Count("SELECT count(*) FROM intervention"), Is.EqualTo(2));
    }

    [Test]
    public void Only_the_latest_offer_of_a_cart_waits()
    {
        using var fixture = Away(Step("socket"), Step("socket", hours: 2));
        fixture.Pass(3 * Hour);
        Assert.That(fixture.Withheld(), Is.EqualTo(new[] { (1, WithheldReason.Unreachable) }));
        Return(fixture);
        Assert.That(fixture.Sent.Select(sent => sent.Step), Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public void A_purchase_meanwhile_ends_it()
    {
        using var fixture = Away(Step("socket"));
        fixture.Pass(Minute);
        fixture.Tell(EventType.Purchase, "c1", amount: 10);
        Return(fixture);
        Assert.That((fixture.Sent.Count, fixture.Reasons), Is.EqualTo((0, new[] { WithheldReason.Purchased })));
    }

    [Test]
    public void Offers_wait_across_a_restart()
    {
        using var scratch = new Scratch();
        using var fixture = new JourneyFixture([Series(Step("socket"))], path: Path.Combine(scratch.Folder, "outreach.db")) { IsSocketOpen = false };
        fixture.Decide("c1");
        fixture.Pass(Hour);
        fixture.Restart();
        fixture.It.Resume(fixture.Now);
        fixture.Pass(Minute);
        Assert.That(fixture.Awaited, Is.EqualTo(new[] { Cart("c1") }));
        Return(fixture);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
        Assert.That(fixture.Awaited, Is.Empty);
    }

    [Test]
    public void A_cart_that_makes_room_for_another_is_no_longer_waited_for()
    {
        using var fixture = Away(Step("socket"));
        fixture.MaxAwaited = 1;
        fixture.Decide("c2");
        fixture.Pass(Minute);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.Unreachable }));
        Assert.That(fixture.Awaited, Is.EqualTo(new[] { Cart("c2") }));
    }

    [Test]
    public void An_offer_that_nobody_saw_uses_up_no_window_and_no_reentry()
    {
        var step = Step("socket");
        step.UsefulFor = Duration.FromMinutes(10);
        var campaign = Series(step);
        campaign.Reentry = Duration.FromHours(24);
        using var fixture = new JourneyFixture([campaign]) { IsSocketOpen = false };
        var decided = fixture.Decide("c1").At;
        fixture.Pass(5 * Minute);
        Assert.That(fixture.Released, Is.Empty, "it is of use");
        fixture.Pass(Hour);
        Assert.That(fixture.Released, Is.EqualTo(new[] { (Cart("c1"), decided, "left") }));
        fixture.IsSocketOpen = true;
        fixture.Decide("c1", id: "next");
        Assert.That((fixture.Sent.Count, fixture.Released.Count), Is.EqualTo((1, 1)));
        fixture.Decide("c1", id: "third");
        Assert.That((fixture.Sent.Count, fixture.Reasons.Last()), Is.EqualTo((1, WithheldReason.Reentry)), "what was seen counts");
    }

    [Test]
    public void An_offer_that_makes_room_frees_its_window()
    {
        using var fixture = Away(Step("socket"));
        fixture.MaxAwaited = 1;
        fixture.Decide("c2");
        fixture.Pass(Minute);
        Assert.That(fixture.Released.Select(window => window.Cart), Is.EqualTo(new[] { Cart("c1") }));
    }

    [Test]
    public void A_series_that_sends_something_else_keeps_its_window()
    {
        using var fixture = Away(Step("socket"), Step("socket", hours: 2));
        fixture.Pass(3 * Hour);
        Assert.That((fixture.Withheld(), fixture.Released), Is.EqualTo((new[] { (1, WithheldReason.Unreachable) }, Array.Empty<(Hash128, long, string)>())), "the second offer waits");
        Return(fixture);
        Assert.That((fixture.Sent.Count, fixture.Released.Count), Is.EqualTo((1, 0)));
    }

    static JourneyFixture Away(params StepConfig[] steps) => Away(null, steps);

    static JourneyFixture Away(ContactConfig? contact, params StepConfig[] steps)
    {
        var fixture = new JourneyFixture([Series(steps)], contact) { IsSocketOpen = false };
        fixture.Decide("c1");
        return fixture;
    }

    static void Return(JourneyFixture fixture)
    {
        fixture.IsSocketOpen = true;
        fixture.It.ReturnShopper(Cart("c1"), fixture.Now);
        fixture.Work();
    }
}
