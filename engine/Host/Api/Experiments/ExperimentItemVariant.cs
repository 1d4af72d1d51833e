using System.Text.Json;

namespace CartRecovery.Host.Api.Experiments;

/// <summary>A variant of an experiment with its results.</summary>
/// <param name="Name">The variant's name.</param>
/// <param name="Value">The value of the flag; null for a campaign's variant.</param>
/// <param name="Weight">The present weight.</param>
/// <param name="Exposed">Number of subjects who were exposed to the variant.</param>
/// <param name="Converted">Number of those with a later order that was not returned completely.</param>
/// <param name="Revenue">Their later revenue, net of refunds.</param>
/// <param name="ConversionDifference">The difference of the conversion rate to the control's; null for the control, and if a group is too small.</param>
/// <param name="RevenueDifference">The difference of the revenue per subject to the control's; null for the control, and if a group is too small.</param>
sealed record ExperimentItemVariant(
    string Name, JsonElement? Value, double Weight, long Exposed, long Converted, double Revenue, Difference? ConversionDifference, Difference? RevenueDifference);
