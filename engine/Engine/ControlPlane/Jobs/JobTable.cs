using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>Reads jobs and runs in a transaction.</summary>
static class JobTable
{
    // More than the jobs of many engines.
    const int MaxJobs = 2000;

    // Maximum number of steps of a run.
    const int MaxSteps = 100;

    /// <summary>Reads all jobs, by name.</summary>
    public static Task<List<JobState>> ListAsync(ControlSession session) => session.ListAsync($"""
        SELECT name, engine, description, is_essential, settings, own, next_at, fence, holder, lease_until, run_id, last_outcome, last_ended_at, last_took, last_success_at,
            (SELECT MIN(due_at) FROM job_runs WHERE job_runs.job = jobs.name AND job_runs.engine = jobs.engine AND job_runs.outcome = {JobOutcome.Waiting}),
            (SELECT MIN(due_at) FROM job_runs WHERE job_runs.job = jobs.name AND job_runs.engine = jobs.engine AND job_runs.outcome = {JobOutcome.Waiting} AND job_runs.cause = {JobRun.ByHand}),
            configured, configured_by
        FROM jobs ORDER BY name, engine LIMIT {MaxJobs}
        """, ReadState);

    /// <summary>Reads runs of a job, the newest first.</summary>
    public static Task<List<JobRun>> RunsAsync(ControlSession session, string job, string engine, long before, int limit) => session.ListAsync($"""
        SELECT id, job, engine, cause, actor, attempt, outcome, due_at, started_at, ended_at, problem, progress, report, log
        FROM job_runs WHERE job = {job} AND engine = {engine} AND id < {before} ORDER BY id DESC LIMIT {limit}
        """, ReadRun);

    /// <summary>Reads a run with its steps.</summary>
    public static async Task<JobRun?> RunAsync(ControlSession session, string job, long id) => await session.FirstAsync($"""
        SELECT id, job, engine, cause, actor, attempt, outcome, due_at, started_at, ended_at, problem, progress, report, log FROM job_runs WHERE id = {id} AND job = {job}
        """, ReadRun) is not { } run ? null : run with
    {
        Steps = await session.ListAsync($"SELECT name, outcome, started_at, ended_at, problem FROM job_steps WHERE run_id = {id} ORDER BY position LIMIT {MaxSteps}",
            row => new JobStepRun(row.Text(0), row.Text(1), row.TimeOrNull(2), row.TimeOrNull(3), row.TextOrNull(4))),
    };

    static JobState ReadState(ControlRow row) => new(row.Text(0), row.Text(1), row.Text(2), JobJson.ReadSettings(row.Text(4)), JobJson.ReadOverrides(row.Text(5)),
        row.IsTrue(3), row.TimeOrNull(6), row.TextOrNull(8) is { } holder ? new JobLease(holder, row.Number(7), row.Time(9), row.Number(10)) : null,
        row.TextOrNull(11) is { } outcome ? (outcome, row.Time(12), TimeSpan.FromMilliseconds(row.Number(13))) : null, row.TimeOrNull(14), row.TimeOrNull(15))
    {
        AskedSince = row.TimeOrNull(16),
        Configured = row.TextOrNull(17) is { } configured ? JobJson.ReadOverrides(configured) : null,
        ConfiguredBy = row.TextOrNull(18),
    };

    static JobRun ReadRun(ControlRow row) => new(row.Number(0), row.Text(1), row.Text(2), row.Text(3), row.TextOrNull(4), (int)row.Number(5), row.Text(6), row.Time(7),
        row.TimeOrNull(8), row.TimeOrNull(9), row.TextOrNull(10), row.TextOrNull(11), row.TextOrNull(12), row.Text(13));
}
