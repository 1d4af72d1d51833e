using CartRecovery.Engine.Learning.Drift;

namespace CartRecovery.Host.Api.Insights;

/// <summary>Whether a model still fits a store.</summary>
/// <param name="At">When it was measured.</param>
/// <param name="Model">The model's name and version.</param>
/// <param name="Verdict"><c>none</c>; <c>features</c>, <c>score</c> or <c>concept</c>, the last that applies; <c>unknown</c> without enough
/// rows.</param>
/// <param name="ReferenceAt">When the reference was recorded.</param>
/// <param name="ReferenceRows">Its number of rows.</param>
/// <param name="Rows">The number of rows of the last day, one for each cart at most.</param>
/// <param name="Features">The model's features.</param>
/// <param name="Score">The model's score.</param>
/// <param name="Concept">What followed from the scores.</param>
sealed record DriftReport(
    DateTime At, string Model, string Verdict, DateTime ReferenceAt, long ReferenceRows, int Rows, IReadOnlyList<DriftFinding> Features, DriftFinding? Score, ConceptReport Concept);
