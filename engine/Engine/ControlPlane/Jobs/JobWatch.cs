namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>Detects late jobs and runs that do not stop, and reports each once. One thread ticks; queries are thread-safe.</summary>
/// <param name="time">The clock.</param>
sealed class JobWatch(TimeProvider time)
{
    static readonly TimeSpan s_lateAfter = TimeSpan.FromMinutes(5);

    // A cancelled run that still runs after this is overdue.
    static readonly TimeSpan s_overdueAfter = TimeSpan.FromSeconds(30);

    readonly HashSet<(string Job, DateTimeOffset DueAt)> _late = [];
    volatile HashSet<string> _overdue = [];
    HashSet<long> _told = [];

    /// <summary>Returns whether a job is overdue: due for some time, and not started.</summary>
    public bool IsLate(JobState job) => job.Lease is null && job.DueAt + s_lateAfter < time.GetUtcNow();

    /// <summary>Returns whether a run of this process was cancelled or lost its lease, and still runs.</summary>
    public bool IsOverdue(JobState job) => _overdue.Contains(job.Name);

    /// <summary>Returns the jobs that have become late.</summary>
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

    /// <summary>Returns the runs that have become overdue.</summary>
    /// <param name="running">The runs of this process.</param>
    /// <param name="now">The time.</param>
    public IEnumerable<JobNotice> FindOverdue(IEnumerable<JobExecution> running, DateTimeOffset now)
    {
        var overdue = running.Where(execution => !execution.Result.IsCompleted && execution.Ending is { } ending && now - ending.At >= s_overdueAfter).ToList();
        _overdue = [.. overdue.Select(execution => execution.Claim.Definition.Name)];
        var former = _told;
        _told = [.. overdue.Select(execution => execution.Claim.Lease.RunId)];
        return [.. overdue.Where(execution => !former.Contains(execution.Claim.Lease.RunId))
            .Select(execution => new JobNotice(execution.Claim.Definition.Name, IsLate: false, IsFinal: false, execution.Ending!.Value.Problem) { IsOverdue = true })];
    }
}
