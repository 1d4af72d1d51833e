using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>
/// Lists, starts, changes, pauses and cancels jobs. Every change and its audit entry are one transaction. Thread-safe; used by several
/// processes.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="engine">The engine's id if several engines share the database; else empty.</param>
public sealed class JobControl(ControlDatabase database, string engine)
{
    readonly AuditLog _audit = new(database);

    /// <summary>The engine's id where engines share the database; else empty.</summary>
    public string Engine => engine;

    /// <summary>Lists this engine's own jobs and those that engines share, by name.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<IReadOnlyList<JobState>> ListAsync(CancellationToken cancellation = default) =>
        [.. (await database.ReadAsync(JobTable.ListAsync, cancellation)).Where(job => job.Engine.Length == 0 || job.Engine == engine)];

    /// <summary>Finds a job; returns <see langword="null"/> if there is none.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<JobState?> FindAsync(string name, CancellationToken cancellation = default) => (await ListAsync(cancellation)).FirstOrDefault(job => job.Name == name);

    /// <summary>Lists runs of a job, the newest first.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<JobRun>> RunsAsync(JobState job, long before, int limit, CancellationToken cancellation = default) =>
        database.ReadAsync(session => JobTable.RunsAsync(session, job.Name, job.Engine, before, limit), cancellation);

    /// <summary>Finds a run with its steps; returns <see langword="null"/> if there is none.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<JobRun?> RunAsync(string job, long id, CancellationToken cancellation = default) =>
        database.ReadAsync(session => JobTable.RunAsync(session, job, id), cancellation);

    /// <summary>Requests a run. An engine starts it within two seconds, also if the job is paused.</summary>
    /// <param name="job">The job.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The run's number: that of the pending run, if there is one already.</returns>
    /// <exception cref="ControlRefusalException">The job is running.</exception>
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

    /// <summary>
    /// Asks for a run, in the transaction that makes work for it. If the job runs, another run follows, so that the work is not missed; one that waits already is enough.
    /// </summary>
    /// <param name="session">The transaction.</param>
    /// <param name="job">The job.</param>
    /// <param name="actor">Who asks.</param>
    public Task RequestAsync(ControlSession session, string job, string actor) => RequestAsync(session, job, actor, engine);

    /// <summary>Asks for a run on one of the engines that share the database.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="job">The job.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="of">The engine.</param>
    public async Task RequestAsync(ControlSession session, string job, string actor, string of)
    {
        if (await session.NumberAsync($"""
            SELECT COUNT(*) FROM job_runs WHERE job = {job} AND engine = {of} AND outcome = {JobOutcome.Waiting} AND cause = {JobRun.ByHand}
            """) == 0)
        {
            await JobStore.AddRunAsync(session, job, of, JobRun.ByHand, actor, attempt: 1, JobOutcome.Waiting, database.Time.GetUtcNow(), startedAt: null);
            await session.MarkChangedAsync(JobStore.Topic);
        }
    }

    /// <summary>Cancels the running and the pending runs of a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The number of cancelled runs.</returns>
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

    /// <summary>Changes a job's settings for all engines that share the database.</summary>
    /// <param name="job">The job.</param>
    /// <param name="action">The action in the audit log, such as <c>job.pause</c>.</param>
    /// <param name="change">Maps the present overrides of users to the new ones.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlRefusalException">The change would pause or switch off an essential job.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task ChangeAsync(
        JobState job, string action, Func<JobOverrides, JobOverrides> change, string actor, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        var own = change(JobJson.ReadOverrides(await session.FirstAsync(
            $"SELECT own FROM jobs WHERE name = {job.Name} AND engine = {job.Engine}", row => row.Text(0)) ?? "{}"));
        if (job.IsEssential && (own.Paused == true || own.Schedule == JobSchedule.Off))
        {
            throw new ControlRefusalException(ControlRefusalException.JobEssential, $"The engine needs the job '{job.Name}', so it cannot be paused. Change its schedule instead.");
        }

        var details = JobJson.Write(own);
        await session.RunAsync($"UPDATE jobs SET own = {details} WHERE name = {job.Name}");
        await _audit.AppendAsync(session, new AuditEvent(actor, action, $"job:{job.Name}", Details: details) { Address = address });
        await session.MarkChangedAsync(JobStore.Topic);
    }, cancellation);
}
