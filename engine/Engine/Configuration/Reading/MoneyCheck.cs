using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Checks the stores' currencies and locales, and the exchange rates, whose file it reads.</summary>
sealed class MoneyCheck(ConfigCheck check, ConfigLocations locations)
{
    const double MaxWorth = 1e12;

    public void Run(CartRecoveryConfig config)
    {
        foreach (var store in config.Stores)
        {
            if (!IsCode(store.Currency))
            {
                check.Report(store, "currency", $"a currency must be three capital letters, like EUR, not '{store.Currency}'");
            }

            if (locations.Bound(store, "locale") && MoneyLocale.Find(store.Locale) is null)
            {
                check.Report(store, "locale", $"unknown locale '{store.Locale}'{Suggestion.Hint(store.Locale, MoneyLocale.Names)}; docs/messages.md lists them");
            }
        }

        var decisions = config.Decisions;
        foreach (var (currency, worth) in decisions.ExchangeRates)
        {
            if (!IsCode(currency) || worth is not (> 0 and < MaxWorth))
            {
                check.Report(decisions, "exchangeRates", $"a rate must be a number above 0 for a currency of three capital letters, like EUR: 1.08, not '{currency}'");
            }
        }

        if (decisions.ExchangeRatesFile is { } file && locations.Bound(decisions, "exchangeRatesFile")
            && ExchangeRatesFile.Read(Path.Combine(config.Folder, file), decisions.ExchangeRates) is { } problem)
        {
            check.Report(decisions, "exchangeRatesFile", problem);
        }

        if (decisions.ExchangeRatesSource is { } source)
        {
            Run(source);
        }
    }

    void Run(ExchangeRatesSourceConfig source)
    {
        if (locations.Bound(source, "url") && !ContactCheck.IsWebAddress(source.Url))
        {
            check.Report(source, "url", "url must be an absolute http or https address");
        }

        if (source.Header is not null && locations.Bound(source, "header") && source.ParseHeader() is null)
        {
            // It may be secret, so the message does not repeat it.
            check.Report(source, "header", "a header must be a name, a colon and a value, in printable ASCII: \"X-Api-Key: …\"");
        }
    }

    static bool IsCode(string code) => code.Length == 3 && !code.AsSpan().ContainsAnyExceptInRange('A', 'Z');
}
