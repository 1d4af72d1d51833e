namespace CartRecovery.Contracts;

/// <summary>A list of texts: a YAML list, or one text whose words are separated by spaces, with double quotes around a word that holds
/// spaces.</summary>
public sealed class ListOption : OptionType
{
    internal ListOption()
    {
    }

    /// <inheritdoc/>
    public override string Name => "list";

    /// <inheritdoc/>
    public override string Form => "a list, or words separated by spaces with every quote closed";

    internal override Type ValueType => typeof(IReadOnlyList<string>);

    internal override object? Read(OptionValue value) =>
        (value.List ?? (value.Text is { } text ? Words.Split(text) : null)) is { Count: > 0 } list && !list.Any(word => word.Contains('\0', StringComparison.Ordinal))
            ? list
            : null;
}
