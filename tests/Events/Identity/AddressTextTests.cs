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
    public void Fillers_and_national_numbers_of_no_range_are_no_numbers(string text, string? country) => Assert.That(PhoneText.ToE164(text, country), Is.Null);

    [TestCase("+31600000000")]
    [TestCase("+15551234567")]
    public void An_international_number_of_an_unknown_range_is_one(string text) => Assert.That(PhoneText.ToE164(text, "DE"), Is.EqualTo(text));

    [Test]
    public void A_number_in_E164_stays_as_it_is() => Assert.That(PhoneText.ToE164(PhoneText.ToE164("0151 12340000", "DE"), "NL"), Is.EqualTo("+4915112340000"));

    [Test]
    public void Earlier_spellings_are_known() =>
        Assert.That(PhoneText.FormerSpellings("+4915112340000"), Is.EqualTo(new[] { "+49015112340000", "015112340000", "+494915112340000" }));

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

    [TestCase("J\u00d6@shop.example", "j\u00f6@shop.example")]
    [TestCase("a_b@my_host.example", "a_b@my_host.example")]
    [TestCase("jo@xn--.example", "jo@xn--.example")]
    public void What_needs_no_mapping_is_only_put_in_lower_case(string address, string folded) => Assert.That(EmailText.Fold(address), Is.EqualTo(folded));
}
