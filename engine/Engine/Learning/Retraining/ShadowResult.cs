using CartRecovery.Engine.Learning.Evaluation;

namespace CartRecovery.Engine.Learning.Retraining;

/// <summary>A shadow beside the champion on the same rows and their outcomes.</summary>
/// <param name="Verdict">What follows.</param>
/// <param name="Reason">The same for people, with numbers.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Champion">The champion's quality; null with too few outcomes.</param>
/// <param name="Shadow">The shadow's.</param>
/// <param name="Gain">The fall of the log loss with the shadow.</param>
/// <param name="Segments">The same by segment. A row may be in several.</param>
public sealed record ShadowResult(
    ShadowVerdict Verdict, string Reason, PartSize Rows, Measures? Champion, Measures? Shadow, Difference? Gain, IReadOnlyList<ShadowSegment> Segments);
