namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>The states of runs and steps, as stored and shown.</summary>
public static class JobOutcome
{
    /// <summary>Requested, or a retry that is not due yet.</summary>
    public const string Waiting = "waiting";

    /// <summary>Running.</summary>
    public const string Running = "running";

    /// <summary>Completed without an error.</summary>
    public const string Succeeded = "succeeded";

    /// <summary>Ended with an error.</summary>
    public const string Failed = "failed";

    /// <summary>Exceeded its timeout.</summary>
    public const string TimedOut = "timed_out";

    /// <summary>Cancelled by a user or a command.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>Ended because its engine stopped, died, or lost the control database for too long.</summary>
    public const string Interrupted = "interrupted";

    /// <summary>Not run: no engine could start it in time.</summary>
    public const string Missed = "missed";

    /// <summary>A step that was not run, because a step that it depends on failed.</summary>
    public const string Skipped = "skipped";

    /// <summary>The final states of runs, which metrics count.</summary>
    public static IReadOnlyList<string> OfRuns { get; } = [Succeeded, Failed, TimedOut, Cancelled, Interrupted, Missed];

    /// <summary>Returns whether a run with this outcome is retried.</summary>
    public static bool IsRetried(string outcome) => outcome is Failed or TimedOut or Interrupted;
}
