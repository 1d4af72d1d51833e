namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>Knows which jobs are late and which runs do not end, and tells each once. Ticks on one thread; any thread asks.</summary>
/// <param name="time">The clock.</param>
sealed class JobWatch(TimeProvider time)
{
    static readonly TimeSpan s_lateAfter = TimeSpan.FromMinutes(5);

    // How long a run may take to end when it is asked to.
    static readonly TimeSpan s_overdueAfter = TimeSpan.FromSeconds(30);

    readonly HashSet<(string Job, DateTimeOffset DueAt)> _late = [];
    volatile HashSet<long> _overdue = [];

    /// <summary>Whether a job that should have begun has not for too long.</summary>
    public bool IsLate(JobState job) => job.Lease is null && job.DueAt + s_lateAfter < time.GetUtcNow();

    /// <summary>Whether a run was asked to end, and goes on.</summary>
    public bool IsOverdue(JobState job) => job.Lease is { } lease && _overdue.Contains(lease.RunId);

    /// <summary>Returns the jobs that are late since this tick.</summary>
    /// <param name="jobs">The jobs that this engine can run.</param>
    /// <param name="now">The time.</param>
    public IEnumerable<JobNotice> FindLate(IEnumerable<JobState> jobs, DateTimeOffset now)
    {
        var late = jobs.Where(IsLate).Select(job => (job.Name, DueAt: job.DueAt!.Value)).ToHashSet();
        List<JobNotice> found = [.. late.Where(_late.Add).Select(one => new JobNotice(one.Name, IsLate: true, IsFinal: false,
            $"due at {one.DueAt.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ} and has not begun at {now.UtcDateTime:HH:mm:ss}"))];
        _late.IntersectWith(late);
        return found;
    }

    /// <summary>Returns the runs that are overdue since this tick.</summary>
    /// <param name="running">The runs of this process.</param>
    /// <param name="now">The time.</param>
    public IEnumerable<JobNotice> FindOverdue(IEnumerable<JobExecution> running, DateTimeOffset now)
    {
        var (former, overdue) = (_overdue, running.Where(execution => execution.Ending is { } ending && now - ending.At >= s_overdueAfter).ToList());
        _overdue = [.. overdue.Select(execution => execution.Claim.Lease.RunId)];
        return overdue.Where(execution => !former.Contains(execution.Claim.Lease.RunId))
            .Select(execution => new JobNotice(execution.Claim.Definition.Name, IsLate: false, IsFinal: false, execution.Ending!.Value.Problem) { IsOverdue = true });
    }
}
