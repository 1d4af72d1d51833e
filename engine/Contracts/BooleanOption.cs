namespace CartRecovery.Contracts;

/// <summary><see langword="true"/> or <see langword="false"/>.</summary>
public sealed class BooleanOption : OptionType
{
    internal BooleanOption()
    {
    }

    /// <inheritdoc/>
    public override string Name => "true or false";

    /// <inheritdoc/>
    public override string Form => "true or false";

    internal override Type ValueType => typeof(bool);

    internal override object? Read(OptionValue value) => value.Text switch { "true" => true, "false" => false, _ => null };
}
