using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Configuration;

/// <summary>Currencies, locales and exchange rates.</summary>
public sealed class MoneyConfigTests
{
    const string Store = "stores: [{ id: s1, keys: [{ key: sk_0123456789abcdef, kind: secret }]";

    [TestCase("locale: xx", "unknown locale 'xx'")]
    [TestCase("locale: dee", "unknown locale 'dee', did you mean 'de'?")]
    public void An_unknown_locale_is_reported(string locale, string expected)
    {
        var (_, problems) = ConfigFile.Load($"{Store}, {locale} }}]\n");
        Assert.That(problems, Has.One.Contains($"error: {expected}"));
    }

    [TestCase("{ EUR: 0 }")]
    [TestCase("{ EUR: -1 }")]
    [TestCase("{ euro: 1 }")]
    public void A_rate_is_a_number_above_0_for_a_currency(string rates)
    {
        var (_, problems) = ConfigFile.Load($"{Store} }}]\ndecisions: {{ exchangeRates: {rates} }}\n");
        Assert.That(problems, Has.One.Contains("a rate must be a number above 0 for a currency of three capital letters, like EUR: 1.08"));
    }

    [Test]
    public void Rates_are_in_force_with_the_campaigns_and_in_what_the_journal_records()
    {
        var (config, problems) = ConfigFile.Load($"{Store}, locale: de-AT, currency: EUR }}]\ndecisions: {{ exchangeRates: {{ USD: 1, EUR: 1.25 }} }}\n");
        Assert.That(problems, Is.Empty);
        var record = ConfigurationRecord.Write(config!.Decisions, config.Contact, []);
        Assert.That(CampaignCompiler.Compile(config.Decisions).Rates.Factor("EUR", "USD"), Is.EqualTo(1.25));
        Assert.That(CampaignCompiler.Compile(ConfigurationRecord.ReadDecisions(record)!).Rates.Factor("USD", "EUR"), Is.EqualTo(0.8));
        Assert.That(CampaignCompiler.Compile(config.Decisions).Rates.Factor("SEK", "EUR"), Is.NaN);
    }

    [TestCase("""{"USD":1,"EUR":1.25}""")]
    [TestCase("""{"base":"USD","date":"2026-11-30","rates":{"EUR":0.8}}""")]
    public void A_file_has_rates_as_public_sources_write_them(string json)
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch.PathOf("rates.json"), json);
        var rates = new Dictionary<string, double>(StringComparer.Ordinal);
        Assert.That(ExchangeRatesFile.Read(scratch.PathOf("rates.json"), rates), Is.Null);
        Assert.That((rates["USD"], rates["EUR"]), Is.EqualTo((1d, 1.25)));
    }

    [TestCase("[]", "must be a JSON object of currencies and numbers")]
    [TestCase("""{"EUR":"1.08"}""", "the rate of 'EUR' in")]
    [TestCase("""{"EUR":0}""", "the rate of 'EUR' in")]
    [TestCase("{", "cannot be read")]
    [TestCase(null, "cannot be read")]
    public void A_file_that_has_none_says_why(string? json, string expected)
    {
        using var scratch = new Scratch();
        if (json is not null)
        {
            File.WriteAllText(scratch.PathOf("rates.json"), json);
        }

        Assert.That(ExchangeRatesFile.Read(scratch.PathOf("rates.json"), []), Does.Contain(expected));
    }

    [TestCase("{ url: /latest }", "url must be an absolute http or https address")]
    [TestCase("{ url: \"ftp://rates.example/\" }", "url must be an absolute http or https address")]
    [TestCase("{ url: \"https://rates.example/\", header: secret }", "a header must be a name, a colon and a value, in printable ASCII")]
    [TestCase("{ url: \"https://rates.example/\", header: \": secret\" }", "a header must be a name, a colon and a value, in printable ASCII")]
    [TestCase("{ url: \"https://rates.example/\", interval: 10s }", "exchangeRatesSource.interval must be at least 1m, not 10s")]
    [TestCase("{ header: \"a: b\" }", "missing key 'url' in decisions.exchangeRatesSource")]
    public void A_source_of_rates_is_checked(string source, string expected)
    {
        var (_, problems) = ConfigFile.Load($"{Store} }}]\ndecisions: {{ exchangeRatesSource: {source} }}\n");
        Assert.That(problems, Has.One.Contains(expected).And.None.Contains("secret"));
    }

    [Test]
    public void The_journal_does_not_record_the_source_and_its_key()
    {
        var (config, problems) = ConfigFile.Load($"{Store} }}]\ndecisions: {{ exchangeRatesSource: {{ url: \"https://rates.example/\", header: \"X-Api-Key: hidden\" }} }}\n");
        Assert.That(problems, Is.Empty);
        Assert.That(System.Text.Encoding.UTF8.GetString(ConfigurationRecord.Write(config!.Decisions, config.Contact, [])), Does.Not.Contain("hidden").And.Not.Contain("rates.example"));
    }

    [Test]
    public void A_missing_file_is_reported_where_it_is_named()
    {
        var (_, problems) = ConfigFile.Load($"{Store} }}]\ndecisions: {{ exchangeRatesFile: gone.json }}\n");
        Assert.That(problems, Has.One.Match("c.yaml:2:[0-9]+: error: '.*gone.json' cannot be read"));
    }
}
