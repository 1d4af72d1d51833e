namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>A late, failed or overdue run, or the end of failures, for operators.</summary>
/// <param name="Job">The job.</param>
/// <param name="IsLate">Whether the run has not started in time; otherwise it has failed.</param>
/// <param name="IsFinal">Whether no retry follows.</param>
/// <param name="Problem">The problem.</param>
public sealed record JobNotice(string Job, bool IsLate, bool IsFinal, string Problem)
{
    /// <summary>Whether a run that was to end goes on.</summary>
    public bool IsOverdue { get; init; }

    /// <summary>Whether the job succeeded after a failure.</summary>
    public bool IsRecovered { get; init; }
}
