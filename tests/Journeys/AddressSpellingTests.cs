using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Tests.Encryption;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys;

/// <summary>An address is one address, however it is written.</summary>
public sealed class AddressSpellingTests
{
    static readonly string[] s_numbers = ["+4915112340000", "+49 151 12340000", "+49 (0)151 12340000", "0151 12340000", "0049-151-12340000"];
    static readonly string[] s_written =
    [
        "j\u00fc@shop.example", "ju\u0308@shop.example", "\uff2au\u0308@shop.example", "j\u00fc@shop.example.",
        "mailto:J\u00dc@Shop.example", "j\u00fc+news@shop.example",
    ];

    static readonly string[] s_domains = ["jo@xn--mller-kva.example", "jo@m\u00fcller.example", "JO@M\u00dcLLER.example"];

    [Test]
    public void A_number_is_kept_and_sent_in_E164([ValueSource(nameof(s_numbers))] string number)
    {
        using var fixture = Texts();
        Name(fixture, "c1", "u1", number);
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent.Single().Recipient, Is.EqualTo(new Recipient(Phone: "+4915112340000")));
        Assert.That(fixture.Count("SELECT count(*) FROM contact WHERE phone='+4915112340000'"), Is.EqualTo(1));
    }

    [Test]
    public void A_suppressed_number_is_suppressed_in_every_spelling([ValueSource(nameof(s_numbers))] string number)
    {
        using var fixture = Texts();
        fixture.It.Store.Customers.Suppress("shop", AddressKind.Phone, "+4915112340000", "shop", Noon);
        Name(fixture, "c1", "u1", number);
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.Suppressed }));
    }

    [TestCase("+49015112340000")]
    [TestCase("015112340000")]
    public void A_number_that_was_suppressed_as_it_was_written_stays_suppressed_and_can_be_released(string kept)
    {
        using var fixture = Texts();
        fixture.Count($"INSERT INTO suppression(store, address, value, reason, at) VALUES('shop', {AddressKind.Phone:D}, '{kept}', 'shop', 1)");
        Assert.That(fixture.It.Store.Customers.IsSuppressed("shop", AddressKind.Phone, "+4915112340000"), Is.True);
        Assert.That(fixture.It.Store.Customers.Release("shop", AddressKind.Phone, "+4915112340000"), Is.True);
        Assert.That(fixture.It.Store.Customers.IsSuppressed("shop", AddressKind.Phone, "+4915112340000"), Is.False);
    }

    [Test]
    public void A_number_that_was_kept_as_it_was_written_is_compared_and_sent_in_E164()
    {
        using var fixture = Texts();
        Name(fixture, "c1", "u1", "+4915112340000");
        fixture.Count("UPDATE contact SET phone='+49 (0) 151 / 12340000'");
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent.Single().Recipient?.Phone, Is.EqualTo("+4915112340000"));
        fixture.It.Store.Customers.Suppress("shop", AddressKind.Phone, "+49 151 12340000", "shop", Noon);
        fixture.Decide("c2", "u1");
        fixture.Pass(Minute);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.Suppressed }));
    }

    [Test]
    public void Caps_count_a_number_in_every_spelling()
    {
        var contact = Open();
        contact.Caps = [new CapConfig { Channel = CapConfig.Sms, Max = 1, Per = new Duration(TimeSpan.FromDays(7)) }];
        using var fixture = Texts(contact);
        for (var i = 0; i < s_numbers.Length; i++)
        {
            Name(fixture, $"c{i}", $"u{i}", s_numbers[i]);
            fixture.Decide($"c{i}", $"u{i}");
            fixture.Pass(Minute);
        }

        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void Both_spellings_of_a_domain_are_one_address_for_suppression_and_caps(
        [ValueSource(nameof(s_domains))] string suppressed, [ValueSource(nameof(s_domains))] string named, [Values] bool isSealed)
    {
        using var scratch = new Scratch();
        using var keys = isSealed ? TestKeys.In(scratch) : null;
        var contact = Open();
        contact.Caps = [new CapConfig { Channel = "email", Max = 1, Per = new Duration(TimeSpan.FromDays(7)) }];
        using var fixture = new JourneyFixture([Series(Step("mail"))], contact, keys: keys);
        fixture.It.Store.Customers.Suppress("shop", AddressKind.Email, suppressed, "shop", Noon);
        Assert.That(fixture.It.Store.Customers.IsSuppressed("shop", AddressKind.Email, named), Is.True);
        Assert.That(fixture.It.Store.Customers.Release("shop", AddressKind.Email, named), Is.True);
        Assert.That(fixture.It.Store.Customers.IsSuppressed("shop", AddressKind.Email, suppressed), Is.False);
        fixture.Know("c1", "u1", suppressed);
        fixture.Know("c2", "u2", named);
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        fixture.Decide("c2", "u2");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_domain_that_was_suppressed_in_letters_by_an_earlier_version_stays_suppressed()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Count($"INSERT INTO suppression(store, address, value, reason, at) VALUES('shop', {AddressKind.Email:D}, 'jo@m\u00fcller.example', 'shop', 1)");
        Assert.That(s_domains.Select(address => fixture.It.Store.Customers.IsSuppressed("shop", AddressKind.Email, address)), Is.All.True);
    }

    [Test]
    public void An_address_is_suppressed_and_released_in_every_spelling(
        [ValueSource(nameof(s_written))] string suppressed, [ValueSource(nameof(s_written))] string named, [Values] bool isSealed)
    {
        using var scratch = new Scratch();
        using var keys = isSealed ? TestKeys.In(scratch) : null;
        using var fixture = new JourneyFixture([Series(Step("mail"))], keys: keys);
        fixture.It.Store.Customers.Suppress("shop", AddressKind.Email, suppressed, "shop", Noon);
        Assert.That(fixture.It.Store.Customers.IsSuppressed("shop", AddressKind.Email, named), Is.True);
        Assert.That(fixture.It.Store.Customers.Release("shop", AddressKind.Email, named), Is.True);
        Assert.That(fixture.It.Store.Customers.IsSuppressed("shop", AddressKind.Email, suppressed), Is.False);
    }

    [TestCase("bounced")]
    [TestCase("mailbox_unavailable")]
    public void A_mailbox_that_takes_no_mail_is_suppressed_as_it_is_written(string reason)
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        var customers = fixture.It.Store.Customers;
        customers.Suppress("shop", AddressKind.Email, "jo+x@shop.example", reason, Noon);
        Assert.That(customers.IsSuppressed("shop", AddressKind.Email, "Jo+x@shop.example"), Is.True);
        Assert.That(customers.IsSuppressed("shop", AddressKind.Email, "jo@shop.example"), Is.False);
        Assert.That(customers.Release("shop", AddressKind.Email, "jo+x@shop.example"), Is.True);
    }

    [Test]
    public void An_address_that_was_suppressed_with_its_marks_apart_by_an_earlier_version_stays_suppressed()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        var kept = $"VALUES('shop', {AddressKind.Email:D}, 'ju\u0308@x.example', 'shop', 1)";
        fixture.Count($"INSERT INTO suppression(store, address, value, reason, at) {kept}");
        Assert.That(fixture.It.Store.Customers.IsSuppressed("shop", AddressKind.Email, "j\u00fc@x.example"), Is.True);
    }

    [Test]
    public void Whoever_has_just_bought_is_known_by_every_spelling_of_the_address([ValueSource(nameof(s_written))] string named)
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        var addresses = fixture.It.Store.Addresses;
        Assert.That(addresses.Of("shop", named), Is.EqualTo(addresses.Of("shop", "j\u00fc@shop.example")));
    }

    [Test]
    public void An_address_that_was_kept_as_it_was_written_is_sent_to_in_its_usual_form()
    {
        using var fixture = new JourneyFixture([Series(Step("mail"))]);
        fixture.Know("c1", "u1", "jo@shop.example");
        fixture.Count("UPDATE contact SET email='mailto:\uff4ao@shop.example.'");
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        Assert.That(fixture.Sent.Single().Recipient?.Email, Is.EqualTo("jo@shop.example"));
    }

    [Test]
    public void A_number_named_without_its_plus_is_suppressed()
    {
        using var fixture = Texts();
        fixture.It.Store.Customers.Suppress("shop", AddressKind.Phone, "+4915155509999", "shop", Noon);
        Name(fixture, "c1", "u1", "4915155509999");
        fixture.Decide("c1", "u1");
        fixture.Pass(Minute);
        Assert.That(fixture.Reasons, Is.EqualTo(new[] { WithheldReason.Suppressed }));
        Assert.That(fixture.It.Store.Customers.IsSuppressed("shop", AddressKind.Phone, "+494915155509999"), Is.True, "as kept before");
    }

    static JourneyFixture Texts(ContactConfig? contact = null) => new([Series(Step("texts"))], contact);

    static void Name(JourneyFixture fixture, string cart, string user, string number)
    {
        fixture.Tell(EventType.Identify, cart, user, meta: $$"""{"phone":"{{number}}"}""");
        fixture.Agree(cart, user, channel: "sms");
    }
}
