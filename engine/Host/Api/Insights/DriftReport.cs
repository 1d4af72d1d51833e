using CartRecovery.Engine.Learning.Drift;

namespace CartRecovery.Host.Api.Insights;

/// <summary>Whether a model still fits a store.</summary>
/// <param name="At">When it was measured.</param>
/// <param name="Model">The model's name and version.</param>
/// <param name="Verdict"><c>none</c>; <c>features</c>, <c>score</c> or <c>concept</c>, the last that applies; <c>unknown</c> without enough rows.</param>
/// <param name="ReferenceAt">When the reference was recorded.</param>
/// <param name="ReferenceRows">Its number of rows.</param>
/// <param name="Rows">The number of rows of the last day, one for each cart at most.</param>
/// <param name="Features">The model's features.</param>
/// <param name="Score">The model's score.</param>
/// <param name="Concept">What followed from the scores.</param>
sealed record DriftReport(
    DateTime At, string Model, string Verdict, DateTime ReferenceAt, long ReferenceRows, int Rows, IReadOnlyList<DriftFinding> Features, DriftFinding? Score, ConceptReport Concept);

/// <summary>Whether the labels follow from the scores as before.</summary>
/// <param name="Outcomes">The number of rows whose labels are known, one for each cart at most, of the last 28 days or as far as the journal reaches.</param>
/// <param name="Purchases">The number of them with a purchase in the session.</param>
/// <param name="Predicted">The sum of their scores.</param>
/// <param name="Cause"><c>none</c>; <c>errors</c>: the rate of errors has risen; <c>calibration</c>: purchases are more or less frequent in bands of the score.</param>
/// <param name="Since">When the change was found; <see langword="null"/> for none.</param>
sealed record ConceptReport(int Outcomes, int Purchases, double Predicted, string Cause, DateTime? Since);

/// <summary>The distributions that a model's rows are compared with.</summary>
/// <param name="At">When they were recorded.</param>
/// <param name="Model">The model's name and version.</param>
/// <param name="Bins">The bins of each feature, then those of the score.</param>
sealed record DriftReference(DateTime At, string Model, IReadOnlyList<DriftBins> Bins);
