using System.Text.Json;
using CartRecovery.Primitives;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Primitives;

/// <summary>The table of locales against Unicode's own data.</summary>
public sealed class MoneyLocaleTests
{
    const string Space = "\u00a0";

    static readonly JsonElement s_cldr = Read();

    static IEnumerable<string> Names => MoneyLocale.Names;

    [TestCaseSource(nameof(Names))]
    public void A_locale_is_as_in_the_CLDR(string name)
    {
        var (locale, cldr) = (MoneyLocale.Find(name)!, s_cldr.GetProperty("locales").GetProperty(name));
        // Marks of direction, and the form of negative amounts, which messages do not have.
        var pattern = cldr.GetProperty("pattern").GetString()!.Split(';')[0].Replace("\u200f", "", StringComparison.Ordinal);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((locale.Point, locale.Group), Is.EqualTo((cldr.GetProperty("decimal").GetString(), cldr.GetProperty("group").GetString())));
            Assert.That(locale.Pattern, Is.EqualTo(pattern switch
            {
                _ when pattern.StartsWith("¤#", StringComparison.Ordinal) => "$n",
                _ when pattern.StartsWith("¤" + Space, StringComparison.Ordinal) => "$ n",
                _ when pattern.EndsWith(Space + "¤", StringComparison.Ordinal) => "n $",
                _ => pattern,
            }));
            Assert.That(locale.GroupSize, Is.EqualTo(pattern.Contains("#,##,##0", StringComparison.Ordinal) ? 2 : 3));
            Assert.That(locale.MinGrouped, Is.EqualTo(3 + cldr.GetProperty("minimumGroupingDigits").GetInt32()));
            Assert.That(MoneyText.Format(1, locale.Own, locale), Does.Contain(cldr.GetProperty("symbols").GetProperty(locale.Own).GetString()));
        }
    }

    [Test]
    public void The_signs_of_other_currencies_are_those_of_English()
    {
        foreach (var currency in s_cldr.GetProperty("english").EnumerateObject())
        {
            var sign = currency.Value.GetString()!;
            Assert.That(MoneyText.Format(1, currency.Name, MoneyLocale.Default), Does.StartWith(char.IsLetter(sign[^1]) ? sign + Space : sign + "1"), currency.Name);
        }
    }

    [TestCase("id", "IDR", "Rp\u00a01.234,50")]
    [TestCase("ms", "MYR", "RM\u00a01,234.50")]
    [TestCase("de-AT", "EUR", "€\u00a01.234,50")]
    [TestCase("fr-CH", "CHF", "1\u202f234.50\u00a0CHF")]
    [TestCase("it", "EUR", "1234,50\u00a0€")]
    public void An_amount_is_written_by_it(string locale, string currency, string expected) =>
        Assert.That(MoneyText.Format(1234.5m, currency, MoneyLocale.Find(locale)!), Is.EqualTo(expected));

    static JsonElement Read()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "tests", "Primitives", "cldr-46.json")));
        return document.RootElement.Clone();
    }
}
