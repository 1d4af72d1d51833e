namespace CartRecovery.Contracts;

/// <summary>A text that is not blank and has no control characters.</summary>
public sealed class TextOption : OptionType
{
    internal TextOption()
    {
    }

    /// <inheritdoc/>
    public override string Name => "text";

    /// <inheritdoc/>
    public override string Form => "text, neither blank nor with control characters";

    internal override Type ValueType => typeof(string);

    internal override object? Read(OptionValue value) =>
        value.Text is { } text && !string.IsNullOrWhiteSpace(text) && !text.Any(char.IsControl) ? text : null;
}
