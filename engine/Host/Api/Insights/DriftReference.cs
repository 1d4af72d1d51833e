using CartRecovery.Engine.Learning.Drift;

namespace CartRecovery.Host.Api.Insights;

/// <summary>The distributions that a model's rows are compared with.</summary>
/// <param name="At">When they were recorded.</param>
/// <param name="Model">The model's name and version.</param>
/// <param name="Bins">The bins of each feature, then those of the score.</param>
/// <param name="Version">The version in the registry; null if it was not registered, or in references of before.</param>
sealed record DriftReference(DateTime At, string Model, IReadOnlyList<DriftBins> Bins, string? Version = null)
{
    /// <summary>Returns whether they are of a model. Files that declare the same name and version are different models, as far as their versions are known.</summary>
    public bool IsOf(string model, string? version) => Model == model && (Version is null || version is null || Version == version);
}
