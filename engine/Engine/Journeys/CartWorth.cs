using CartRecovery.Engine.State;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys;

/// <summary>
/// Orders carts by value, also where there are no exchange rates. Carts whose value is known in the store's currency count more than others.
/// Those without a rate are compared within their currency; of two currencies, the one whose code comes first counts more: arbitrary, but
/// always the same.
/// </summary>
/// <param name="Currency">The currency without a rate; empty if the value is in the store's currency.</param>
/// <param name="Value">The value, in units of 1/10,000.</param>
readonly record struct CartWorth(string Currency, double Value) : IComparable<CartWorth>
{
    /// <summary>Returns a cart's worth.</summary>
    /// <param name="money">The store's currency and the rates.</param>
    /// <param name="value">The value, in units of 1/10,000 of <paramref name="currency"/>.</param>
    /// <param name="currency">The cart's currency; empty for the store's.</param>
    public static CartWorth Of(StoreMoney money, long value, string currency) =>
        money.FactorOf(CurrencyCode.Parse(currency)) is var factor && double.IsNaN(factor)
            ? new CartWorth(currency, value) : new CartWorth("", value * factor);

    /// <inheritdoc/>
    public int CompareTo(CartWorth other)
    {
        // The empty text comes before every code.
        var byCurrency = string.CompareOrdinal(other.Currency, Currency);
        return byCurrency != 0 ? byCurrency : Value.CompareTo(other.Value);
    }
}
