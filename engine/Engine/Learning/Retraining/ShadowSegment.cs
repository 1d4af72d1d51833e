using CartRecovery.Engine.Learning.Evaluation;

namespace CartRecovery.Engine.Learning.Retraining;

/// <summary>A shadow beside the champion on the rows of a segment.</summary>
/// <param name="Name">The segment.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Champion">The champion's quality; null with too few outcomes.</param>
/// <param name="Shadow">The shadow's.</param>
/// <param name="Gain">The fall of the log loss with the shadow.</param>
public sealed record ShadowSegment(string Name, PartSize Rows, Measures? Champion, Measures? Shadow, Difference? Gain);
