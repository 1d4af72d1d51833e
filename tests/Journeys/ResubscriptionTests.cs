using CartRecovery.Contracts;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Policy;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>The latest of a customer's word counts: an unsubscription whenever it comes, and consent that follows it.</summary>
public sealed class ResubscriptionTests
{
    [Test]
    public void Consent_told_by_the_server_after_an_unsubscription_lifts_it()
    {
        using var fixture = Unsubscribed();
        fixture.Agree("c1", "u1");
        Assert.That(Contact(fixture, "c1"), Is.EqualTo(WithheldReason.None));
        Assert.That(Contact(fixture, "c2"), Is.EqualTo(WithheldReason.None));
    }

    [Test]
    public void An_unsubscription_after_that_counts_again()
    {
        using var fixture = Unsubscribed();
        fixture.Agree("c1", "u1");
        fixture.Pass(Minute);
        Unsubscribe(fixture);
        Assert.That(Contact(fixture, "c1"), Is.EqualTo(WithheldReason.Suppressed));
    }

    [Test]
    public void A_released_address_is_suppressed_again_by_another_unsubscription()
    {
        using var fixture = Unsubscribed();
        fixture.It.Store.Customers.Release("shop", AddressKind.Email, "a@x.example");
        fixture.Agree("c1", "u1");
        fixture.Pass(Minute);
        Unsubscribe(fixture);
        Assert.That(Contact(fixture, "c2"), Is.EqualTo(WithheldReason.Suppressed));
    }

    [Test]
    public void Consent_from_before_the_unsubscription_lifts_nothing()
    {
        using var fixture = Unsubscribed();
        fixture.Tell(EventType.Consent, "c1", "u1", meta: """{"channel":"email","granted":true}""", at: fixture.Now - Hour, receivedAt: fixture.Now);
        Assert.That(Contact(fixture, "c1"), Is.EqualTo(WithheldReason.Suppressed));
    }

    [Test]
    public void A_clock_that_is_fast_does_not_outdo_the_unsubscription_that_follows()
    {
        using var fixture = Unsubscribed();
        fixture.Tell(EventType.Consent, "c1", "u1", meta: """{"channel":"email","granted":true}""", at: fixture.Now + (4 * Minute), receivedAt: fixture.Now);
        fixture.Pass(Minute);
        Unsubscribe(fixture);
        Assert.That(Contact(fixture, "c1"), Is.EqualTo(WithheldReason.Suppressed));
    }

    [TestCase("bounced")]
    [TestCase("complained")]
    [TestCase("shop")]
    public void What_the_customer_did_not_say_is_not_lifted_by_consent(string reason)
    {
        using var fixture = Unsubscribed();
        fixture.It.Store.Customers.Suppress("shop", AddressKind.Email, "a@x.example", reason, fixture.Now);
        fixture.Pass(Minute);
        fixture.Agree("c1", "u1");
        Assert.That(Contact(fixture, "c1"), Is.EqualTo(WithheldReason.Suppressed));
    }

    [Test]
    public void A_browser_lifts_no_unsubscription([Values(Standing.Claimed, Standing.Proven)] Standing standing)
    {
        using var fixture = Unsubscribed();
        fixture.Tell(EventType.Identify, "thief", "u9", meta: """{"email":"a@x.example"}""", standing: standing);
        fixture.Tell(EventType.Consent, "thief", "u9", meta: """{"channel":"email","granted":true}""", standing: standing);
        Assert.That(Contact(fixture, "c1"), Is.EqualTo(WithheldReason.Suppressed));
    }

    [Test]
    public void The_servers_consent_does_not_lift_it_at_an_address_that_only_a_browser_named()
    {
        using var fixture = Unsubscribed();
        fixture.Tell(EventType.Identify, "thief", verified: false, meta: """{"email":"a@x.example"}""");
        fixture.Agree("thief", null);
        Assert.That(Contact(fixture, "c1"), Is.EqualTo(WithheldReason.Suppressed));
    }

    [Test]
    public void Consent_may_be_told_before_the_address()
    {
        using var fixture = Unsubscribed();
        fixture.Agree("c5", "u5");
        fixture.Identify("c5", "u5", "a+news@x.example");
        fixture.Decide("c5", "u5");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent.Select(s => s.Recipient?.Email), Has.Member("a+news@x.example"));
        Assert.That(Contact(fixture, "c1"), Is.EqualTo(WithheldReason.ConsentDenied), "the other customer has not agreed");
    }

    [Test]
    public void A_late_report_of_an_unsubscription_does_not_undo_newer_consent()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Tell(EventType.Unsubscribed, "c1", "u1", meta: """{"channel":"email"}""", at: fixture.Now - Hour, receivedAt: fixture.Now + 1);
        Assert.That(Contact(fixture, "c1"), Is.EqualTo(WithheldReason.None));
    }

    static JourneyFixture Unsubscribed()
    {
        var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Know("c1", "u1", "a@x.example");
        fixture.Pass(Minute);
        Unsubscribe(fixture);
        fixture.Pass(Minute);
        return fixture;
    }

    static void Unsubscribe(JourneyFixture fixture) => fixture.Tell(EventType.Unsubscribed, "c1", "u1", meta: """{"channel":"email"}""");

    // Decides on a cart of the customer, and returns why nothing was sent.
    static WithheldReason Contact(JourneyFixture fixture, string cart)
    {
        fixture.Pass(Minute);
        fixture.Decide(cart, "u1");
        fixture.Pass(Minute);
        return fixture.Withheld().Select(w => w.Reason).LastOrDefault();
    }
}
