using System.Globalization;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Checks the stores' currencies and locales, and the exchange rates of the configuration file.</summary>
sealed class MoneyCheck(ConfigCheck check, ConfigLocations locations)
{
    public void Run(CartRecoveryConfig config)
    {
        foreach (var store in config.Stores)
        {
            if (!CurrencyCode.Known.Contains(store.Currency))
            {
                check.Report(store, "currency", $"currency: {ExchangeRatesJson.Unknown(store.Currency)}");
            }

            if (locations.Bound(store, "locale") && MoneyLocale.Find(store.Locale) is null)
            {
                check.Report(store, "locale", $"unknown locale '{store.Locale}'{Suggestion.Hint(store.Locale, MoneyLocale.Names)}; docs/messages.md lists them");
            }
        }

        var decisions = config.Decisions;
        var rates = decisions.ExchangeRates;
        foreach (var currency in locations.KeysOf(rates).Where(rates.ContainsKey))
        {
            if (!CurrencyCode.Known.Contains(currency))
            {
                check.Report(locations.OfKey(rates, currency), $"exchangeRates: {ExchangeRatesJson.Unknown(currency)}");
            }
            else if (rates[currency] is not (> 0 and < ExchangeRatesJson.MaxWorth))
            {
                var got = rates[currency].ToString(CultureInfo.InvariantCulture);
                check.Report(rates, currency, $"exchangeRates.{currency}: expected a number above 0, got {got}");
            }
        }

        if (decisions.ExchangeRatesSource is { } source)
        {
            Run(source);
        }
        else if (rates.Count > 0 && rates.All(rate => CurrencyCode.Known.Contains(rate.Key) && rate.Value > 0) && !config.Stores.Exists(store => rates.ContainsKey(store.Currency)) && config.Stores is [var first, ..]
            && config.Stores.TrueForAll(store => CurrencyCode.Known.Contains(store.Currency)))
        {
            // Amounts are converted into the store's currency. A store without a rate may have orders in its own alone; where none has one, no rate is of use.
            check.Report(first, "currency", $"currency: the exchange rates lack {first.Currency}, the store's currency, so that nothing can be converted; add its rate to decisions.exchangeRates");
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
}
