namespace CartRecovery.Bench.Drift;

/// <summary>How the mean of a stream changed.</summary>
public enum MeanChange
{
    /// <summary>No change was found.</summary>
    None,

    /// <summary>The newer values are higher.</summary>
    Rise,

    /// <summary>The newer values are lower.</summary>
    Fall,
}
