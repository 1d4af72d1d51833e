namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>A run that this engine has begun.</summary>
/// <param name="Definition">The job.</param>
/// <param name="Settings">The settings in force.</param>
/// <param name="Engine">The engine whose job it is; empty for a job that engines share.</param>
/// <param name="Lease">The right to run it.</param>
/// <param name="Attempt">Its number among the retries, from 1.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="Done">The steps that earlier attempts have done.</param>
sealed record JobClaim(
    JobDefinition Definition, JobSettings Settings, string Engine, JobLease Lease, int Attempt, DateTimeOffset StartedAt, IReadOnlySet<string> Done);
