namespace CartRecovery.Primitives;

/// <summary>
/// How a language, or a country, writes amounts: from the Unicode CLDR, version 46 (standard currency formats, with which a test compares it). The runtime's own
/// data is left out (<c>InvariantGlobalization</c>), as it would add 30 MB.
/// </summary>
/// <param name="Name">Its name: a language, or a language and a country.</param>
/// <param name="Point">The decimal separator.</param>
/// <param name="Group">The separator of groups.</param>
/// <param name="Pattern">Where the sign stands: <c>$n</c>, <c>$ n</c> or <c>n $</c>, with a no-break space.</param>
/// <param name="Own">The currency of its country, whose sign needs no country: $ in Canada is the Canadian dollar.</param>
public sealed record MoneyLocale(string Name, string Point, string Group, string Pattern, string Own = "")
{
    const string Narrow = "\u202f", NoBreak = "\u00a0", Before = "$n", BeforeSpace = "$ n", After = "n $";

    static readonly Dictionary<string, MoneyLocale> s_all = All().ToDictionary(locale => locale.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Digits of the groups before the last one, which has three; two in India.</summary>
    public int GroupSize { get; init; } = 3;

    /// <summary>The number of digits from which groups are separated: five where four are written together.</summary>
    public int MinGrouped { get; init; } = 4;

    /// <summary>English.</summary>
    public static MoneyLocale Default { get; } = s_all["en"];

    /// <summary>The names of all locales.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_all.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Finds a locale by name; that of the language where the country has none of its own.</summary>
    /// <returns>The locale; <see langword="null"/> if the language is not known.</returns>
    public static MoneyLocale? Find(string name)
    {
        var plain = name.Replace('_', '-');
        return s_all.GetValueOrDefault(plain) ?? (plain.Split('-') is [{ Length: 2 or 3 } language, { Length: 2 or 3 or 4 }, ..] ? s_all.GetValueOrDefault(language) : null);
    }

    static IEnumerable<MoneyLocale> All() =>
    [
        new("en", ".", ",", Before, "USD"), new("en-AU", ".", ",", Before, "AUD"), new("en-CA", ".", ",", Before, "CAD"), new("en-GB", ".", ",", Before, "GBP"),
        new("en-HK", ".", ",", Before, "HKD"), new("en-IE", ".", ",", Before, "EUR"), new("en-IN", ".", ",", Before, "INR") { GroupSize = 2 },
        new("en-NZ", ".", ",", Before, "NZD"), new("en-SG", ".", ",", Before, "SGD"), new("en-ZA", ",", NoBreak, Before, "ZAR"),
        new("bg", ",", NoBreak, After, "BGN") { MinGrouped = 5 }, new("cs", ",", NoBreak, After, "CZK"), new("da", ",", ".", After, "DKK"),
        new("de", ",", ".", After, "EUR"), new("de-AT", ",", ".", BeforeSpace, "EUR"), new("de-CH", ".", "’", BeforeSpace, "CHF"), new("de-LI", ".", "’", BeforeSpace, "CHF"),
        new("el", ",", ".", After, "EUR"),
        new("es", ",", ".", After, "EUR") { MinGrouped = 5 }, new("es-AR", ",", ".", BeforeSpace, "ARS"), new("es-CL", ",", ".", Before, "CLP"),
        new("es-CO", ",", ".", BeforeSpace, "COP"), new("es-MX", ".", ",", Before, "MXN"), new("es-PE", ".", ",", BeforeSpace, "PEN"), new("es-US", ".", ",", Before, "USD"),
        new("et", ",", NoBreak, After, "EUR") { MinGrouped = 5 }, new("fi", ",", NoBreak, After, "EUR"),
        new("fr", ",", Narrow, After, "EUR"), new("fr-CA", ",", NoBreak, After, "CAD"), new("fr-CH", ".", Narrow, After, "CHF"),
        new("he", ".", ",", After, "ILS"), new("hi", ".", ",", Before, "INR") { GroupSize = 2 }, new("hr", ",", ".", After, "EUR"), new("hu", ",", NoBreak, After, "HUF") { MinGrouped = 5 },
        new("id", ",", ".", Before, "IDR"), new("is", ",", ".", After, "ISK"), new("it", ",", ".", After, "EUR") { MinGrouped = 5 }, new("it-CH", ".", "’", BeforeSpace, "CHF") { MinGrouped = 5 },
        new("ja", ".", ",", Before, "JPY"), new("ko", ".", ",", Before, "KRW"), new("lt", ",", NoBreak, After, "EUR"), new("lv", ",", NoBreak, After, "EUR") { MinGrouped = 5 },
        new("ms", ".", ",", Before, "MYR"), new("nb", ",", NoBreak, After, "NOK"), new("no", ",", NoBreak, After, "NOK"),
        new("nl", ",", ".", BeforeSpace, "EUR"), new("pl", ",", NoBreak, After, "PLN") { MinGrouped = 5 },
        new("pt", ",", ".", BeforeSpace, "BRL"), new("pt-BR", ",", ".", BeforeSpace, "BRL"), new("pt-PT", ",", NoBreak, After, "EUR") { MinGrouped = 5 },
        new("ro", ",", ".", After, "RON"), new("ru", ",", NoBreak, After, "RUB"), new("sk", ",", NoBreak, After, "EUR"), new("sl", ",", ".", After, "EUR") { MinGrouped = 5 },
        new("sv", ",", NoBreak, After, "SEK"), new("th", ".", ",", Before, "THB"), new("tr", ",", ".", Before, "TRY"), new("uk", ",", NoBreak, After, "UAH"),
        new("vi", ",", ".", After, "VND"), new("zh", ".", ",", Before, "CNY"), new("zh-HK", ".", ",", Before, "HKD"), new("zh-TW", ".", ",", Before, "TWD"),
    ];
}
