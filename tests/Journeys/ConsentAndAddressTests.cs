using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>To whom a message goes, and who must have agreed.</summary>
public sealed class ConsentAndAddressTests
{
    [Test]
    public void A_browser_cannot_give_another_customer_s_reminders_a_new_address()
    {
        using var desk = new JourneyFixture([Series(Step("mail"))]);
        desk.Know("c1", "u1", "owner@x.example");
        desk.Identify("thief", "u1", "thief@x.example", verified: false);
        desk.Agree("thief", "u1", verified: false);
        desk.Identify("c1", "u1", "thief@x.example", verified: false);
        desk.Decide("c1", "u1");
        desk.Pass(Minute);
        Assert.That(desk.Sent.Single().Recipient, Is.EqualTo(new Recipient(Email: "owner@x.example")));
    }

    [Test]
    public void An_address_that_a_browser_gave_is_good_for_its_own_cart()
    {
        using var desk = new JourneyFixture([Series(Step("mail"))]);
        desk.Identify("c1", null, "a@x.example", verified: false);
        desk.Agree("c1", null, verified: false);
        desk.Decide("c1");
        desk.Decide("c2");
        desk.Pass(Minute);
        Assert.That(desk.Sent.Single(), Has.Property("CartId").EqualTo("c1").And.Property("Recipient").EqualTo(new Recipient(Email: "a@x.example")));
        Assert.That(desk.Reasons, Is.EqualTo(new[] { WithheldReason.NoAddress }));
    }

    [Test]
    public void Who_signs_in_on_a_shared_device_gets_no_mail_at_the_address_of_who_was_there_before()
    {
        using var desk = new JourneyFixture([Series(Step("mail"))]);
        desk.Identify("shared", "ann", "ann@x.example", verified: false);
        desk.Agree("shared", "ann", verified: false);
        desk.Decide("shared", "bob");
        desk.Pass(Minute);
        Assert.That(desk.Sent, Is.Empty);
        Assert.That(desk.Reasons, Is.EqualTo(new[] { WithheldReason.NoAddress }));
    }

    [Test]
    public void Nor_does_the_yes_of_who_was_there_before_count_for_them()
    {
        using var desk = new JourneyFixture([Series(Step("mail"))]);
        desk.Agree("shared", "ann", verified: false);
        desk.Identify("shared", "bob", "bob@x.example", verified: false);
        desk.Decide("shared", "bob");
        desk.Pass(Minute);
        Assert.That(desk.Reasons, Is.EqualTo(new[] { WithheldReason.NoConsent }));
    }

    [Test]
    public void Who_signs_in_and_says_where_they_are_reached_is_reached_there()
    {
        using var desk = new JourneyFixture([Series(Step("socket"), Step("mail", hours: 2))]);
        desk.Decide("c1");
        desk.Pass(Hour);
        desk.Identify("c1", "u1", "a@x.example", verified: false);
        desk.Agree("c1", "u1", verified: false);
        desk.Fill("c1", desk.Now, "u1");
        desk.Pass(3 * Hour);
        Assert.That(desk.Sent.Select(s => s.Recipient), Is.EqualTo(new[] { null, new Recipient(Email: "a@x.example") }));
    }

    [Test]
    public void A_no_counts_whoever_said_it([Values] bool verified)
    {
        using var desk = new JourneyFixture([Series(Step("mail"))]);
        desk.Know("c1", "u1", "a@x.example");
        desk.Pass(Minute);
        desk.Agree("elsewhere", "u1", granted: false, verified);
        desk.Decide("c1", "u1");
        desk.Pass(Minute);
        Assert.That(desk.Reasons, Is.EqualTo(new[] { WithheldReason.ConsentDenied }));
    }

    [Test]
    public void What_was_said_last_counts_in_whichever_order_it_comes()
    {
        using var desk = new JourneyFixture([Series(Step("mail"))]);
        desk.Know("c1", "u1", "a@x.example");
        desk.Tell(EventType.Consent, "c1", "u1", meta: """{"channel":"email","granted":false}""", at: Noon - Hour);
        desk.Decide("c1", "u1");
        desk.Pass(Minute);
        Assert.That(desk.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_yes_is_for_its_channel_and_its_time()
    {
        using var desk = new JourneyFixture([Series(Step("texts"), Step("mail", hours: 2))]);
        desk.Identify("c1", "u1", "a@x.example");
        desk.Agree("c1", "u1", until: Noon + Hour);
        desk.Decide("c1", "u1");
        desk.Pass(3 * Hour);
        Assert.That(desk.Reasons, Is.EqualTo(new[] { WithheldReason.NoConsent, WithheldReason.ConsentExpired }));
    }

    [Test]
    public void Who_unsubscribes_hears_no_more_in_any_cart_of_the_address()
    {
        using var desk = new JourneyFixture([Series(Step("mail"), Step("mail", hours: 1))]);
        desk.Identify("c1", null, "a@x.example", verified: false);
        desk.Agree("c1", null, verified: false);
        desk.Decide("c1");
        desk.Pass(Minute);
        Assert.That(desk.Sent, Has.Count.EqualTo(1));
        desk.Tell(EventType.Unsubscribed, "c1", meta: """{"channel":"email"}""");
        desk.Pass(Minute);
        desk.Identify("c2", null, "A@x.example", verified: false);
        desk.Agree("c2", null, verified: false);
        desk.Decide("c2");
        desk.Pass(2 * Hour);
        Assert.That(desk.Sent, Has.Count.EqualTo(1));
        Assert.That(desk.Reasons, Is.EquivalentTo(new[] { WithheldReason.Suppressed, WithheldReason.Suppressed, WithheldReason.Suppressed }));
    }

    [Test]
    public void A_browser_puts_nobody_else_s_address_on_the_list()
    {
        using var desk = new JourneyFixture([Series(Step("mail"))]);
        desk.Know("c1", "u1", "victim@x.example");
        desk.Identify("thief", null, "victim@x.example", verified: false);
        desk.Tell(EventType.Unsubscribed, "thief", verified: false);
        desk.Decide("c1", "u1");
        desk.Pass(Minute);
        Assert.That(desk.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void An_address_that_bounced_gets_no_more()
    {
        using var desk = new JourneyFixture([Series(Step("mail"), Step("mail", hours: 1))]);
        desk.Know("c1", "u1", "a@x.example");
        desk.Decide("c1", "u1");
        desk.Pass(Minute);
        desk.It.RecordOutcome(desk.Sent[0], WithheldReason.Bounced, "no such user", desk.Now);
        desk.It.RecordOutcome(desk.Sent[0], WithheldReason.None, null, desk.Now);
        desk.Pass(2 * Hour);
        Assert.That(desk.Reasons, Is.EqualTo(new[] { WithheldReason.Bounced, WithheldReason.Suppressed }));
        Assert.That(desk.It.Counters.EndedAs("mail", "reminder", "bounced"), Is.EqualTo(1));
    }

    [Test]
    public void The_list_is_the_store_s_own()
    {
        using var desk = new JourneyFixture([Series(Step("mail"))]);
        desk.It.Store.Customers.Suppress("other", AddressKind.Email, "a@x.example", "by hand", Noon);
        desk.Know("c1", "u1", "a@x.example");
        desk.Decide("c1", "u1");
        desk.Pass(Minute);
        Assert.That(desk.Sent, Has.Count.EqualTo(1));
        Assert.That(desk.It.Store.Customers.Release("other", AddressKind.Email, "A@x.example"), Is.True);
        Assert.That(desk.It.Store.Customers.Release("other", AddressKind.Email, "a@x.example"), Is.False);
    }

    [Test]
    public void Quiet_hours_are_those_of_the_customer_s_zone()
    {
        var contact = Open();
        contact.QuietHours = new HoursConfig { From = new TimeOfDay(new TimeOnly(21, 0)), To = new TimeOfDay(new TimeOnly(8, 0)) };
        using var desk = new JourneyFixture([Series(Step("mail"))], contact, now: Noon + (6 * Hour));
        desk.Know("c1", "u1", "a@x.example");
        desk.Tell(EventType.Identify, "c1", "u1", meta: """{"timezone":"Asia/Kolkata"}""");
        desk.Know("c2", "u2", "b@x.example");
        desk.Decide("c1", "u1");
        desk.Decide("c2", "u2");
        desk.Pass(Minute);
        Assert.That(desk.Sent.Select(s => s.CartId), Is.EqualTo(new[] { "c2" }), "18:00 in the store's zone, 23:30 in India");
        desk.Pass((8 * Hour) + (30 * Minute));
        Assert.That(desk.Sent, Has.Count.EqualTo(2));
        Assert.That(desk.Now, Is.InRange(Noon + (14 * Hour) + (30 * Minute), Noon + (14 * Hour) + (32 * Minute)));
    }

    [TestCase("""{"email":5}""")]
    [TestCase("""{"email":"no address"}""")]
    [TestCase("""{"email":"a@x.example\r\nBcc: b@x.example"}""")]
    [TestCase("{")]
    [TestCase("[]")]
    public void What_is_no_address_is_none(string meta)
    {
        using var desk = new JourneyFixture([Series(Step("mail"))]);
        desk.Tell(EventType.Identify, "c1", "u1", meta: meta);
        desk.Agree("c1", "u1");
        desk.Decide("c1", "u1");
        desk.Pass(Minute);
        Assert.That(desk.Reasons, Is.EqualTo(new[] { WithheldReason.NoAddress }));
    }
}
