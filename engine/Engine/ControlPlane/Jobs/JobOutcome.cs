namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>The states of runs and steps, as they are stored and shown.</summary>
public static class JobOutcome
{
    /// <summary>Asked for, or a retry whose time has not come.</summary>
    public const string Waiting = "waiting";

    /// <summary>An engine runs it.</summary>
    public const string Running = "running";

    /// <summary>It ended well.</summary>
    public const string Succeeded = "succeeded";

    /// <summary>It ended with an error.</summary>
    public const string Failed = "failed";

    /// <summary>It took longer than it may.</summary>
    public const string TimedOut = "timed_out";

    /// <summary>Somebody ended it.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>Its engine stopped or died, or lost the control database for too long.</summary>
    public const string Interrupted = "interrupted";

    /// <summary>Its time passed while no engine could run it.</summary>
    public const string Missed = "missed";

    /// <summary>Of a step: one that it depends on failed.</summary>
    public const string Skipped = "skipped";

    /// <summary>The outcomes of runs that metrics count.</summary>
    public static IReadOnlyList<string> OfRuns { get; } = [Succeeded, Failed, TimedOut, Cancelled, Interrupted, Missed];

    /// <summary>Whether a run that ended so is repeated.</summary>
    public static bool IsRetried(string outcome) => outcome is Failed or TimedOut or Interrupted;
}
