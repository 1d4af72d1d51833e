using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>The address a message is sent to, and the consent it requires.</summary>
public sealed class ConsentAndAddressTests
{
    [Test]
    public void A_browser_cannot_change_the_address_of_another_customers_reminders()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Know("c1", "u1", "owner@x.example");
        fixture.Identify("thief", "u1", "thief@x.example", verified: false);
        fixture.Agree("thief", "u1", verified: false);
        fixture.Identify("c1", "u1", "thief@x.example", verified: false);
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent.Single().Recipient, Is.EqualTo(new Recipient(Email: "owner@x.example")));
    }

    [Test]
    public void An_address_from_a_browser_is_valid_only_for_its_own_cart()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Identify("c1", null, "a@x.example", verified: false);
        fixture.Agree("c1", null, verified: false);
        fixture.Decide("c1");
        fixture.Decide("c2");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent.Single(), Has.Property("CartId").EqualTo("c1").And.Property("Recipient").EqualTo(new Recipient(Email: "a@x.example")));
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.NoAddress }));
    }

    [Test]
    public void After_signing_in_on_a_shared_device_the_previous_users_address_is_not_used()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Identify("shared", "ann", "ann@x.example", verified: false);
        fixture.Agree("shared", "ann", verified: false);
        fixture.Decide("shared", "bob");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent, Is.Empty);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.NoAddress }));
    }

    [Test]
    public void After_signing_in_on_a_shared_device_the_previous_users_consent_does_not_count()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Agree("shared", "ann", verified: false);
        fixture.Identify("shared", "bob", "bob@x.example", verified: false);
        fixture.Decide("shared", "bob");
        fixture.Pass(Minute);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.NoConsent }));
    }

    [Test]
    public void After_signing_in_with_an_address_it_is_used()
    {
        using var fixture = new JourneyFixture([Series(Step("socket"), Step("mail", hours: 2))]);
        fixture.Decide("c1");
        fixture.Pass(Hour);
        fixture.Identify("c1", "u1", "a@x.example", verified: false);
        fixture.Agree("c1", "u1", verified: false);
        fixture.Fill("c1", fixture.Now, "u1");
        fixture.Pass(3 * Hour);
        Assert.That(fixture.Sent.Select(s => s.Recipient), Is.EqualTo(new[] { null, new Recipient(Email: "a@x.example") }));
    }

    [Test]
    public void A_servers_withdrawal_counts_for_the_customer_and_a_browsers_for_its_cart([Values] bool verified, [Values("c1", "elsewhere")] string cart)
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Pass(Minute);
        fixture.Agree(cart, "u1", granted: false, verified);
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        Assert.That(fixture.Reasons, Is.EqualTo(verified || cart == "c1" ? new[] { WithheldReason.ConsentDenied } : []));
    }

    [Test]
    public void The_latest_consent_by_event_time_counts()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Tell(EventType.Consent, "c1", "u1", meta: """{"channel":"email","granted":false}""", at: Noon - Hour);
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void Consent_is_per_channel_and_time()
    {
        using var fixture = new JourneyFixture([Series(Step("texts"), Step("mail", hours: 2))]);
        fixture.Identify("c1", "u1", "a@x.example");
        fixture.Agree("c1", "u1", until: Noon + Hour);
        fixture.Decide("c1", "u1");
        fixture.Pass(3 * Hour);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.NoConsent, WithheldReason.ConsentExpired }));
    }

    [Test]
    public void Unsubscribing_suppresses_the_address_in_every_cart()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"), Step("mail", hours: 1))]);
        fixture.Identify("c1", null, "a@x.example", verified: false);
        fixture.Agree("c1", null, verified: false);
        fixture.Decide("c1");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
        fixture.Tell(EventType.Unsubscribed, "c1", meta: """{"channel":"email"}""");
        fixture.Pass(Minute);
        fixture.Identify("c2", null, "A@x.example", verified: false);
        fixture.Agree("c2", null, verified: false);
        fixture.Decide("c2");
        fixture.Pass(2 * Hour);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
        Assert.That(fixture.Reasons, Is.EquivalentTo(new[] { WithheldReason.Suppressed, WithheldReason.Suppressed, WithheldReason.Suppressed }));
    }

    [Test]
    public void A_browser_cannot_suppress_another_shoppers_address()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Know("c1", "u1", "victim@x.example");
        fixture.Identify("thief", null, "victim@x.example", verified: false);
        fixture.Tell(EventType.Unsubscribed, "thief", verified: false);
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_bounced_address_is_suppressed()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"), Step("mail", hours: 1))]);
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        fixture.It.RecordOutcome(fixture.Sent[0], WithheldReason.Bounced, "no such user", fixture.Now);
        fixture.It.RecordOutcome(fixture.Sent[0], WithheldReason.None, null, fixture.Now);
        fixture.Pass(2 * Hour);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.Bounced, WithheldReason.Suppressed }));
        Assert.That(fixture.It.Counters.EndedAs("mail", "reminder", "bounced"), Is.EqualTo(1));
    }

    [Test]
    public void Suppressions_are_per_store()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.It.Store.Customers.Suppress("other", AddressKind.Email, "a@x.example", "by hand", Noon);
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
        Assert.That(fixture.It.Store.Customers.Release("other", AddressKind.Email, "A@x.example"), Is.True);
        Assert.That(fixture.It.Store.Customers.Release("other", AddressKind.Email, "a@x.example"), Is.False);
    }

    [Test]
    public void Quiet_hours_use_the_customers_time_zone()
    {
        var contact = Open();
        contact.QuietHours = new HoursConfig { From = new TimeOfDay(new TimeOnly(21, 0)), To = new TimeOfDay(new TimeOnly(8, 0)) };
        using var fixture = new JourneyFixture([Series(Step("mail"))], contact, now: Noon + (6 * Hour));
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Tell(EventType.Identify, "c1", "u1", meta: """{"timezone":"Asia/Kolkata"}""");
        fixture.Know("c2", "u2", "b@x.example");
        fixture.Decide("c1", "u1");
        fixture.Decide("c2", "u2");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent.Select(s => s.CartId), Is.EqualTo(new[] { "c2" }), "18:00 in the store's zone, 23:30 in India");
        fixture.Pass((8 * Hour) + (30 * Minute));
        Assert.That(fixture.Sent, Has.Count.EqualTo(2));
        Assert.That(fixture.Now, Is.InRange(Noon + (14 * Hour) + (30 * Minute), Noon + (14 * Hour) + (32 * Minute)));
    }

    [TestCase("""{"email":5}""")]
    [TestCase("""{"email":"no address"}""")]
    [TestCase("""{"email":"a@x.example\r\nBcc: b@x.example"}""")]
    [TestCase("{")]
    [TestCase("[]")]
    public void An_invalid_address_is_ignored(string meta)
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Tell(EventType.Identify, "c1", "u1", meta: meta);
        fixture.Agree("c1", "u1");
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.NoAddress }));
    }
}
