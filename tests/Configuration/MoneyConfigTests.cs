using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.State;
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

    [TestCase("{ EUR: 0 }", "2:36: error: exchangeRates.EUR: expected a number above 0, got 0")]
    [TestCase("{ EUR: -1 }", "2:36: error: exchangeRates.EUR: expected a number above 0, got -1")]
    [TestCase("{ euro: 1 }", "2:31: error: exchangeRates: expected an ISO 4217 code, got 'euro', did you mean 'EUR'?")]
    [TestCase("{ eur: 1 }", "2:31: error: exchangeRates: expected an ISO 4217 code, got 'eur', did you mean 'EUR'?")]
    [TestCase("{ ZZZ: 1 }", "2:31: error: exchangeRates: expected an ISO 4217 code, got 'ZZZ'")]
    public void A_rate_is_a_number_above_0_for_a_currency(string rates, string expected)
    {
        var (_, problems) = ConfigFile.Load($"{Store} }}]\ndecisions: {{ exchangeRates: {rates} }}\n");
        Assert.That(problems, Is.EqualTo(new[] { $"c.yaml:{expected}" }));
    }

    [Test]
    public void Rates_without_any_stores_currency_are_of_no_use()
    {
        var (_, problems) = ConfigFile.Load($"{Store}, currency: EUR }}]\ndecisions: {{ exchangeRates: {{ USD: 1, SEK: 0.1 }} }}\n");
        Assert.That(problems, Is.EqualTo(new[]
        {
            "c.yaml:1:82: error: currency: the exchange rates lack EUR, the store's currency, so that nothing can be converted; add its rate to decisions.exchangeRates",
        }));
        Assert.That(ConfigFile.Load($"{Store} }}]\ndecisions: {{ exchangeRates: {{ EUR: 1 }} }}\n").Problems, Has.One.Contains("lack USD"), "the default");
        Assert.That(LoadWith("""{"EUR":1,"SEK":0.1}""").Problems, Has.One.Contains("lack USD"), "of a file");
        Assert.That(ConfigFile.Load($"{Store} }}]\ndecisions: {{ exchangeRates: {{ EUR: 1 }}, exchangeRatesSource: {{ url: \"https://rates.example/\" }} }}\n").Problems, Is.Empty, "the source may have it");
    }

    [TestCase("usd", "expected an ISO 4217 code, got 'usd', did you mean 'USD'?")]
    [TestCase("EUT", "expected an ISO 4217 code, got 'EUT', did you mean 'EUR'?")]
    [TestCase("x", "expected an ISO 4217 code, got 'x'")]
    public void A_store_has_a_currency_of_ISO_4217(string currency, string expected)
    {
        var (_, problems) = ConfigFile.Load($"{Store}, currency: {currency} }}]\n");
        Assert.That(problems, Has.One.EndsWith($"error: currency: {expected}"));
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
    [TestCase("\uFEFF{\"USD\":1,\"EUR\":1.25}")]
    [TestCase("""{"base":"USD","date":"2026-11-30","rates":{"EUR":0.8}}""")]
    [TestCase("""{"result":"success","nested":{"USD":[7]},"rates":{"USD":1,"EUR":0.8,"GGP":2,"KID":3,"BTC":1e-5,"USDT":1},"base":"USD"}""")]
    public void A_file_has_rates_as_public_sources_write_them(string json)
    {
        var (config, problems) = LoadWith(json);
        Assert.That(problems, Is.Empty);
        Assert.That(config!.Decisions.ExchangeRates, Is.EquivalentTo(new Dictionary<string, double> { ["USD"] = 1, ["EUR"] = 1.25 }));
    }

    [Test]
    public void The_files_own_rates_take_precedence()
    {
        var (config, problems) = LoadWith("""{"USD":1,"EUR":1.25}""", "exchangeRates: { EUR: 1.5 }, ");
        Assert.That(problems, Is.Empty);
        Assert.That(config!.Decisions.ExchangeRates, Is.EquivalentTo(new Dictionary<string, double> { ["USD"] = 1, ["EUR"] = 1.5 }));
    }

    [TestCase("[]", "1:1: error: expected a JSON object of currencies and numbers")]
    [TestCase("""{"USD":1,"EUR":"1.08"}""", "1:16: error: EUR: expected a number above 0, got a string")]
    [TestCase("""{"USD":1,"EUR":0}""", "1:16: error: EUR: expected a number above 0, got 0")]
    [TestCase("""{"USD":1,"EUR":1e400}""", "1:16: error: EUR: expected a number above 0, got 1e400")]
    [TestCase("{\n  \"USD\": 1,\n  \"USDT\": 1\n}", "3:3: error: expected an ISO 4217 code, got 'USDT', did you mean 'USD'?")]
    [TestCase("""{"X":1}""", "1:2: error: expected an ISO 4217 code, got 'X'")]
    [TestCase("""{"USD":1,"usd":1}""", "1:10: error: expected an ISO 4217 code, got 'usd', did you mean 'USD'?")]
    [TestCase("""{"USD":1,"ZZZ":1}""", "1:10: error: expected an ISO 4217 code, got 'ZZZ'")]
    [TestCase("""{"EUR":1,"EUR":2}""", "1:10: error: duplicate currency 'EUR'")]
    [TestCase("""{"base":"USD","rates":{"eur":0.8}}""", "1:24: error: expected an ISO 4217 code, got 'eur', did you mean 'EUR'?")]
    [TestCase("""{"base":"usdt","rates":{"EUR":0.8}}""", "1:9: error: base: expected an ISO 4217 code, got 'usdt', did you mean 'USD'?")]
    [TestCase("""{"base":"USD","rates":{"EUR":0}}""", "1:30: error: EUR: expected a number above 0, got 0")]
    [TestCase("""{"base":"USD","rates":{"GGP":1}}""", "1:23: error: no rate of a known currency")]
    [TestCase("{}", "1:1: error: no rate of a known currency")]
    [TestCase("{\n\"USD\":1,\n", "3:1: error: not valid JSON")]
    [TestCase("{\"ä\":1}", "1:2: error: expected an ISO 4217 code, got 'ä'")]
    public void A_file_that_has_none_says_where_and_why(string json, string expected)
    {
        var (config, problems) = LoadWith(json);
        Assert.That(config, Is.Null);
        Assert.That(problems, Has.Length.EqualTo(1));
        Assert.That(problems[0], Does.EndWith($"/rates.json:{expected}").Or.Contain($"/rates.json:{expected}:"));
    }

    [Test]
    public void All_problems_of_a_file_are_reported_at_once_after_those_of_the_configuration()
    {
        var (_, problems) = LoadWith("""{"USD":0,"usd":1,"JPY":true}""", "window: never, ");
        Assert.That(problems.Select(problem => problem[(problem.LastIndexOf('/') + 1)..]), Is.EqualTo(new[]
        {
            "c.yaml:2:22: error: decisions.window must be a duration like 250ms, 5s, 30m, 24h or 7d, not 'never'", "rates.json:1:8: error: USD: expected a number above 0, got 0",
            "rates.json:1:10: error: expected an ISO 4217 code, got 'usd', did you mean 'USD'?", "rates.json:1:24: error: JPY: expected a number above 0, got true",
        }));
    }

    [Test]
    public void Recorded_rates_of_texts_that_are_no_codes_are_skipped()
    {
        var rates = new ExchangeRates(new Dictionary<string, double>(StringComparer.Ordinal) { ["USD"] = 1, ["USDT"] = 2, ["X"] = 3, [""] = 4, ["EUR"] = 1.25 });
        Assert.That(rates.Currencies, Is.EquivalentTo(new[] { "USD", "EUR" }));
        Assert.That((rates.Factor("EUR", "USD"), rates.Factor("X", "USD")), Is.EqualTo((1.25, double.NaN)));
    }

    static (CartRecoveryConfig? Config, string[] Problems) LoadWith(string rates, string keys = "")
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch.PathOf("rates.json"), rates);
        var path = scratch.Write("c.yaml", $"{Store} }}]\ndecisions: {{ {keys}exchangeRatesFile: rates.json }}\n");
        var result = ConfigLoader.Load(path, TestCatalog.Small, _ => null);
        return (result.Config, [.. result.Problems.Select(problem => problem.ToString())]);
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
        Assert.That(problems, Has.One.Match("c.yaml:2:[0-9]+: error: 'gone.json' cannot be read"));
    }
}
