namespace CartRecovery.Engine.ControlPlane.Experiments;

/// <summary>The weights by which new subjects were assigned from a time on.</summary>
/// <param name="At">Since when (ms since 1970 UTC).</param>
/// <param name="Weights">The weights of the variants, in their order.</param>
public sealed record Allocation(long At, IReadOnlyList<double> Weights);
