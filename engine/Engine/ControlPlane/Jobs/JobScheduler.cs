using System.Collections.Concurrent;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>
/// Runs jobs when they are due. Among engines that share the control database, the engine that starts a run takes a lease, renews it, and
/// fences out the previous holder by the lease's number. Everything that depends on time happens in <see cref="TickAsync"/>. Thread-safe.
/// </summary>
public sealed class JobScheduler : IAsyncDisposable
{
    /// <summary>Maximum number of concurrent runs.</summary>
    public const int MaxRunning = 4;

    static readonly TimeSpan s_renewal = TimeSpan.FromSeconds(10);

    // How long the shutdown waits for running jobs.
    static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(10);

    readonly ControlDatabase _database;
    readonly JobStore _store;
    readonly Dictionary<string, JobDefinition> _definitions;
    readonly SemaphoreSlim _ticking = new(1, 1);
    readonly CancellationTokenSource _stop = new();
    readonly List<JobExecution> _running = [];
    readonly JobWatch _watch;
    readonly JobFailures _failures = new();
    readonly ConcurrentDictionary<(string Job, string Outcome), long> _runs = new();
    volatile IReadOnlyList<JobState> _jobs = [];
    Task _loop = Task.CompletedTask;
    DateTimeOffset _renewedAt;
    volatile bool _isChanged = true;

    /// <summary>Creates a scheduler; <see cref="StartAsync"/> starts it.</summary>
    /// <param name="database">The control database.</param>
    /// <param name="definitions">The jobs, with unique names.</param>
    /// <param name="engine">The engine's id if several engines share the database; else empty.</param>
    public JobScheduler(ControlDatabase database, IReadOnlyList<JobDefinition> definitions, string engine)
    {
        (_database, _store, Control) = (database, new JobStore(database, engine), new JobControl(database, engine));
        _watch = new JobWatch(database.Time);
        _definitions = definitions.ToDictionary(definition => definition.Name, StringComparer.Ordinal);
        database.Changes.Follow(JobStore.Topic, ReadAsync);
    }

    /// <summary>Lists, starts and changes jobs.</summary>
    public JobControl Control { get; }

    /// <summary>The jobs that this engine can run.</summary>
    public IReadOnlyCollection<JobDefinition> Definitions => _definitions.Values;

    /// <summary>Interval between ticks.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Returns what the configuration overrides of a job; <see langword="null"/> for nothing.</summary>
    public Func<string, JobOverrides?> Configured { get; init; } = _ => null;

    /// <summary>The services that jobs use. Set before the start.</summary>
    public IServiceProvider Services { get; set; } = new NoServices();

    /// <summary>Called when a run has failed, and once when a job is late.</summary>
    public Action<JobNotice>? OnNotice { get; set; }

    /// <summary>Called when a run has ended, with the job, the outcome and the duration.</summary>
    public Action<string, string, TimeSpan>? OnEnd { get; set; }

    /// <summary>Called when this configuration takes the place of another engine's: the job, and the engine.</summary>
    public Action<string, string>? OnReplaced { get; set; }

    /// <summary>This engine's own jobs and those that engines share, as last read.</summary>
    public IReadOnlyList<JobState> Jobs => _jobs;

    /// <summary>Why the last tick failed; <see langword="null"/> if it succeeded.</summary>
    public string? Problem { get; private set; }

    /// <summary>Returns the number of runs of a job in this process with an outcome.</summary>
    public long CountOf(string job, string outcome) => _runs.GetValueOrDefault((job, outcome));

    /// <summary>Returns whether a job is overdue: due for some time, and not started.</summary>
    public bool IsLate(JobState job) => _watch.IsLate(job);

    /// <summary>Whether a run of this engine was asked to end, and goes on: it keeps its place, and nobody else may run the job.</summary>
    public bool IsOverdue(JobState job) => _watch.IsOverdue(job);

    /// <summary>Returns the last failure of a job, if neither a success nor a retry follows it; otherwise <see langword="null"/>.</summary>
    public static string? FailureOf(JobState job) => job is { Lease: null, WaitingSince: null, Last: { Outcome: JobOutcome.Failed or JobOutcome.TimedOut or JobOutcome.Interrupted } last } ? last.Outcome : null;

    /// <summary>Starts the scheduler. Call after <see cref="ControlChanges.StartAsync"/>.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task StartAsync()
    {
        await SyncAsync();
        _loop = RunAsync();
    }

    /// <summary>Applies a changed configuration.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task SyncAsync(CancellationToken cancellation = default)
    {
        foreach (var (job, by) in await _store.SyncAsync(_definitions.Values, Configured, wins: true, cancellation))
        {
            OnReplaced?.Invoke(job, by);
        }

        await ReadJobsAsync(cancellation);
    }

    /// <summary>Starts due runs, renews leases, cancels runs that exceed their timeout, and records ended runs.</summary>
    /// <exception cref="ControlDatabaseException">The database failed. The next tick retries.</exception>
    public async Task TickAsync(CancellationToken cancellation = default)
    {
        await _ticking.WaitAsync(cancellation);
        try
        {
            var now = _database.Time.GetUtcNow();
            EndOverdue(now);
            Tell(_watch.FindOverdue(Running(), now));
            await CompleteAsync(cancellation);
            await RenewAsync(now, cancellation);
            await SetBackAsync(now, cancellation);
            await ClaimAsync(now, cancellation);
            Tell(_watch.FindLate(_jobs.Where(job => _definitions.ContainsKey(job.Name)), now));
        }
        finally
        {
            _ticking.Release();
        }
    }

    /// <summary>Completes when this engine executes no run. For tests and for commands that run one job.</summary>
    public async Task IdleAsync(CancellationToken cancellation = default)
    {
        while (true)
        {
            Task[] running;
            lock (_running)
            {
                running = [.. _running.Select(execution => execution.Result)];
            }

            if (running.Length == 0)
            {
                return;
            }

            await Task.WhenAll(running).WaitAsync(cancellation);
            await TickAsync(cancellation);
        }
    }

    /// <summary>Cancels the runs, records them as interrupted, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        await _ticking.WaitAsync();
        foreach (var execution in Running())
        {
            execution.Cancel(JobOutcome.Interrupted, "the engine stopped");
        }

        try
        {
            await Task.WhenAll(Running().Select(execution => execution.Result)).WaitAsync(s_stopTimeout);
            await CompleteAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is TimeoutException or ControlDatabaseException)
        {
            // The next start records the runs as interrupted.
            Problem = e.Message;
        }

        _ticking.Dispose();
        _stop.Dispose();
    }

    async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, _database.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    await TickAsync(_stop.Token);
                    Problem = null;
                }
                catch (Exception e) when (!_stop.IsCancellationRequested)
                {
                    // Any exception: without ticks no job would run. Health shows the problem, and late jobs are reported.
                    Problem = e.Message;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Expected on disposal.
        }
    }

    List<JobExecution> Running()
    {
        lock (_running)
        {
            return [.. _running];
        }
    }

    void EndOverdue(DateTimeOffset now)
    {
        foreach (var execution in Running())
        {
            if (now - execution.Claim.StartedAt >= execution.Claim.Settings.Timeout)
            {
                execution.Cancel(JobOutcome.TimedOut, $"took longer than {execution.Claim.Settings.Timeout}");
            }
            else if (now >= execution.LeaseUntil)
            {
                execution.Cancel(JobOutcome.Interrupted, "the control database did not answer for too long");
            }
        }
    }

    async Task CompleteAsync(CancellationToken cancellation)
    {
        foreach (var execution in Running().Where(execution => execution.Result.IsCompleted))
        {
            var (result, job) = (await execution.Result, execution.Claim.Definition.Name);
            var wasFailed = _jobs.FirstOrDefault(known => known.Name == job)?.Last?.Outcome is JobOutcome.Failed or JobOutcome.TimedOut;
            var isRetried = await _store.CompleteAsync(execution, result, cancellation);
            lock (_running)
            {
                _running.Remove(execution);
            }

            Count(job, result.Outcome, _database.Time.GetUtcNow() - execution.Claim.StartedAt);
            Tell(_failures.Note(execution.Claim.Definition, result, isRetried, wasFailed));

            execution.Dispose();
        }
    }

    async Task RenewAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        if (Running() is not { Count: > 0 } running || (now - _renewedAt < s_renewal && !_isChanged))
        {
            return;
        }

        _isChanged = false;
        var (lost, cancelled) = await _store.RenewAsync(running, cancellation);
        _renewedAt = now;
        foreach (var execution in running)
        {
            execution.Context.IsChanged = false;
            execution.LeaseUntil = now + JobStore.LeaseTime;
            if (lost.Contains(execution.Claim.Lease.RunId))
            {
                execution.Cancel(JobOutcome.Interrupted, "another engine took over");
            }
            else if (cancelled.TryGetValue(execution.Claim.Lease.RunId, out var by))
            {
                execution.Cancel(JobOutcome.Cancelled, $"cancelled by {by}");
            }
        }
    }

    async Task ClaimAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var running = Running();
        var ids = running.Select(execution => execution.Claim.Lease.RunId).ToHashSet();
        var isDue = _jobs.Any(job => _definitions.ContainsKey(job.Name) && (job.Lease is { } lease
            ? !ids.Contains(lease.RunId) && (!JobStore.Holds(lease, now) || lease.Holder == _store.Holder) : job.DueAt <= now && running.Count < MaxRunning));
        if (!isDue)
        {
            return;
        }

        var (claims, ended) = await _store.ClaimAsync(_definitions, ids, MaxRunning - running.Count, cancellation);
        foreach (var (job, outcome, took, isFinal) in ended)
        {
            Count(job, outcome, took);
            if (isFinal)
            {
                OnNotice?.Invoke(new JobNotice(job, IsLate: false, IsFinal: true, $"{outcome}: {JobStore.EngineGone}"));
            }
        }

        lock (_running)
        {
            _running.AddRange(claims.Select(claim => JobExecution.Start(claim, _store, Services, _database.Time)));
        }

        if (claims.Count > 0)
        {
            _renewedAt = now;
        }
        else
        {
            // Another engine claimed it first, or has renewed its lease.
            await ReadJobsAsync(cancellation);
        }
    }

    void Tell(IEnumerable<JobNotice> notices)
    {
        foreach (var notice in notices)
        {
            OnNotice?.Invoke(notice);
        }
    }

    // A clock that was ahead leaves times behind that would come too late.
    async Task SetBackAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        if (_jobs.Any(job => _definitions.TryGetValue(job.Name, out var definition) && JobStore.IsAhead(definition, job, now)))
        {
            await _store.SetBackAsync(_definitions.Values, cancellation);
            await ReadJobsAsync(cancellation);
        }
    }

    void Count(string job, string outcome, TimeSpan took)
    {
        _runs.AddOrUpdate((job, outcome), 1, (_, count) => count + 1);
        OnEnd?.Invoke(job, outcome, took);
    }

    // Called by ControlChanges when a job was changed, or an engine has started or ended a run.
    async Task ReadAsync(CancellationToken cancellation)
    {
        await ReadJobsAsync(cancellation);
        _isChanged = true;
        if (_jobs.Any(job => _definitions.TryGetValue(job.Name, out var definition) && JobStore.SettingsOf(definition, job.Configured ?? Configured(job.Name), job.Own) != job.Settings))
        {
            // Not this engine's configuration: that of the engine which was started or reloaded last stays.
            await _store.SyncAsync(_definitions.Values, Configured, wins: false, cancellation);
            await ReadJobsAsync(cancellation);
        }
    }

    async Task ReadJobsAsync(CancellationToken cancellation) => _jobs = [.. (await _store.ListAsync(cancellation)).Where(_store.IsMine)];

    sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
