using System.Globalization;
using CartRecovery.Primitives;
using Fluid;
using Fluid.Values;

namespace CartRecovery.Engine.Messages;

/// <summary>
/// The filters that print money, in the cart's currency unless one is named, as the store's locale writes it. A text, such as an amount in
/// another currency, stays as it is.
/// </summary>
static class MoneyFilters
{
    public static void AddTo(FilterCollection filters)
    {
        filters.AddFilter("money", (input, arguments, context) => Apply(input, arguments, context, static (amount, currency, locale) => MoneyText.Format(amount, currency, locale)));
        filters.AddFilter("money_with_currency", (input, arguments, context) => Apply(
            input, arguments, context, static (amount, currency, locale) => WithCurrency(MoneyText.Format(amount, currency, locale), currency)));
        filters.AddFilter("money_without_currency", (input, arguments, context) => Apply(
            input, arguments, context, static (amount, currency, locale) => MoneyText.Number(amount, currency, locale)));
        filters.AddFilter("money_without_trailing_zeros", (input, arguments, context) => Apply(
            input, arguments, context, static (amount, currency, locale) => MoneyText.Format(amount, currency, locale, trims: true)));
    }

    /// <summary>Returns the decimals of the cart's currency.</summary>
    public static int DecimalsOf(TemplateContext context) => context is MessageContext { Currency: { Length: > 0 } currency } ? MoneyText.DecimalsOf(currency) : 2;

    static string WithCurrency(string text, string currency) => text.Contains(currency, StringComparison.Ordinal) ? text : $"{text} {currency}";

    static ValueTask<FluidValue> Apply(FluidValue input, FilterArguments arguments, TemplateContext context, Func<decimal, string, MoneyLocale, string> format)
    {
        if (input is StringValue text && !decimal.TryParse(text.ToStringValue(), CultureInfo.InvariantCulture, out _))
        {
            return new(input);
        }

        var message = context as MessageContext;
        var named = (arguments.HasNamed("currency") ? arguments["currency"] : arguments.At(0)).ToStringValue().Trim().ToUpperInvariant();
        return new(new StringValue(format(input.ToNumberValue(), named.Length > 0 ? named : message?.Currency ?? "", message?.Locale ?? MoneyLocale.Default)));
    }
}
