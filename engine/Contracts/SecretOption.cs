namespace CartRecovery.Contracts;

/// <summary>A <see cref="Secret"/>: any text that is not empty.</summary>
public sealed class SecretOption : OptionType
{
    internal SecretOption()
    {
    }

    /// <inheritdoc/>
    public override string Name => "secret";

    /// <inheritdoc/>
    public override string Form => "a text that is not empty";

    /// <inheritdoc/>
    public override bool IsSecret => true;

    internal override Type ValueType => typeof(Secret);

    internal override object? Read(OptionValue value) => value.Text is { Length: > 0 } text ? new Secret(text) : null;
}
