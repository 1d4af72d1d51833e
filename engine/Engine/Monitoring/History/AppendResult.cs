namespace CartRecovery.Engine.Monitoring.History;

/// <summary>What became of a sample.</summary>
public enum AppendResult
{
    /// <summary>It is in the history.</summary>
    Appended,

    /// <summary>The series has the same sample already.</summary>
    Duplicate,

    /// <summary>The series has a sample of this time or later.</summary>
    OutOfOrder,

    /// <summary>It is older than the finest level is kept.</summary>
    TooOld,

    /// <summary>It is too far ahead of the clock.</summary>
    TooNew,

    /// <summary>There are as many series as allowed.</summary>
    SeriesLimit,

    /// <summary>The labels are invalid, too many or too long.</summary>
    InvalidLabels,
}
