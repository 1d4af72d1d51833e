using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>What people do with jobs: list them, run, change, pause and cancel them. Every change is in the audit log. Any thread, and any process.</summary>
/// <param name="database">The database.</param>
/// <param name="engine">The engine's id where engines share the database; else empty.</param>
public sealed class JobControl(ControlDatabase database, string engine)
{
    readonly AuditLog _audit = new(database);

    /// <summary>Lists the jobs that this engine runs, and those that one of the engines runs, by name.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<IReadOnlyList<JobState>> ListAsync(CancellationToken cancellation = default) =>
        [.. (await database.ReadAsync(JobTable.ListAsync, cancellation)).Where(job => job.Engine.Length == 0 || job.Engine == engine)];

    /// <summary>Finds a job; <see langword="null"/> if there is none of this name.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<JobState?> FindAsync(string name, CancellationToken cancellation = default) => (await ListAsync(cancellation)).FirstOrDefault(job => job.Name == name);

    /// <summary>Lists runs of a job, the newest first.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<JobRun>> RunsAsync(JobState job, long before, int limit, CancellationToken cancellation = default) =>
        database.ReadAsync(session => JobTable.RunsAsync(session, job.Name, job.Engine, before, limit), cancellation);

    /// <summary>Finds a run of a job with its steps; <see langword="null"/> if there is none.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<JobRun?> RunAsync(string job, long id, CancellationToken cancellation = default) =>
        database.ReadAsync(session => JobTable.RunAsync(session, job, id), cancellation);

    /// <summary>Asks for a run. An engine begins it within a second or two, also while the job is paused.</summary>
    /// <param name="job">The job.</param>
    /// <param name="actor">Who asks, for the audit log.</param>
    /// <param name="address">Where the request comes from.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The run's number. It is that of the run that waits already, if one does.</returns>
    /// <exception cref="ControlRefusalException">The job runs.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<long> StartAsync(JobState job, string actor, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        if (await session.FirstAsync($"SELECT holder FROM jobs WHERE name = {job.Name} AND engine = {job.Engine}", row => row.TextOrNull(0)) is not null)
        {
            throw new ControlRefusalException(ControlRefusalException.JobRunning, $"The job '{job.Name}' is running. Wait for its end, or cancel it.");
        }

        var now = database.Time.GetUtcNow();
        var id = await session.NumberAsync($"""
            SELECT id FROM job_runs WHERE job = {job.Name} AND engine = {job.Engine} AND outcome = {JobOutcome.Waiting} AND cause = {JobRun.ByHand} LIMIT 1
            """) ?? await JobStore.AddRunAsync(session, job.Name, job.Engine, JobRun.ByHand, actor, attempt: 1, JobOutcome.Waiting, now, startedAt: null);
        await _audit.AppendAsync(session, new AuditEvent(actor, "job.run", $"job:{job.Name}", Details: $$"""{"run":{{id}}}""") { Address = address });
        await session.MarkChangedAsync(JobStore.Topic);
        return id;
    }, cancellation);

    /// <summary>Cancels the run of a job and those that wait.</summary>
    /// <param name="job">The job.</param>
    /// <param name="actor">Who asks, for the audit log.</param>
    /// <param name="address">Where the request comes from.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>How many runs.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<int> CancelAsync(JobState job, string actor, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        var now = database.Time.GetUtcNow();
        var runs = await session.RunAsync($"""
            UPDATE job_runs SET outcome = {JobOutcome.Cancelled}, ended_at = {now}, problem = {$"cancelled by {actor}"}
            WHERE job = {job.Name} AND engine = {job.Engine} AND outcome = {JobOutcome.Waiting}
            """) + await session.RunAsync($"""
            UPDATE job_runs SET cancelled_by = {actor} WHERE job = {job.Name} AND engine = {job.Engine} AND outcome = {JobOutcome.Running}
            """);
        if (runs > 0)
        {
            await _audit.AppendAsync(session, new AuditEvent(actor, "job.cancel", $"job:{job.Name}") { Address = address });
            await session.MarkChangedAsync(JobStore.Topic);
        }

        return runs;
    }, cancellation);

    /// <summary>Changes settings of a job, on all engines that share the database.</summary>
    /// <param name="job">The job.</param>
    /// <param name="action">What is done, for the audit log, such as <c>job.pause</c>.</param>
    /// <param name="change">Returns what users change from now on, of what they have changed before.</param>
    /// <param name="actor">Who asks, for the audit log.</param>
    /// <param name="address">Where the request comes from.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ControlRefusalException">The engine cannot do without the job.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task ChangeAsync(
        JobState job, string action, Func<JobOverrides, JobOverrides> change, string actor, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        var own = change(JobJson.ReadOverrides(await session.FirstAsync(
            $"SELECT own FROM jobs WHERE name = {job.Name} AND engine = {job.Engine}", row => row.Text(0)) ?? "{}"));
        if (job.IsEssential && (own.Paused == true || own.Schedule == JobSchedule.Off))
        {
            throw new ControlRefusalException(ControlRefusalException.JobEssential, $"The engine cannot do without the job '{job.Name}'. Change its schedule instead.");
        }

        var details = JobJson.Write(own);
        await session.RunAsync($"UPDATE jobs SET own = {details} WHERE name = {job.Name}");
        await _audit.AppendAsync(session, new AuditEvent(actor, action, $"job:{job.Name}", Details: details) { Address = address });
        await session.MarkChangedAsync(JobStore.Topic);
    }, cancellation);
}
