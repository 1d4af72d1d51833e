using System.Text.Json;

namespace CartRecovery.Host.Api.Experiments;

/// <summary>A variant of an experiment, and its results.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">What the flag evaluates to; null for a campaign's variant.</param>
/// <param name="Weight">Its present weight.</param>
/// <param name="Exposed">Subjects who were in it.</param>
/// <param name="Converted">Those with an order afterwards that was not returned as a whole.</param>
/// <param name="Revenue">What they spent afterwards, net of refunds.</param>
/// <param name="ConversionDifference">The difference of the conversion rate to the control's; null for the control, and while a group is too small.</param>
/// <param name="RevenueDifference">The difference of the revenue of a subject to the control's; null for the control, and while a group is too small.</param>
sealed record ExperimentItemVariant(
    string Name, JsonElement? Value, double Weight, long Exposed, long Converted, double Revenue, Difference? ConversionDifference, Difference? RevenueDifference);
