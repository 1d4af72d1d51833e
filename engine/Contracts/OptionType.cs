using System.Globalization;

namespace CartRecovery.Contracts;

/// <summary>
/// The type of a sink's option. <c>check</c>, the JSON schema and the reference of options all follow from it. The types are those
/// in this file; declare an option of one with the factories of <see cref="SinkOption"/>.
/// </summary>
public abstract class OptionType
{
    private protected OptionType()
    {
    }

    /// <summary>The type's name in the reference: <c>whole number</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The accepted values; follows "expected": <c>a whole number from 1 to 65535</c>.</summary>
    public abstract string Form { get; }

    /// <summary>The value must not be shown.</summary>
    public virtual bool IsSecret => false;

    // What the getters of SinkSettings return for it.
    internal abstract Type ValueType { get; }

    /// <summary>Returns whether the value is of this type and in its range.</summary>
    public bool Accepts(OptionValue value) => Read(value) is not null;

    // Null if the value is not of the type.
    internal abstract object? Read(OptionValue value);

    private protected static string Range<T>(string noun, T? min, T? max)
        where T : struct =>
        (min, max) switch
        {
            (not null, not null) => string.Create(CultureInfo.InvariantCulture, $"{noun} from {min} to {max}"),
            (not null, null) => string.Create(CultureInfo.InvariantCulture, $"{noun}, {min} or more"),
            (null, not null) => string.Create(CultureInfo.InvariantCulture, $"{noun}, at most {max}"),
            _ => noun,
        };
}
