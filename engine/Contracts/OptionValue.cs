namespace CartRecovery.Contracts;

/// <summary>
/// An option's value as the configuration writes it, before its type is applied: a text, a list of texts, or a map of texts. It may be
/// a secret, so it does not print.
/// </summary>
public sealed class OptionValue
{
    /// <summary>Creates a text. Numbers, durations and Booleans are texts too.</summary>
    public OptionValue(string text) => Text = text;

    /// <summary>Creates a list.</summary>
    public OptionValue(IReadOnlyList<string> list) => List = list;

    /// <summary>Creates a map.</summary>
    public OptionValue(IReadOnlyDictionary<string, string> map) => Map = map;

    /// <summary>The text; <see langword="null"/> for a list or a map.</summary>
    public string? Text { get; }

    /// <summary>The list; <see langword="null"/> for a text or a map.</summary>
    public IReadOnlyList<string>? List { get; }

    /// <summary>The map; <see langword="null"/> for a text or a list.</summary>
    public IReadOnlyDictionary<string, string>? Map { get; }

    /// <summary>Creates a text.</summary>
    public static implicit operator OptionValue(string text) => new(text);
}
