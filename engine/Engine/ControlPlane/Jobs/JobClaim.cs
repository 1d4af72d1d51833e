namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>A run that this engine has claimed.</summary>
/// <param name="Definition">The job.</param>
/// <param name="Settings">The settings in force.</param>
/// <param name="Engine">The engine that the job belongs to; empty for a job that engines share.</param>
/// <param name="Lease">The lease on the job.</param>
/// <param name="Attempt">The attempt, from 1; retries count up.</param>
/// <param name="StartedAt">When the run began.</param>
/// <param name="Done">The steps that earlier attempts have completed.</param>
sealed record JobClaim(
    JobDefinition Definition, JobSettings Settings, string Engine, JobLease Lease, int Attempt, DateTimeOffset StartedAt, IReadOnlySet<string> Done);
