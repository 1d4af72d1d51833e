namespace CartRecovery.Contracts;

/// <summary>One of a few words.</summary>
public sealed class ChoiceOption : OptionType
{
    internal ChoiceOption(IReadOnlyList<string> choices) => Choices = choices;

    /// <summary>The words.</summary>
    public IReadOnlyList<string> Choices { get; }

    /// <inheritdoc/>
    public override string Name => Form;

    /// <inheritdoc/>
    public override string Form => Choices.Count == 1 ? Choices[0] : $"{string.Join(", ", Choices.SkipLast(1))} or {Choices[^1]}";

    internal override Type ValueType => typeof(string);

    internal override object? Read(OptionValue value) => value.Text is { } text && Choices.Contains(text, StringComparer.Ordinal) ? text : null;
}
