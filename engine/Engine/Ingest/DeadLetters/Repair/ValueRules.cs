using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace CartRecovery.Engine.Ingest.DeadLetters.Repair;

/// <summary>Converts unambiguous ids, quantities and prices in formats that the engine does not accept.</summary>
static partial class ValueRules
{
    static readonly string[] s_ids = ["id", "cartId", "userId", "sessionId", "productId"];

    // A sign used by several currencies counts only if the currency field confirms it.
    static readonly (string Sign, string Currency, bool IsSure)[] s_signs =
        [("€", "EUR", true), ("£", "GBP", true), ("$", "USD CAD AUD NZD SGD HKD MXN", false), ("¥", "JPY CNY", false)];

    /// <summary>Converts an integer id to a text.</summary>
    public static void TextIds(EventDraft draft)
    {
        foreach (var field in s_ids.SelectMany(draft.Named))
        {
            if (Whole().IsMatch(field.Json))
            {
                draft.Set(field, $"\"{field.Json}\"", "id as a number");
            }
        }
    }

    /// <summary>Unquotes a quantity, price or time.</summary>
    public static void NumbersInQuotes(EventDraft draft)
    {
        foreach (var field in draft.Fields)
        {
            if (field.Name is "quantity" or "price" or "ts" && field.Text?.Trim() is { } text && Number().IsMatch(text))
            {
                draft.Set(field, text, "number in quotes");
            }
        }
    }

    /// <summary>Converts a price with a comma or a currency to a number.</summary>
    public static void PricesAsText(EventDraft draft)
    {
        // Copied, because the loop may add a currency field.
        foreach (var field in draft.Named("price").ToArray())
        {
            if (field.Text?.Trim() is { } text && SplitCurrency(draft, ref text, out var currency) && Amount(text) is { } amount)
            {
                draft.Set(field, amount, "price as text");
                if (currency is not null)
                {
                    draft.Put("currency", currency, "currency of the price");
                }
            }
        }
    }

    /// <summary>Derives a missing id from the event's bytes, so that repeated repairs give the same id.</summary>
    public static void MissingId(EventDraft draft)
    {
        if (!draft.Has("id"))
        {
            draft.Put("id", $"dl_{Convert.ToHexStringLower(SHA256.HashData(draft.Raw).AsSpan(0, 16))}", "missing id");
        }
    }

    // The currency in the text must match the event's; it becomes the event's if that has none and the sign is unambiguous.
    static bool SplitCurrency(EventDraft draft, ref string text, out string? missing)
    {
        missing = null;
        var match = WithCurrency().Match(text);
        if (!match.Success)
        {
            return true;
        }

        var sign = match.Groups["before"].Value + match.Groups["after"].Value;
        var (_, named, sure) = Array.Find(s_signs, s => s.Sign == sign) is { Sign: not null } known ? known : (sign, sign, true);
        text = match.Groups["amount"].Value;
        var fields = draft.Named("currency").Where(field => !field.IsEmpty).ToArray();
        if (fields.Length > 0)
        {
            return Array.TrueForAll(fields,
                field => field.Text is { Length: 3 } code && named.Contains(code, StringComparison.OrdinalIgnoreCase));
        }

        missing = named;
        return sure;
    }

    // 1,299 may be 1299 or 1.299, so it is left, as is any form with a single group and no fraction.
    static string? Amount(string text)
    {
        var plain = CommaDecimal().IsMatch(text) ? text.Replace(".", "", StringComparison.Ordinal).Replace(',', '.')
            : PointDecimal().IsMatch(text) ? text.Replace(",", "", StringComparison.Ordinal)
            : null;
        return plain is not null && decimal.TryParse(plain, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
            ? amount.ToString(CultureInfo.InvariantCulture) : null;
    }

    [GeneratedRegex(@"^(0|[1-9][0-9]*)\z")]
    private static partial Regex Whole();

    [GeneratedRegex(@"^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,12})?\z")]
    private static partial Regex Number();

    [GeneratedRegex(@"^((?<before>[€£$¥]|[A-Z]{3})\s?(?<amount>[0-9.,]+)|(?<amount>[0-9.,]+)\s?(?<after>[€£$¥]|[A-Z]{3}))\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex WithCurrency();

    // 19,99 and 1.299,00 and 1.299.000.
    [GeneratedRegex(@"^([0-9]{1,9},[0-9]{1,2}|[1-9][0-9]{0,2}(\.[0-9]{3})+,[0-9]{1,2}|[1-9][0-9]{0,2}(\.[0-9]{3}){2,4})\z")]
    private static partial Regex CommaDecimal();

    // 19 and 19.99 and 1,299.00 and 1,299,000.
    [GeneratedRegex(@"^([0-9]{1,9}(\.[0-9]{1,2})?|[1-9][0-9]{0,2}(,[0-9]{3})+\.[0-9]{1,2}|[1-9][0-9]{0,2}(,[0-9]{3}){2,4})\z")]
    private static partial Regex PointDecimal();
}
