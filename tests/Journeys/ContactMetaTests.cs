using CartRecovery.Contracts;
using CartRecovery.Engine.Events;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>Contact events whose meta is not quite as documented.</summary>
public sealed class ContactMetaTests
{
    [TestCase("""{"email":"u@x.example","name":{"first":"Jo"}}""")]
    [TestCase("""{"code":5,"timezone":60,"email":"u@x.example"}""")]
    [TestCase("""{"url":{},"image":[[1]],"granted":"yes","email":"u@x.example","source":["x"]}""")]
    public void A_field_of_another_type_costs_no_address(string meta)
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Tell(EventType.Identify, "c1", "u1", meta: meta);
        Assert.That(fixture.It.Store.Customers.ContactOf(Customer("u1"))?.Recipient.Email, Is.EqualTo("u@x.example"));
    }

    [TestCase("""{"channel":"Email","granted":false}""")]
    [TestCase("""{"channel":" EMAIL","granted":false,"code":5}""")]
    [TestCase("""{"channel":"email","granted":"False"}""")]
    [TestCase("""{"channel":"email","granted":0}""")]
    public void A_withdrawn_consent_counts_however_it_is_written(string meta)
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Agree("c1", "u1");
        Assert.That(Granted(fixture, AddressKind.Email), Is.True);
        fixture.Pass(Minute);
        fixture.Tell(EventType.Consent, "c1", "u1", meta: meta);
        Assert.That(Granted(fixture, AddressKind.Email), Is.False);
    }

    [TestCase("\"2026-06-01T11:00:00Z\"", Description = "an hour ago")]
    [TestCase("true")]
    [TestCase("\"tomorrow\"")]
    public void A_consent_whose_end_has_passed_or_cannot_be_read_is_not_in_force(string expiresAt)
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Know("c1", "u1", "u@x.example");
        fixture.Tell(EventType.Consent, "c1", "u1", meta: $$"""{"channel":"email","granted":true,"expiresAt":{{expiresAt}}}""");
        Assert.That(fixture.It.Store.Customers.ConsentOf(Customer("u1"), AddressKind.Email)!.Value.ExpiresAt, Is.LessThanOrEqualTo(fixture.Now));
    }

    [TestCase("1795940644")]
    [TestCase("1795940644000000")]
    [TestCase("\"1795940644000\"")]
    public void An_end_in_another_unit_of_an_older_journal_is_converted(string expiresAt)
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Know("c1", "u1", "u@x.example");
        fixture.Tell(EventType.Consent, "c1", "u1", meta: $$"""{"channel":"email","granted":true,"expiresAt":{{expiresAt}}}""");
        Assert.That(fixture.It.Store.Customers.ConsentOf(Customer("u1"), AddressKind.Email)!.Value.ExpiresAt, Is.EqualTo(1795940644000));
    }

    [TestCase("""{"channel":"SMS","source":["footer"]}""", new[] { AddressKind.Phone })]
    [TestCase("{}", new[] { AddressKind.Email })]
    [TestCase("""{"channel":"all"}""", new[] { AddressKind.Email, AddressKind.Phone, AddressKind.Push })]
    public void An_unsubscription_ends_the_channels_that_it_names(string meta, AddressKind[] ended)
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        Agree(fixture);
        fixture.Tell(EventType.Unsubscribed, "c1", "u1", meta: meta);
        Assert.That(Enum.GetValues<AddressKind>().Where(kind => kind != AddressKind.None && !Granted(fixture, kind)), Is.EqualTo(ended));
    }

    [Test]
    public void A_bounce_on_an_unknown_channel_ends_none()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Know("c1", "u1", "u@x.example");
        fixture.Tell(EventType.Bounced, "c1", "u1", meta: """{"channel":"webpush"}""");
        Assert.That(fixture.It.Store.Customers.IsSuppressed("shop", AddressKind.Email, "u@x.example"), Is.False);
        fixture.Tell(EventType.Bounced, "c1", "u1", meta: """{"channel":"EMAIL"}""");
        Assert.That(fixture.It.Store.Customers.IsSuppressed("shop", AddressKind.Email, "u@x.example"), Is.True);
    }

    static void Agree(JourneyFixture fixture)
    {
        foreach (var channel in new[] { "email", "sms", "push" })
        {
            fixture.Agree("c1", "u1", channel: channel);
        }

        fixture.Pass(Minute);
    }

    static bool Granted(JourneyFixture fixture, AddressKind kind) => fixture.It.Store.Customers.ConsentOf(Customer("u1"), kind) is { Granted: true };
}
