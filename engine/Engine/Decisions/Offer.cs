using CartRecovery.Contracts;

namespace CartRecovery.Engine.Decisions;

/// <summary>An offer of a message.</summary>
/// <param name="Action">The kind of offer.</param>
/// <param name="DiscountPercent">Percent off, for a discount.</param>
/// <param name="Code">The coupon code.</param>
public sealed record Offer(ActionKind Action, double? DiscountPercent, string? Code)
{
    /// <summary>How to make a code for each message; <see langword="null"/> to use <see cref="Code"/>.</summary>
    public DiscountCodes? Codes { get; init; }

    /// <summary>The offer's name in metrics and reports: <c>reminder</c>, <c>discount-10</c>.</summary>
    public string Name { get; } = DiscountPercent is { } percent
        ? FormattableString.Invariant($"discount-{percent:0.##}") : Action.ToString().ToLowerInvariant();
}
