using System.Collections.Immutable;

namespace CartRecovery.Engine.ControlPlane.Targeting;

/// <summary>
/// The numbers that a condition on a feature accepts. Compared as floats, the type of features: 19.99 is at least 19.99. NaN, the value of an unknown feature, is in
/// no range.
/// </summary>
/// <param name="AtLeast">Inclusive lower bound.</param>
/// <param name="Above">Exclusive lower bound.</param>
/// <param name="AtMost">Inclusive upper bound.</param>
/// <param name="Below">Exclusive upper bound.</param>
public readonly record struct NumberRange(
    double AtLeast = double.NegativeInfinity, double Above = double.NegativeInfinity, double AtMost = double.PositiveInfinity, double Below = double.PositiveInfinity)
{
    /// <summary>The numbers in the range that are accepted; empty for all.</summary>
    public ImmutableArray<float> OneOf { get; init; } = [];

    /// <summary>Returns the range of the bounds that are given.</summary>
    public static NumberRange Of(double? atLeast, double? above, double? atMost, double? below, double? equalTo) => new(
        Math.Max(atLeast ?? double.NegativeInfinity, equalTo ?? double.NegativeInfinity), above ?? double.NegativeInfinity,
        Math.Min(atMost ?? double.PositiveInfinity, equalTo ?? double.PositiveInfinity), below ?? double.PositiveInfinity);

    /// <summary>Returns whether a number is accepted.</summary>
    public bool Contains(float value) => value >= (float)AtLeast && value > (float)Above && value <= (float)AtMost && value < (float)Below
        && (OneOf.IsEmpty || OneOf.Contains(value));
}
