namespace CartRecovery.Engine.Learning.Drift;

/// <summary>What shows that a concept has changed.</summary>
public enum DriftCause
{
    /// <summary>Nothing: no change was found.</summary>
    None,

    /// <summary>The rate of errors has risen.</summary>
    Errors,

    /// <summary>Labels are more or less frequent than before in bands of the score.</summary>
    Calibration,
}
