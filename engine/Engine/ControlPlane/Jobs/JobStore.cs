using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>
/// Claims, renews and ends runs in the control database. A lease ensures that one engine at a time runs a job. Thread-safe.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="engine">The engine's id if several engines share the database; else empty.</param>
sealed class JobStore(ControlDatabase database, string engine)
{
    /// <summary>The topic that changes of jobs and runs mark in <see cref="ControlChanges"/>.</summary>
    public const string Topic = "jobs";

    /// <summary>Duration of a lease. Another engine takes over after an unresponsive engine's lease has expired.</summary>
    public static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(1);

    /// <summary>The problem of a run whose engine does not answer.</summary>
    public const string EngineGone = "its engine is gone";

    // A scheduled run that starts later than this counts as missed.
    static readonly TimeSpan s_missedAfter = TimeSpan.FromMinutes(2);

    // Retention of jobs that no engine has defined since: those of removed engines and former versions.
    static readonly TimeSpan s_retention = TimeSpan.FromDays(90);

    // A clock that differs by less is no clock that was ahead.
    static readonly TimeSpan s_skew = TimeSpan.FromMinutes(5);

    // An engine whose clock is ahead by less keeps its lease.
    static readonly TimeSpan s_leaseSkew = TimeSpan.FromHours(1);

    // Runs kept of each job.
    const int MaxRuns = 300;

    const string Local = "local";

    /// <summary>This engine's name in leases.</summary>
    public string Holder => engine.Length == 0 ? Local : engine;

    /// <summary>Returns the engine that a job belongs to; empty for a job that engines share.</summary>
    public string EngineOf(JobDefinition definition) => definition.PerEngine ? engine : "";

    /// <summary>Returns whether this engine may run a job.</summary>
    public bool IsMine(JobState job) => job.Engine.Length == 0 || job.Engine == engine;

    /// <summary>Reads all jobs.</summary>
    public Task<List<JobState>> ListAsync(CancellationToken cancellation = default) => database.ReadAsync(JobTable.ListAsync, cancellation);

    /// <summary>Returns the effective settings: the definition's, overridden by the configuration, then by users.</summary>
    public static JobSettings SettingsOf(JobDefinition definition, JobOverrides? configured, JobOverrides? own)
    {
        var settings = definition.Settings.With(configured).With(own);
        return !definition.IsEssential ? settings : settings with
        {
            Paused = false,
            Schedule = settings.Schedule == JobSchedule.Off ? definition.Schedule : settings.Schedule,
        };
    }

    /// <summary>Whether a lease holds: it has not expired, and does not come from a clock that was ahead.</summary>
    public static bool Holds(JobLease lease, DateTimeOffset now) => lease.Until > now && lease.Until <= now + LeaseTime + s_leaseSkew;

    /// <summary>Whether a job's next time comes from a clock that was ahead: it is later than its schedule says from now on.</summary>
    public static bool IsAhead(JobDefinition definition, JobState job, DateTimeOffset now) =>
        (job.NextAt > now + s_skew && job.NextAt > definition.NextAfter(job.Settings, now + s_skew)) || job.WaitingSince > now + JobDefinition.MaxRetryDelay + s_skew;

    /// <summary>Gives jobs their times again after a clock was ahead.</summary>
    public Task SetBackAsync(IReadOnlyCollection<JobDefinition> definitions, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        var now = database.Time.GetUtcNow();
        foreach (var job in await JobTable.ListAsync(session))
        {
            if (definitions.FirstOrDefault(definition => definition.Name == job.Name && EngineOf(definition) == job.Engine) is { } definition && IsAhead(definition, job, now))
            {
                await session.RunAsync($"UPDATE jobs SET next_at = {definition.NextAfter(job.Settings, now)} WHERE name = {job.Name} AND engine = {job.Engine}");
                await session.RunAsync($"""
                    UPDATE job_runs SET due_at = {now} WHERE job = {job.Name} AND engine = {job.Engine} AND outcome = {JobOutcome.Waiting} AND due_at > {now + JobDefinition.MaxRetryDelay + s_skew}
                    """);
            }
        }

        await session.MarkChangedAsync(Topic);
    }, cancellation);

    /// <summary>Writes the definitions and their settings. Whoever has its schedule changed gets a new time.</summary>
    /// <param name="definitions">The jobs.</param>
    /// <param name="configured">What this engine's configuration changes.</param>
    /// <param name="wins">Whether this configuration is in force from now on; otherwise that which is stays, and only what users changed is taken over.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The jobs that another engine configured differently.</returns>
    public Task<List<(string Job, string By)>> SyncAsync(
        IReadOnlyCollection<JobDefinition> definitions, Func<string, JobOverrides?> configured, bool wins, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        var (now, replaced) = (database.Time.GetUtcNow(), new List<(string, string)>());
        var known = (await JobTable.ListAsync(session)).ToDictionary(job => (job.Name, job.Engine));
        foreach (var definition in definitions)
        {
            var (name, of) = (definition.Name, EngineOf(definition));
            var job = known.GetValueOrDefault((name, of));
            var (mine, by) = (configured(name) ?? new JobOverrides(), Holder);
            if (job is { Configured: { } theirs, ConfiguredBy: { } other } && other != Holder)
            {
                if (!wins)
                {
                    (mine, by) = (theirs, other);
                }
                else if (theirs != mine)
                {
                    replaced.Add((name, other));
                }
            }

            var settings = SettingsOf(definition, mine, job?.Own);
            var isSame = job is not null && (job.Settings.Schedule, job.Settings.Zone, job.Settings.Paused) == (settings.Schedule, settings.Zone, settings.Paused);
            var next = isSame ? job!.NextAt : definition.NextAfter(settings, now);
            await session.RunAsync($"""
                INSERT INTO jobs (name, engine, description, is_essential, settings, own, next_at, fence, seen_at, configured, configured_by)
                VALUES ({name}, {of}, {definition.Description}, {definition.IsEssential}, {JobJson.Write(settings)}, {JobJson.Write(new JobOverrides())}, {next}, {0}, {now},
                    {JobJson.Write(mine)}, {by})
                ON CONFLICT (name, engine) DO UPDATE SET description = excluded.description, is_essential = excluded.is_essential, settings = excluded.settings,
                    next_at = excluded.next_at, seen_at = excluded.seen_at, configured = excluded.configured, configured_by = excluded.configured_by
                """);
        }

        await session.RunAsync($"DELETE FROM jobs WHERE seen_at < {now - s_retention} AND holder IS NULL");
        await session.RunAsync($"DELETE FROM job_runs WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.name = job_runs.job AND jobs.engine = job_runs.engine)");
        return replaced;
    }, cancellation);

    /// <summary>Records runs with expired leases as interrupted, and claims due runs.</summary>
    /// <param name="definitions">The jobs that this engine can run.</param>
    /// <param name="running">The runs that this engine executes.</param>
    /// <param name="room">Maximum number of runs to claim.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The claimed runs, and the runs that it has ended: interrupted or missed. Final if no retry follows an
    /// interruption.</returns>
    public async Task<(List<JobClaim> Claims, List<(string Job, string Outcome, TimeSpan Took, bool IsFinal)> Ended)> ClaimAsync(
        IReadOnlyDictionary<string, JobDefinition> definitions, IReadOnlySet<long> running, int room, CancellationToken cancellation = default) =>
        await database.WriteAsync(async session =>
        {
            var (claims, ended, now) = (new List<JobClaim>(), new List<(string, string, TimeSpan, bool)>(), database.Time.GetUtcNow());
            foreach (var job in (await JobTable.ListAsync(session)).Where(IsMine))
            {
                if (!definitions.TryGetValue(job.Name, out var definition) || EngineOf(definition) != job.Engine)
                {
                    continue;
                }

                if (job.Lease is { } lease)
                {
                    // Engine ids are unique: a lease of this engine for a run that it does not execute is from before a restart.
                    var isGone = !Holds(lease, now) || (lease.Holder == Holder && !running.Contains(lease.RunId));
                    if (isGone && !running.Contains(lease.RunId) && await JobTable.RunAsync(session, job.Name, lease.RunId) is { } lost)
                    {
                        var isRetried = await EndAsync(
                            session, definition, job.Engine, job.Settings, lease, lost.Attempt, lost.StartedAt ?? now, JobOutcome.Interrupted, EngineGone);
                        ended.Add((job.Name, JobOutcome.Interrupted, now - (lost.StartedAt ?? now), !isRetried));
                    }
                }
                else if (job.DueAt <= now && claims.Count < room)
                {
                    if (await BeginAsync(session, job, definition, now) is { } claim)
                    {
                        claims.Add(claim);
                    }
                    else
                    {
                        ended.Add((job.Name, JobOutcome.Missed, TimeSpan.Zero, false));
                    }
                }
            }

            if (claims.Count + ended.Count > 0)
            {
                await session.MarkChangedAsync(Topic);
            }

            return (claims, ended);
        }, cancellation);

    /// <summary>Renews leases, and stores logs and progress.</summary>
    /// <returns>The runs that this engine has lost; and for runs to cancel, the actor by run.</returns>
    public Task<(List<long> Lost, Dictionary<long, string> Cancelled)> RenewAsync(IReadOnlyCollection<JobExecution> running, CancellationToken cancellation = default) =>
        database.WriteAsync(async session =>
        {
            var (lost, cancelled, until) = (new List<long>(), new Dictionary<long, string>(), database.Time.GetUtcNow() + LeaseTime);
            foreach (var execution in running)
            {
                var (claim, id) = (execution.Claim, execution.Claim.Lease.RunId);
                if (await session.RunAsync($"""
                    UPDATE jobs SET lease_until = {until} WHERE name = {claim.Definition.Name} AND engine = {claim.Engine} AND holder = {Holder} AND fence = {claim.Lease.Fence}
                    """) == 0)
                {
                    lost.Add(id);
                    continue;
                }

                if (execution.Context.IsChanged)
                {
                    await session.RunAsync($"UPDATE job_runs SET progress = {execution.Context.ProgressText}, log = {execution.Context.LogText()} WHERE id = {id}");
                }

                if (await session.FirstAsync($"SELECT cancelled_by FROM job_runs WHERE id = {id}", row => row.TextOrNull(0)) is { } by)
                {
                    cancelled[id] = by;
                }
            }

            return (lost, cancelled);
        }, cancellation);

    /// <summary>Stores an ended step.</summary>
    public Task SaveStepAsync(JobClaim claim, int position, JobStepRun step, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        if (await IsHeldAsync(session, claim))
        {
            await SaveStepAsync(session, claim, position, step);
        }
    }, cancellation);

    /// <summary>Records the end of a run. Does nothing if this engine has lost the lease.</summary>
    /// <returns>Whether a retry follows; <see langword="null"/> if this engine has lost the lease.</returns>
    public Task<bool?> CompleteAsync(JobExecution execution, JobResult result, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        var (claim, context) = (execution.Claim, execution.Context);
        if (!await IsHeldAsync(session, claim))
        {
            return (bool?)null;
        }

        for (var i = 0; i < result.Steps.Count; i++)
        {
            await SaveStepAsync(session, claim, i, result.Steps[i]);
        }

        var isRetried = await EndAsync(session, claim.Definition, claim.Engine, claim.Settings, claim.Lease, claim.Attempt, claim.StartedAt, result.Outcome, result.Problem);
        await session.RunAsync($"""
            UPDATE job_runs SET progress = {context.ProgressText}, report = {context.ReportText}, log = {context.LogText()} WHERE id = {claim.Lease.RunId}
            """);
        await session.MarkChangedAsync(Topic);
        return isRetried;
    }, cancellation);

    /// <summary>Returns whether a claim still holds the job's lease.</summary>
    public static async Task<bool> IsHeldAsync(ControlSession session, JobClaim claim) => await session.NumberAsync($"""
        SELECT COUNT(*) FROM jobs WHERE name = {claim.Definition.Name} AND engine = {claim.Engine} AND holder = {claim.Lease.Holder} AND fence = {claim.Lease.Fence}
        """) == 1;

    static Task SaveStepAsync(ControlSession session, JobClaim claim, int position, JobStepRun step) => session.RunAsync($"""
        INSERT INTO job_steps (run_id, position, name, outcome, started_at, ended_at, problem)
        VALUES ({claim.Lease.RunId}, {position}, {step.Name}, {step.Outcome}, {step.StartedAt}, {step.EndedAt}, {step.Problem})
        ON CONFLICT (run_id, name) DO UPDATE SET outcome = excluded.outcome, started_at = excluded.started_at, ended_at = excluded.ended_at, problem = excluded.problem
        """);

    /// <summary>Adds a run.</summary>
    /// <returns>The run's number.</returns>
    public static async Task<long> AddRunAsync(
        ControlSession session, string job, string engine, string cause, string? actor, int attempt, string outcome, DateTimeOffset dueAt, DateTimeOffset? startedAt, long? retryOf = null)
    {
        var id = (await session.NumberAsync($"SELECT MAX(id) FROM job_runs") ?? 0) + 1;
        await session.RunAsync($"""
            INSERT INTO job_runs (id, job, engine, cause, actor, attempt, outcome, due_at, started_at, ended_at, retry_of, log)
            VALUES ({id}, {job}, {engine}, {cause}, {actor}, {attempt}, {outcome}, {dueAt}, {startedAt}, {(outcome == JobOutcome.Missed ? startedAt : null)}, {retryOf}, {""})
            """);
        return id;
    }

    async Task<JobClaim?> BeginAsync(ControlSession session, JobState job, JobDefinition definition, DateTimeOffset now)
    {
        // Retries of a paused job wait; a requested run does not.
        var held = job.Settings.Paused ? JobRun.ByRetry : "";
        var waiting = await session.FirstAsync($"""
            SELECT id, attempt, retry_of FROM job_runs
            WHERE job = {job.Name} AND engine = {job.Engine} AND outcome = {JobOutcome.Waiting} AND due_at <= {now} AND cause <> {held} ORDER BY due_at, id LIMIT 1
            """, row => (Id: row.Number(0), Attempt: (int)row.Number(1), Former: row.NumberOrNull(2)));
        var isScheduled = waiting.Id == 0;
        var next = isScheduled ? definition.NextAfter(job.Settings, now) : job.NextAt;
        long id;
        if (isScheduled)
        {
            var isMissed = now - job.NextAt > s_missedAfter;
            if (isMissed && job.Settings.Missed == MissedRun.Skip)
            {
                await AddRunAsync(session, job.Name, job.Engine, JobRun.ByMissed, actor: null, attempt: 1, JobOutcome.Missed, job.NextAt!.Value, now);
                await session.RunAsync($"UPDATE jobs SET next_at = {next} WHERE name = {job.Name} AND engine = {job.Engine}");
                return null;
            }

            id = await AddRunAsync(session, job.Name, job.Engine, isMissed ? JobRun.ByMissed : JobRun.BySchedule, actor: null, attempt: 1, JobOutcome.Running, job.NextAt!.Value, now);
        }
        else
        {
            id = waiting.Id;
            await session.RunAsync($"UPDATE job_runs SET outcome = {JobOutcome.Running}, started_at = {now} WHERE id = {id}");
            if (waiting.Former is { } former)
            {
                await session.RunAsync($"""
                    INSERT INTO job_steps (run_id, position, name, outcome, started_at, ended_at, problem)
                    SELECT {id}, position, name, outcome, started_at, ended_at, problem FROM job_steps WHERE run_id = {former} AND outcome = {JobOutcome.Succeeded}
                    """);
            }
        }

        // This run replaces pending retries.
        await session.RunAsync($"""
            UPDATE job_runs SET outcome = {JobOutcome.Cancelled}, ended_at = {now}, problem = {"another run took its place"}
            WHERE job = {job.Name} AND engine = {job.Engine} AND outcome = {JobOutcome.Waiting} AND cause = {JobRun.ByRetry} AND id <> {id}
            """);
        var fence = (await session.NumberAsync($"SELECT fence FROM jobs WHERE name = {job.Name} AND engine = {job.Engine}") ?? 0) + 1;
        var lease = new JobLease(Holder, fence, now + LeaseTime, id);
        await session.RunAsync($"""
            UPDATE jobs SET fence = {fence}, holder = {Holder}, lease_until = {lease.Until}, run_id = {id}, next_at = {next}, seen_at = {now} WHERE name = {job.Name} AND engine = {job.Engine}
            """);
        var done = (await JobTable.RunAsync(session, job.Name, id))!.Steps.Select(step => step.Name).ToHashSet(StringComparer.Ordinal);
        return new JobClaim(definition, job.Settings, job.Engine, lease, isScheduled ? 1 : waiting.Attempt, now, done);
    }

    async Task<bool> EndAsync(
        ControlSession session, JobDefinition definition, string of, JobSettings settings, JobLease lease, int attempt, DateTimeOffset startedAt, string outcome, string? problem)
    {
        var (now, name) = (database.Time.GetUtcNow(), definition.Name);
        await session.RunAsync($"UPDATE job_runs SET outcome = {outcome}, ended_at = {now}, problem = {problem} WHERE id = {lease.RunId}");
        var next = await session.FirstAsync($"SELECT next_at FROM jobs WHERE name = {name} AND engine = {of}", row => row.TimeOrNull(0));

        // Runs do not overlap: times that passed during this run are skipped.
        next = next <= now ? definition.NextAfter(settings, now) : next;
        DateTimeOffset? success = outcome == JobOutcome.Succeeded ? now : null;
        await session.RunAsync($"""
            UPDATE jobs SET holder = NULL, lease_until = NULL, run_id = NULL, next_at = {next}, last_outcome = {outcome}, last_ended_at = {now},
                last_took = {(long)(now - startedAt).TotalMilliseconds}, last_success_at = COALESCE({success}, last_success_at)
            WHERE name = {name} AND engine = {of}
            """);
        var isRetried = JobOutcome.IsRetried(outcome) && attempt <= settings.Retries;
        if (isRetried)
        {
            await AddRunAsync(session, name, of, JobRun.ByRetry, actor: null, attempt + 1, JobOutcome.Waiting, now + definition.DelayAfter(attempt), startedAt: null, lease.RunId);
        }

        await session.RunAsync($"""
            DELETE FROM job_runs WHERE job = {name} AND engine = {of} AND outcome <> {JobOutcome.Waiting}
                AND id <= (SELECT id FROM job_runs WHERE job = {name} AND engine = {of} ORDER BY id DESC LIMIT 1 OFFSET {MaxRuns})
            """);
        return isRetried;
    }
}
