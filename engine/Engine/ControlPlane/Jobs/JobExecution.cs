using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>Executes a run in this process: the steps one after another, on the thread pool.</summary>
sealed class JobExecution : IDisposable
{
    // Maximum length of a stored problem, in characters.
    const int MaxProblem = 1000;

    readonly CancellationTokenSource _stop = new();
    readonly JobStore _store;
    volatile End? _ended;

    JobExecution(JobClaim claim, JobStore store, IServiceProvider services, TimeProvider time)
    {
        (Claim, _store) = (claim, store);
        Context = new JobContext(claim, services, time);
        Result = Task.Run(RunAsync);
    }

    /// <summary>The claimed run.</summary>
    public JobClaim Claim { get; }

    /// <summary>The context that the steps receive.</summary>
    public JobContext Context { get; }

    /// <summary>The result. The task never faults.</summary>
    public Task<JobResult> Result { get; }

    /// <summary>When the lease expires, as last granted.</summary>
    public DateTimeOffset LeaseUntil { get; set; }

    /// <summary>When it was asked to end, and why; <see langword="null"/> if it was not.</summary>
    public (DateTimeOffset At, string Problem)? Ending => _ended is { } ended ? (ended.At, ended.Problem) : null;

    /// <summary>Starts a run.</summary>
    public static JobExecution Start(JobClaim claim, JobStore store, IServiceProvider services, TimeProvider time) => new(claim, store, services, time) { LeaseUntil = claim.Lease.Until };

    /// <summary>Requests cancellation. The first call decides the outcome.</summary>
    public void Cancel(string outcome, string problem)
    {
        lock (_stop)
        {
            if (_ended is not null)
            {
                return;
            }

            _ended = new End(outcome, problem, Context.Time.GetUtcNow());
            Context.Cancelled = outcome == JobOutcome.Cancelled ? problem : null;
        }

        _stop.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    async Task<JobResult> RunAsync()
    {
        var (ends, steps) = (new List<JobStepRun>(), Claim.Definition.Steps);
        for (var i = 0; i < steps.Count; i++)
        {
            var step = steps[i];
            if (Claim.Done.Contains(step.Name))
            {
                ends.Add(new JobStepRun(step.Name, JobOutcome.Succeeded, Context.Time.GetUtcNow(), Context.Time.GetUtcNow(), "done by an earlier attempt"));
                continue;
            }

            var end = await RunAsync(step, ends);
            ends.Add(end);
            if (end.Outcome == JobOutcome.Succeeded && steps.Count > 1)
            {
                await SaveAsync(i, end);
            }
        }

        var failed = ends.Where(end => end.Outcome != JobOutcome.Succeeded).ToList();
        var problem = string.Join("; ", failed.Where(end => end.Problem is not null).Select(end => steps.Count == 1 ? end.Problem : $"{end.Name}: {end.Problem}"));
        return failed.Count == 0 ? new JobResult(JobOutcome.Succeeded, null, ends)
            : _ended is { } ended ? new JobResult(ended.Outcome, ended.Problem, ends)
            : new JobResult(JobOutcome.Failed, Cut(problem), ends);
    }

    async Task<JobStepRun> RunAsync(JobStep step, List<JobStepRun> before)
    {
        if (_ended is { } ended)
        {
            return new JobStepRun(step.Name, JobOutcome.Skipped, null, null, ended.Problem);
        }

        if (before.Find(end => end.Outcome != JobOutcome.Succeeded && step.After.Contains(end.Name)) is { } failed)
        {
            return new JobStepRun(step.Name, JobOutcome.Skipped, null, null, $"needs {failed.Name}");
        }

        var start = Context.Time.GetUtcNow();
        try
        {
            await step.Run(Context, _stop.Token);
            return new JobStepRun(step.Name, JobOutcome.Succeeded, start, Context.Time.GetUtcNow(), null);
        }
        catch (Exception e)
        {
            // Any exception fails this run only, and no other job.
            var problem = _ended is { } cancelled ? cancelled.Problem : e is ControlDatabaseException known ? $"{known.Code}: {known.Message}" : $"{e.GetType().Name}: {e.Message}";
            Context.Log($"{step.Name}: {problem}");
            return new JobStepRun(step.Name, _ended?.Outcome ?? JobOutcome.Failed, start, Context.Time.GetUtcNow(), Cut(problem));
        }
    }

    // Ignores a failure: a retry then only repeats the step.
    async Task SaveAsync(int position, JobStepRun step)
    {
        try
        {
            await _store.SaveStepAsync(Claim, position, step);
        }
        catch (ControlDatabaseException e)
        {
            Context.Log($"{step.Name}: not recorded yet: {e.Message}");
        }
    }

    static string Cut(string text) => text.Length > MaxProblem ? text[..MaxProblem] : text;

    sealed record End(string Outcome, string Problem, DateTimeOffset At);
}
