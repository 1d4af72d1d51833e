namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>A job as stored in the control database.</summary>
/// <param name="Name">The name.</param>
/// <param name="Engine">The engine that the job belongs to; empty for a job that engines share.</param>
/// <param name="Description">The job's purpose.</param>
/// <param name="Settings">The settings in force.</param>
/// <param name="Own">The overrides by users.</param>
/// <param name="IsEssential">Whether it can be neither paused nor switched off.</param>
/// <param name="NextAt">The next scheduled run; <see langword="null"/> if it runs on request only.</param>
/// <param name="Lease">The lease of the running run; <see langword="null"/> if it is not running.</param>
/// <param name="Last">The last ended run; <see langword="null"/> if there is none.</param>
/// <param name="LastSuccessAt">When a run last succeeded; <see langword="null"/> if none has.</param>
/// <param name="WaitingSince">When a requested run or a retry is due; <see langword="null"/> if there is none.</param>
public sealed record JobState(
    string Name, string Engine, string Description, JobSettings Settings, JobOverrides Own, bool IsEssential, DateTimeOffset? NextAt, JobLease? Lease,
    (string Outcome, DateTimeOffset EndedAt, TimeSpan Took)? Last, DateTimeOffset? LastSuccessAt, DateTimeOffset? WaitingSince)
{
    /// <summary>When a requested run is due, which runs also if the job is paused; <see langword="null"/> if there is none.</summary>
    public DateTimeOffset? AskedSince { get; init; }

    /// <summary>What the configuration in force changes; <see langword="null"/> if no engine has said yet.</summary>
    public JobOverrides? Configured { get; init; }

    /// <summary>The engine whose configuration that is: of those that share a job, the one that was started or reloaded last.</summary>
    public string? ConfiguredBy { get; init; }

    /// <summary>When an engine should start a run or take one over; <see langword="null"/> if no run is planned.</summary>
    public DateTimeOffset? DueAt => Lease is { } lease ? lease.Until : Settings.Paused ? AskedSince : NextAt is null || WaitingSince < NextAt ? WaitingSince : NextAt;
}
