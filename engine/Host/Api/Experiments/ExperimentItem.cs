using CartRecovery.Engine.ControlPlane.Experiments;
using CartRecovery.Engine.ControlPlane.Targeting;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Reports;

namespace CartRecovery.Host.Api.Experiments;

/// <summary>An experiment with its results.</summary>
/// <param name="Key">The key of the experiment and of its flag; for a campaign's experiment, the campaign.</param>
/// <param name="ManagedBy">api; or file, for a campaign of the configuration, which cannot be changed here.</param>
/// <param name="State">running or ended.</param>
/// <param name="Type">boolean, string, number or object; null for a campaign.</param>
/// <param name="Description">The question that the experiment answers; null if not given.</param>
/// <param name="VisibleToClients">Whether publishable keys may evaluate its flag.</param>
/// <param name="Segment">The named segment that takes part; null for everybody.</param>
/// <param name="Conditions">Conditions that a subject must meet to take part.</param>
/// <param name="Control">The variant that the others are compared with.</param>
/// <param name="Variants">The variants with their results.</param>
/// <param name="Currency">The currency of the revenue, ISO 4217.</param>
/// <param name="SampleRatioProbability">The probability that chance alone makes the sizes of the variants since the last change of weights
/// as uneven as they are.</param>
/// <param name="SampleRatioMismatch">Whether something other than chance selects subjects, so that no comparison is valid.</param>
/// <param name="StartedAt">When it was started; null for a campaign.</param>
/// <param name="WeightsChangedAt">When the weights were last changed; null for a campaign.</param>
/// <param name="EndedAt">When it was ended; null while it runs.</param>
/// <param name="Winner">The variant that every subject gets after the end; null while it runs.</param>
sealed record ExperimentItem(
    string Key, string ManagedBy, string State, string? Type, string? Description, bool VisibleToClients, string? Segment, IReadOnlyList<TargetingCondition> Conditions, string Control,
    IReadOnlyList<ExperimentItemVariant> Variants, string Currency, double SampleRatioProbability, bool SampleRatioMismatch, DateTime? StartedAt, DateTime? WeightsChangedAt,
    DateTime? EndedAt, string? Winner)
{
    /// <summary>Describes an experiment of the API.</summary>
    public static ExperimentItem Of(Experiment experiment, string currency, IReadOnlyList<VariantOutcome> outcomes)
    {
        var (definition, weights) = (experiment.Definition, experiment.Allocations[^1].Weights);
        var variants = VariantsOf([.. definition.Variants!.Select((variant, i) => (variant.Name!, (System.Text.Json.JsonElement?)variant.Value, weights[i]))], experiment.Control, outcomes);
        var probability = SampleRatio.Probability([.. variants.Select(variant => outcomes.FirstOrDefault(one => one.Variant == variant.Name)?.Assigned ?? 0).Where((_, i) => weights[i] > 0)],
            [.. weights.Where(weight => weight > 0)]);
        return new ExperimentItem(experiment.Key, "api", experiment.EndedAt is null ? "running" : "ended", definition.Type, definition.Description, definition.VisibleToClients,
            definition.Segment, definition.Conditions ?? [], experiment.Control, variants, currency, probability, probability < SampleRatio.Mismatch, experiment.StartedAt.UtcDateTime,
            DateTimeOffset.FromUnixTimeMilliseconds(experiment.Allocations[^1].At).UtcDateTime, experiment.EndedAt?.UtcDateTime, experiment.Winner);
    }

    /// <summary>Describes the experiment of a campaign. Its control is the variant without messages, or else the first one.</summary>
    public static ExperimentItem Of(Campaign campaign, string currency, IReadOnlyList<VariantOutcome> outcomes)
    {
        var control = (campaign.Variants.FirstOrDefault(variant => variant.Steps.Count == 0) ?? campaign.Variants[0]).Name;
        var variants = VariantsOf([.. campaign.Variants.Select(variant => (variant.Name, (System.Text.Json.JsonElement?)null, (double)variant.Weight))], control, outcomes);
        var probability = SampleRatio.Probability([.. variants.Select(variant => variant.Exposed)], [.. variants.Select(variant => variant.Weight)]);
        return new ExperimentItem(campaign.Name, "file", "running", Type: null, Description: null, VisibleToClients: false, Segment: null, [], control, variants, currency, probability,
            probability < SampleRatio.Mismatch, StartedAt: null, WeightsChangedAt: null, EndedAt: null, Winner: null);
    }

    static List<ExperimentItemVariant> VariantsOf(
        IReadOnlyList<(string Name, System.Text.Json.JsonElement? Value, double Weight)> variants, string control, IReadOnlyList<VariantOutcome> outcomes)
    {
        VariantOutcome Of(string name) => outcomes.FirstOrDefault(outcome => outcome.Variant == name) ?? new VariantOutcome(name, 0, default, 0);
        var rest = Of(control);
        return [.. variants.Select(variant => (variant, Own: Of(variant.Name))).Select(pair => new ExperimentItemVariant(pair.variant.Name, pair.variant.Value, pair.variant.Weight,
            pair.Own.Spending.Customers, pair.Own.Converted, pair.Own.Spending.Revenue,
            pair.variant.Name == control ? null : Difference.Of(pair.Own.Conversions, rest.Conversions),
            pair.variant.Name == control ? null : Difference.Of(pair.Own.Spending, rest.Spending)))];
    }
}
