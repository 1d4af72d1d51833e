using System.Globalization;

namespace CartRecovery.Contracts;

/// <summary>A whole number.</summary>
public sealed class IntegerOption : OptionType
{
    internal IntegerOption(long? min, long? max) => (Min, Max) = (min, max);

    /// <summary>The smallest value; <see langword="null"/> for no limit.</summary>
    public long? Min { get; }

    /// <summary>The largest value; <see langword="null"/> for no limit.</summary>
    public long? Max { get; }

    /// <inheritdoc/>
    public override string Name => "whole number";

    /// <inheritdoc/>
    public override string Form => Range("a whole number", Min, Max);

    internal override Type ValueType => typeof(long);

    internal override object? Read(OptionValue value) =>
        long.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        && !(number < Min) && !(number > Max) ? number : null;
}
