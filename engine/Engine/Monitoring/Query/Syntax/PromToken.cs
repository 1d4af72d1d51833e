namespace CartRecovery.Engine.Monitoring.Query.Syntax;

/// <summary>The kind of a token.</summary>
enum PromTokenKind
{
    End, Identifier, Number, Duration, String, Symbol,
}

/// <summary>A token of a query.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Text">The text; of a string, without quotes and escapes.</param>
/// <param name="Position">The offset of its first character.</param>
readonly record struct PromToken(PromTokenKind Kind, string Text, int Position)
{
    public bool Is(string symbol) => Kind == PromTokenKind.Symbol && Text == symbol;

    /// <summary>Keywords are not case-sensitive.</summary>
    public bool IsWord(string word) => Kind == PromTokenKind.Identifier && Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    public string Shown => Kind switch
    {
        PromTokenKind.End => "end of input",
        PromTokenKind.Identifier => $"identifier \"{Text}\"",
        PromTokenKind.Number => $"number \"{Text}\"",
        PromTokenKind.Duration => $"duration \"{Text}\"",
        PromTokenKind.String => $"string \"{Text}\"",
        _ => $"\"{Text}\"",
    };
}
