using CartRecovery.Engine.Events.Identity;

namespace CartRecovery.Tests.Events.Identity;

/// <summary>One spelling for phone numbers, and one for e-mail addresses.</summary>
public sealed class AddressTextTests
{
    [TestCase("+4915112340000", null)]
    [TestCase("+49 151 12340000", null)]
    [TestCase("+49 (0)151 / 1234-0000", null)]
    [TestCase("tel:+49-151-12340000", null)]
    [TestCase("0151 12340000", "DE")]
    [TestCase("0049 151 12340000", "DE")]
    [TestCase("00 49 151 12340000", "NL")]
    public void Spellings_of_a_number_are_one(string text, string? country) => Assert.That(PhoneText.ToE164(text, country), Is.EqualTo("+4915112340000"));

    [TestCase("06 12345678", "NL", "+31612345678")]
    [TestCase("06 12345678", "IT", "+390612345678")]
    [TestCase("(212) 555-0100", "US", "+12125550100")]
    [TestCase("(212) 555-0100", null, null)]
    [TestCase("", "DE", null)]
    [TestCase("jo@shop.example", "DE", null)]
    public void A_national_number_needs_its_country(string text, string? country, string? expected) => Assert.That(PhoneText.ToE164(text, country), Is.EqualTo(expected));

    [TestCase("We call you on 0151 12340000.", "DE", "We call you on ***.")]
    [TestCase("We call you on (0151) 1234-0000, order 4711", "DE", "We call you on ***, order 4711")]
    [TestCase("06-12345678 or +49 151 12340000 or jo@shop.example", "NL", "*** or *** or ***@shop.example")]
    [TestCase("2 0612345678", "NL", "2 ***")]
    [TestCase("from 4915155509999, 2 times", "DE", "from ***, 2 times")]
    [TestCase("We call you on 0151 12340000.", null, null)]
    [TestCase("Order 20261202-000123 of 2026-12-02 10:00:00 for 1234.56", "DE", null)]
    [TestCase("3 for 59.97 USD, 15% off", "DE", null)]
    public void National_numbers_in_a_text_are_masked_where_the_country_is_known(string text, string? country, string? masked)
    {
        Assert.That(PhoneText.Mask(text, country), masked is null ? Is.SameAs(text) : Is.EqualTo(masked));
        Assert.That(PhoneText.IsIn(text, country), Is.EqualTo(masked is not null));
    }

    [Test]
    public void A_text_of_many_numbers_costs_no_more_than_a_few_of_them_and_hides_the_last_one_too()
    {
        var text = string.Concat(Enumerable.Repeat("1234567; ", 10_000)) + "0151 12340000";
        Assert.That(PhoneText.Mask(text, "DE"), Does.StartWith("1234567; ").And.Not.Contains("12340000"));
        Assert.That(PhoneText.IsIn(text, "DE"), Is.True);
    }

    [TestCase("4915155509999", "DE", "+4915155509999")]
    [TestCase("49 (0)151 555-09999", "DE", "+4915155509999")]
    [TestCase("04915155509999", "DE", "+494915155509999")]
    [TestCase("15155509999", "DE", "+4915155509999")]
    [TestCase("31612345678", "NL", "+31612345678")]
    [TestCase("31612345678", "DE", "+31612345678")]
    [TestCase("31612345678", "US", "+31612345678")]
    [TestCase("0049 151 55509999", "US", "+4915155509999")]
    [TestCase("12125550100", "US", "+12125550100")]
    [TestCase("34612345678", "ES", "+34612345678")]
    [TestCase("4571234567", "US", null)]
    public void A_number_with_its_countrys_code_and_no_plus_is_international(string text, string country, string? expected) =>
        Assert.That(PhoneText.ToE164(text, country), Is.EqualTo(expected));

    [TestCase("0000000000", "DE")]
    [TestCase("1111111111", "DE")]
    [TestCase("1234567890", "DE")]
    [TestCase("110", "DE")]
    [TestCase("555 123 4567", "US")]
    [TestCase("+490000000000", null)]
    [TestCase("+1 111 111 1111", null)]
    [TestCase("+10000000000", "US")]
    public void Fillers_and_national_numbers_of_no_range_are_no_numbers(string text, string? country) =>
        Assert.That(PhoneText.ToE164(text, country), Is.Null);

    [TestCase("+31600000000")]
    [TestCase("+15551234567")]
    public void An_international_number_of_an_unknown_range_is_one(string text) =>
        Assert.That(PhoneText.ToE164(text, "DE"), Is.EqualTo(text));

    [Test]
    public void A_number_in_E164_stays_as_it_is() => Assert.That(PhoneText.ToE164(PhoneText.ToE164("0151 12340000", "DE"), "NL"), Is.EqualTo("+4915112340000"));

    [Test]
    public void Earlier_spellings_are_known() =>
        Assert.That(
            PhoneText.FormerSpellings("+4915112340000"), Is.EqualTo(new[] { "+49015112340000", "015112340000", "+494915112340000" }));

    [Test]
    public void A_number_kept_with_its_countrys_code_twice_is_known_as_the_right_one() =>
        Assert.That(PhoneText.FormerSpellings("+494915155509999"), Does.Contain("+4915155509999"));

    [TestCase("jo@xn--mller-kva.example")]
    [TestCase("jo@m\u00fcller.example")]
    [TestCase("JO@M\u00dcLLER.Example")]
    [TestCase("Jo@XN--MLLER-KVA.example")]
    public void Spellings_of_a_domain_are_one(string address)
    {
        Assert.That(EmailText.Parse(address), Is.EqualTo(address));
        Assert.That(EmailText.Fold(address), Is.EqualTo("jo@xn--mller-kva.example"));
        Assert.That(EmailText.InLetters(EmailText.Fold(address)), Is.EqualTo("jo@m\u00fcller.example"));
    }

    [TestCase("jo@mu\u0308ller.example", "jo@m\u00fcller.example", Description = "letter and mark apart")]
    [TestCase("jo@\uff4d\u00fcller.example", "jo@m\u00fcller.example", Description = "another width")]
    [TestCase("\uff4a\uff4f\uff20m\u00fcller\uff0eexample", "jo@m\u00fcller.example")]
    [TestCase("jo@m\u00fcller\u3002example", "jo@m\u00fcller.example")]
    [TestCase("jo@m\u00fcller.example.", "jo@m\u00fcller.example")]
    [TestCase("jo@xn--mller-kva.example.", "jo@xn--mller-kva.example")]
    [TestCase("mailto:jo@m\u00fcller.example", "jo@m\u00fcller.example")]
    [TestCase(" MAILTO:jo@m%C3%BCller.example?subject=Hi", "jo@m\u00fcller.example")]
    [TestCase("\"jo\"@m\u00fcller.example", "jo@m\u00fcller.example")]
    [TestCase("\u00a0jo@m\u00fcller.example\t", "jo@m\u00fcller.example")]
    public void Spellings_of_an_address_are_one(string text, string address)
    {
        Assert.That(EmailText.Parse(text), Is.EqualTo(address));
        Assert.That(EmailText.Fold(text), Is.EqualTo("jo@xn--mller-kva.example"));
    }

    [TestCase("a@x..example")]
    [TestCase("a@.x.example")]
    [TestCase("a@-x.example")]
    [TestCase("a@x-.example")]
    [TestCase("a@x.example..")]
    [TestCase("a@x_y!.example")]
    [TestCase("a@x/y.example")]
    [TestCase("a@[192.0.2.1]")]
    [TestCase("a@192.0.2.1")]
    [TestCase("a@\u00fc-.example")]
    [TestCase("a@xn--99999999999.example")]
    [TestCase("a@xn--.example")]
    [TestCase("a@xn--a.example", Description = "a control character")]
    [TestCase("a@xn--muller-xyd.example", Description = "letter and mark apart, in ASCII")]
    [TestCase("a@xn--mller-0ha66c.example", Description = "a soft hyphen, in ASCII")]
    [TestCase("a@m\u00fcl\u00adler.example")]
    [TestCase("a@shop\u200b.example")]
    [TestCase("a@sh\u200dop.example")]
    [TestCase("a@m\u00fcller\u2010shop.example")]
    [TestCase("a\u00adb@shop.example")]
    [TestCase("a\u200bb@shop.example")]
    [TestCase("a\ufe0fb@shop.example")]
    [TestCase("a\u3164b@shop.example")]
    [TestCase("a b@shop.example")]
    [TestCase("\"a b\"@shop.example")]
    [TestCase("a(b)@shop.example")]
    [TestCase("a\\b@shop.example")]
    [TestCase("a@b@shop.example")]
    [TestCase("\"\"@shop.example")]
    public void What_mail_cannot_be_sent_to_is_no_address(string text) => Assert.That(EmailText.Parse(text), Is.Null);

    [Test]
    public void Labels_local_parts_and_addresses_have_the_lengths_that_mail_carries()
    {
        var labels = string.Join('.', Enumerable.Repeat(new string('x', 46), 4));
        Assert.That(EmailText.Parse($"a@{new string('x', 63)}.example"), Is.Not.Null);
        Assert.That(EmailText.Parse($"a@{new string('x', 64)}.example"), Is.Null);
        Assert.That(EmailText.Parse($"a@{new string('\u00fc', 60)}.example"), Is.Null, "in ASCII");
        Assert.That(EmailText.Parse($"{new string('a', 64)}@shop.example"), Is.Not.Null);
        Assert.That(EmailText.Parse($"{new string('a', 65)}@shop.example"), Is.Null);
        Assert.That(EmailText.Parse($"{new string('\u00fc', 33)}@shop.example"), Is.Null, "in bytes");
        Assert.That(EmailText.Parse($"{new string('a', 64)}@{labels}.x"), Is.Not.Null, "254 characters");
        Assert.That(EmailText.Parse($"{new string('a', 64)}@{labels}.xy"), Is.Null);
    }

    [TestCase("o'brien+a=b@shop.example")]
    [TestCase("a..b.@docomo.example", Description = "old addresses of a Japanese provider")]
    [TestCase("J\u00d6@shop.example")]
    [TestCase("\u043f\u043e\u0447\u0442\u0430@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444")]
    [TestCase("a@\ud55c\uad6d.example")]
    [TestCase("a@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example", Description = "a joiner that is part of the spelling")]
    [TestCase("a@i\u2764.example")]
    [TestCase("a@my_host.example")]
    [TestCase("root@localhost")]
    public void Unusual_addresses_stay_as_they_are(string address) => Assert.That(EmailText.Parse(address), Is.EqualTo(address));

    [TestCase("J\u00d6@shop.example", "j\u00f6@shop.example")]
    [TestCase("JO\u0308@shop.example", "j\u00f6@shop.example")]
    [TestCase("a_b@my_host.example", "a_b@my_host.example")]
    [TestCase("jo@xn--.example", "jo@xn--.example")]
    public void What_needs_no_mapping_is_only_put_in_lower_case(string address, string folded) => Assert.That(EmailText.Fold(address), Is.EqualTo(folded));
}
