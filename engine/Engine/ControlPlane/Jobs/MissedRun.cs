namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>What happens to a run whose time passed while no engine could run it.</summary>
public enum MissedRun
{
    /// <summary>It runs once as soon as an engine can, however many were missed.</summary>
    Run,

    /// <summary>It is recorded as missed, and the next one is waited for.</summary>
    Skip,
}
