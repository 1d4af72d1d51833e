namespace CartRecovery.Engine.Learning.Retraining;

/// <summary>What the outcomes of the rows that a shadow could have decided on say of it.</summary>
public enum ShadowVerdict
{
    /// <summary>There are too few outcomes, or the difference is within chance on the wrong side.</summary>
    Waits,

    /// <summary>It is at least as good as the champion, and calibrated.</summary>
    Holds,

    /// <summary>It is worse than the champion, beyond chance, or its probabilities are wrong.</summary>
    Worse,
}
