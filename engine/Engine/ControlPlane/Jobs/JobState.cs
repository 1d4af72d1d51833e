namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>A job as the control database knows it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Engine">The engine that runs it for itself; empty if one of those that share the database runs it.</param>
/// <param name="Description">What it does.</param>
/// <param name="Settings">The settings in force.</param>
/// <param name="Own">What users changed.</param>
/// <param name="IsEssential">Whether it can be neither paused nor switched off.</param>
/// <param name="NextAt">When it runs next by its schedule; <see langword="null"/> if by hand alone.</param>
/// <param name="Lease">Who runs it now; <see langword="null"/> if nobody does.</param>
/// <param name="Last">Its last run that has ended; <see langword="null"/> if there is none.</param>
/// <param name="LastSuccessAt">When it last ended well; <see langword="null"/> if never.</param>
/// <param name="WaitingSince">When a run that was asked for, or a retry, is due; <see langword="null"/> if there is none.</param>
public sealed record JobState(
    string Name, string Engine, string Description, JobSettings Settings, JobOverrides Own, bool IsEssential, DateTimeOffset? NextAt, JobLease? Lease,
    (string Outcome, DateTimeOffset EndedAt, TimeSpan Took)? Last, DateTimeOffset? LastSuccessAt, DateTimeOffset? WaitingSince)
{
    /// <summary>When a run that was asked for is due, which also a paused job runs; <see langword="null"/> if there is none.</summary>
    public DateTimeOffset? AskedSince { get; init; }

    /// <summary>The time at which an engine should begin a run; <see langword="null"/> if none is due.</summary>
    public DateTimeOffset? DueAt => Lease is { } lease ? lease.Until : Settings.Paused ? AskedSince : NextAt is null || WaitingSince < NextAt ? WaitingSince : NextAt;
}
