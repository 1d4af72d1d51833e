using System.Globalization;
using System.Text;

namespace CartRecovery.Primitives;

/// <summary>Writes amounts as a locale writes them, with the decimals of ISO 4217.</summary>
public static class MoneyText
{
    // ISO 4217, amendment 177: minor units other than two.
    static readonly Dictionary<string, int> s_decimals = new (int Decimals, string Currencies)[]
    {
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"), (3, "BHD IQD JOD KWD LYD OMR TND"), (4, "CLF UYW"),
    }.SelectMany(group => group.Currencies.Split(' '), (group, currency) => (currency, group.Decimals)).ToDictionary(StringComparer.Ordinal);

    // CLDR 46: the sign in English, which counts elsewhere too, and the one where the currency is the country's own.
    static readonly Dictionary<string, (string? Sign, string Own)> s_signs = new(StringComparer.Ordinal)
    {
        ["USD"] = ("$", "$"),
        ["EUR"] = ("€", "€"),
        ["GBP"] = ("£", "£"),
        ["JPY"] = ("¥", "￥"),
        ["CNY"] = ("CN¥", "¥"),
        ["INR"] = ("₹", "₹"),
        ["KRW"] = ("₩", "₩"),
        ["BRL"] = ("R$", "R$"),
        ["ILS"] = ("₪", "₪"),
        ["VND"] = ("₫", "₫"),
        ["PHP"] = ("₱", "₱"),
        ["CAD"] = ("CA$", "$"),
        ["AUD"] = ("A$", "$"),
        ["NZD"] = ("NZ$", "$"),
        ["HKD"] = ("HK$", "HK$"),
        ["TWD"] = ("NT$", "$"),
        ["MXN"] = ("MX$", "$"),
        ["SGD"] = (null, "$"),
        ["ARS"] = (null, "$"),
        ["CLP"] = (null, "$"),
        ["COP"] = (null, "$"),
        ["PEN"] = (null, "S/"),
        ["ZAR"] = (null, "R"),
        ["PLN"] = (null, "zł"),
        ["CZK"] = (null, "Kč"),
        ["HUF"] = (null, "Ft"),
        ["SEK"] = (null, "kr"),
        ["NOK"] = (null, "kr"),
        ["DKK"] = (null, "kr."),
        ["ISK"] = (null, "kr."),
        ["TRY"] = (null, "₺"),
        ["RUB"] = (null, "₽"),
        ["UAH"] = (null, "₴"),
        ["THB"] = (null, "฿"),
        ["IDR"] = (null, "Rp"),
        ["MYR"] = (null, "RM"),
        ["BGN"] = (null, "лв."),
    };

    /// <summary>Returns a currency's decimals.</summary>
    /// <param name="currency">ISO 4217 code.</param>
    public static int DecimalsOf(string currency) => s_decimals.GetValueOrDefault(currency, 2);

    /// <summary>Rounds an amount to what can be paid in its currency, half away from zero.</summary>
    public static decimal Round(decimal amount, string currency) => decimal.Round(amount, DecimalsOf(currency), MidpointRounding.AwayFromZero);

    /// <summary>Writes an amount with its currency's sign.</summary>
    /// <param name="amount">The amount.</param>
    /// <param name="currency">ISO 4217 code.</param>
    /// <param name="locale">How it is written.</param>
    /// <param name="trims">Whether a whole amount is written without decimals.</param>
    public static string Format(decimal amount, string currency, MoneyLocale locale, bool trims = false)
    {
        var number = Number(Math.Abs(amount), currency, locale, trims);
        var sign = SignOf(currency, locale);
        // A sign that ends in a letter is set apart from the digits.
        var space = locale.Pattern.Length > 2 || char.IsLetter(sign, sign.Length - 1) ? "\u00a0" : "";
        var text = locale.Pattern[0] == '$' ? $"{sign}{space}{number}" : $"{number}\u00a0{sign}";
        return MoneyText.Round(amount, currency) < 0 ? $"-{text}" : text;
    }

    /// <summary>Writes an amount without a sign.</summary>
    /// <inheritdoc cref="Format"/>
    public static string Number(decimal amount, string currency, MoneyLocale locale, bool trims = false)
    {
        var rounded = Round(amount, currency);
        var decimals = trims && decimal.Truncate(rounded) == rounded ? 0 : DecimalsOf(currency);
        var digits = Math.Abs(rounded).ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).Split('.');
        var text = new StringBuilder(digits[0]);
        if (digits[0].Length >= locale.MinGrouped)
        {
            for (var at = digits[0].Length - 3; at > 0; at -= locale.GroupSize)
            {
                text.Insert(at, locale.Group);
            }
        }

        if (decimals > 0)
        {
            text.Append(locale.Point).Append(digits[1]);
        }

        return rounded < 0 ? text.Insert(0, '-').ToString() : text.ToString();
    }

    static string SignOf(string currency, MoneyLocale locale)
    {
        if (currency.Length == 0)
        {
            return "¤";
        }

        // A country with a dollar of its own says whose another is.
        return !s_signs.TryGetValue(currency, out var signs) ? currency
            : currency == locale.Own ? signs.Own
            : currency == "USD" && locale.Own is not "" && s_signs.TryGetValue(locale.Own, out var own) && own.Own == "$" ? "US$"
            : signs.Sign ?? currency;
    }
}
