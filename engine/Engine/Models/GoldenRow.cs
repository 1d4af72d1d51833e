namespace CartRecovery.Engine.Models;

/// <summary>A row and the score that the model gave it when it was registered.</summary>
/// <param name="Values">A value per feature, in the model's order.</param>
/// <param name="Score">The score, 0–1.</param>
public sealed record GoldenRow(IReadOnlyList<float> Values, float Score);
