namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>A column to compare: a feature, unchanged or with −∞ for missing values (NaN).</summary>
/// <param name="Feature">Its index in the row.</param>
/// <param name="MissingIsLow">Whether a missing value is below every threshold rather than above.</param>
readonly record struct TreeColumn(int Feature, bool MissingIsLow);
