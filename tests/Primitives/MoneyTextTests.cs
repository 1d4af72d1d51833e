using CartRecovery.Primitives;

namespace CartRecovery.Tests.Primitives;

public sealed class MoneyTextTests
{
    // A blank stands for the no-break spaces.
    [TestCase("1234.5", "USD", "en", "$1,234.50")]
    [TestCase("1234.5", "EUR", "de", "1.234,50 €")]
    [TestCase("1234.5", "USD", "de", "1.234,50 $")]
    [TestCase("1234.5", "EUR", "fr", "1 234,50 €")]
    [TestCase("1234.5", "EUR", "nl", "€ 1.234,50")]
    [TestCase("1234.5", "EUR", "es", "1234,50 €")]
    [TestCase("12345.5", "EUR", "es", "12.345,50 €")]
    [TestCase("1234.5", "CHF", "de-CH", "CHF 1’234.50")]
    [TestCase("1234.5", "SEK", "sv", "1 234,50 kr")]
    [TestCase("1234.5", "SEK", "en", "SEK 1,234.50")]
    [TestCase("1234.5", "PLN", "pl", "1234,50 zł")]
    [TestCase("1234.5", "BRL", "pt-BR", "R$ 1.234,50")]
    [TestCase("15000", "JPY", "ja", "￥15,000")]
    [TestCase("15000", "JPY", "en", "¥15,000")]
    [TestCase("14999.5", "JPY", "de", "15.000 ¥")]
    [TestCase("1.5", "KWD", "en", "KWD 1.500")]
    [TestCase("1.2345", "TND", "fr", "1,235 TND")]
    [TestCase("12345678.9", "INR", "en-IN", "₹1,23,45,678.90")]
    [TestCase("5", "CAD", "en-CA", "$5.00")]
    [TestCase("5", "USD", "en-CA", "US$5.00")]
    [TestCase("5", "CAD", "en", "CA$5.00")]
    [TestCase("-5", "USD", "en", "-$5.00")]
    [TestCase("-0.001", "USD", "en", "$0.00")]
    [TestCase("5", "XYZ", "en", "XYZ 5.00")]
    [TestCase("0.005", "EUR", "de_DE", "0,01 €")]
    public void An_amount_is_written_as_the_locale_writes_it(string amount, string currency, string locale, string expected) => Assert.That(
        MoneyText.Format(decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture), currency, MoneyLocale.Find(locale)!).Replace('\u00a0', ' ').Replace('\u202f', ' '),
        Is.EqualTo(expected));

    [Test]
    public void Trailing_zeros_may_be_left_out()
    {
        Assert.That(MoneyText.Format(5, "EUR", MoneyLocale.Default, trims: true), Is.EqualTo("€5"));
        Assert.That(MoneyText.Format(5.5m, "EUR", MoneyLocale.Default, trims: true), Is.EqualTo("€5.50"));
    }

    [TestCase("de-DE", "de")]
    [TestCase("EN-us", "en")]
    [TestCase("pt-br", "pt-BR")]
    [TestCase("zh-Hant", "zh")]
    [TestCase("xx", null)]
    [TestCase("deutsch", null)]
    [TestCase("", null)]
    public void A_country_without_rules_of_its_own_has_its_languages(string name, string? found) => Assert.That(MoneyLocale.Find(name)?.Name, Is.EqualTo(found));
}
