using System.Globalization;

namespace CartRecovery.Contracts;

/// <summary>A number, possibly with a fraction.</summary>
public sealed class NumberOption : OptionType
{
    internal NumberOption(double? min, double? max) => (Min, Max) = (min, max);

    /// <summary>The smallest value; <see langword="null"/> for no limit.</summary>
    public double? Min { get; }

    /// <summary>The largest value; <see langword="null"/> for no limit.</summary>
    public double? Max { get; }

    /// <inheritdoc/>
    public override string Name => "number";

    /// <inheritdoc/>
    public override string Form => Range("a number", Min, Max);

    internal override Type ValueType => typeof(double);

    internal override object? Read(OptionValue value) =>
        double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
        && !(number < Min) && !(number > Max) ? number : null;
}
