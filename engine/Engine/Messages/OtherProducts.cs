namespace CartRecovery.Engine.Messages;

/// <summary>Names the line of a cart that has what exceeds its other lines.</summary>
static class OtherProducts
{
    /// <summary>Returns its name in a store's language; in English for languages that are not known.</summary>
    /// <param name="locale">The store's locale, such as <c>de-DE</c>; any case.</param>
    public static string NameIn(string locale) => locale.Split('-', '_')[0].ToLowerInvariant() switch
    {
        "de" => "Weitere Artikel",
        "es" => "Otros artículos",
        "fr" => "Autres articles",
        "it" => "Altri articoli",
        "nl" => "Overige artikelen",
        "pl" => "Inne produkty",
        "pt" => "Outros artigos",
        "sv" => "Övriga artiklar",
        _ => "Other products",
    };
}
