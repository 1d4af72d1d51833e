using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Targeting;

namespace CartRecovery.Engine.ControlPlane.Experiments;

/// <summary>The variants of an experiment and the rule for who takes part. Fixed while the experiment runs.</summary>
/// <param name="Type">The type of all values: boolean, string, number or object.</param>
/// <param name="Variants">The variants; the first is the control.</param>
/// <param name="Description">The question that the experiment answers.</param>
/// <param name="VisibleToClients">Whether publishable keys may evaluate its flag.</param>
/// <param name="Segment">The named segment that takes part; <see langword="null"/> for everybody.</param>
/// <param name="Conditions">Conditions that a subject must meet to take part.</param>
public sealed record ExperimentDefinition(
    string? Type, IReadOnlyList<ExperimentVariant>? Variants, string? Description = null, bool VisibleToClients = false, string? Segment = null,
    IReadOnlyList<TargetingCondition>? Conditions = null)
{
    /// <summary>Maximum weight of a variant.</summary>
    public const double MaxWeight = 1000;

    /// <summary>Validates the definition. Returns the first problem, beginning with the field; <see langword="null"/> if it is valid.</summary>
    /// <param name="check">Validates the flag.</param>
    /// <param name="store">The store's id.</param>
    public string? ProblemOf(FlagCheck check, string store)
    {
        var variants = Variants ?? [];
        if (variants.Count is < 2 or > FlagCheck.MaxVariants || variants.DistinctBy(variant => variant.Name, StringComparer.Ordinal).Count() < variants.Count)
        {
            return $"variants: expected 2 to {FlagCheck.MaxVariants} with different names, the first of which is the control";
        }

        return ProblemOf([.. variants.Select(variant => variant.Weight)]) ?? (variants.Any(variant => variant.Name is null) ? "variants: expected a name for each" : null)
            ?? check.ProblemOf(ToFlag(), store)?.Replace("rules[0].", "", StringComparison.Ordinal);
    }

    /// <summary>Validates weights. Returns the problem; <see langword="null"/> if they are valid.</summary>
    public static string? ProblemOf(IReadOnlyList<double> weights) =>
        weights.Any(weight => weight is not (>= 0 and <= MaxWeight)) || weights.Sum() <= 0 ? $"weights: expected numbers from 0 to {MaxWeight}, not all 0" : null;

    /// <summary>Returns the flag that evaluates to the variants. Its rule selects the subjects who take part.</summary>
    public FlagDefinition ToFlag() => new(Type, Variants!.ToDictionary(variant => variant.Name!, variant => variant.Value, StringComparer.Ordinal), Variants![0].Name, Description,
        VisibleToClients: VisibleToClients, Rules: [new FlagRule(Variants[0].Name, Segment: Segment, Conditions: Conditions)]);
}
