namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>What became of a try to deliver a notice.</summary>
public enum NoticeOutcome
{
    /// <summary>The receiver has taken it.</summary>
    Delivered,

    /// <summary>It may be taken later.</summary>
    Retry,

    /// <summary>It will not be taken as it is.</summary>
    Rejected,
}
