namespace CartRecovery.Engine.ControlPlane.Experiments;

/// <summary>The variant weights that apply to new subjects from a time on.</summary>
/// <param name="At">The first time they apply (ms since 1970 UTC).</param>
/// <param name="Weights">The weights, in the order of the variants.</param>
public sealed record Allocation(long At, IReadOnlyList<double> Weights);
