namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>What happens to runs that no engine could start in time.</summary>
public enum MissedRun
{
    /// <summary>One run catches up as soon as an engine can start it, however many were missed.</summary>
    Run,

    /// <summary>The run is recorded as missed; the job waits for its next time.</summary>
    Skip,
}
