namespace CartRecovery.Engine.Learning.Drift;

/// <summary>How far a feature or score is from its reference.</summary>
/// <param name="Name">The feature; <c>score</c> for the model's score.</param>
/// <param name="Count">Number of values compared with the reference.</param>
/// <param name="Psi">The population stability index.</param>
/// <param name="PsiThreshold">The index above which it has drifted.</param>
/// <param name="Ks">The Kolmogorov-Smirnov statistic, 0–1.</param>
/// <param name="KsThreshold">The statistic above which it has drifted.</param>
/// <param name="MissingChange">How much the share of missing values has grown, −1 to 1.</param>
public sealed record DriftFinding(
    string Name, long Count, double Psi, double PsiThreshold, double Ks, double KsThreshold, double MissingChange)
{
    /// <summary>Whether the distribution has changed.</summary>
    public bool HasDrifted => Psi > PsiThreshold || Ks > KsThreshold;
}
