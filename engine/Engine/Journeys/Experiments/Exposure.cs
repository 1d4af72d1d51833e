using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>A subject's first evaluation of an experiment.</summary>
/// <param name="Store">The store's id.</param>
/// <param name="Experiment">The experiment's id.</param>
/// <param name="Subject">The key of the targeting key, as if it were a customer's id.</param>
/// <param name="Variant">The variant.</param>
/// <param name="Allocation">The number of the weights by which it was assigned.</param>
/// <param name="At">When (ms since 1970 UTC).</param>
public readonly record struct Exposure(string Store, string Experiment, Hash128 Subject, string Variant, int Allocation, long At);
