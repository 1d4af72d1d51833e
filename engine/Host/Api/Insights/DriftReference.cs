using CartRecovery.Engine.Learning.Drift;

namespace CartRecovery.Host.Api.Insights;

/// <summary>The distributions that a model's rows are compared with.</summary>
/// <param name="At">When they were recorded.</param>
/// <param name="Model">The model's name and version.</param>
/// <param name="Bins">The bins of each feature, then those of the score.</param>
sealed record DriftReference(DateTime At, string Model, IReadOnlyList<DriftBins> Bins);
