using CartRecovery.Primitives;

namespace CartRecovery.Engine.State;

/// <summary>Exchange rates to a common base currency. Immutable.</summary>
public sealed class ExchangeRates
{
    readonly Dictionary<uint, double> _worth;

    /// <summary>Creates the rates. Entries of other texts than codes, which earlier versions recorded, are skipped.</summary>
    /// <param name="worth">By ISO 4217 code: the value of one unit, in any currency, the same for all.</param>
    public ExchangeRates(IReadOnlyDictionary<string, double> worth) => _worth = worth
        .Select(rate => (Code: CurrencyCode.Parse(rate.Key), rate.Value)).Where(rate => rate.Code != 0).DistinctBy(rate => rate.Code)
        .ToDictionary(rate => rate.Code, rate => rate.Value);

    /// <summary>No rates: an amount is in its currency alone.</summary>
    public static ExchangeRates None { get; } = new(new Dictionary<string, double>(StringComparer.Ordinal));

    /// <summary>The currencies with a rate.</summary>
    public IEnumerable<string> Currencies => _worth.Keys.Select(CurrencyCode.ToString);

    /// <summary>Returns what a unit of one currency is in another; <see cref="double.NaN"/> if it is not known.</summary>
    /// <param name="from">The packed code.</param>
    /// <param name="to">The packed code.</param>
    public double Factor(uint from, uint to) =>
        from == to ? 1 : _worth.TryGetValue(from, out var worth) && _worth.TryGetValue(to, out var unit) ? worth / unit : double.NaN;

    /// <inheritdoc cref="Factor(uint, uint)"/>
    public double Factor(string from, string to) => Factor(CurrencyCode.Parse(from), CurrencyCode.Parse(to));
}

/// <summary>A store's currency, and what others are in it.</summary>
/// <param name="Currency">The store's, packed.</param>
/// <param name="Rates">The rates.</param>
public sealed record StoreMoney(uint Currency, ExchangeRates Rates)
{
    /// <summary>Returns what a unit of a currency is in the store's; <see cref="double.NaN"/> if it is not known.</summary>
    public double FactorOf(uint currency) => currency == Currency ? 1 : Rates.Factor(currency, Currency);
}
