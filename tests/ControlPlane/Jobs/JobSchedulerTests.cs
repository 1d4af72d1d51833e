using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Tests.ControlPlane.Database;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.ControlPlane.Jobs;

public sealed class JobSchedulerTests(DatabaseKind kind) : JobFixture(kind)
{
    [Test]
    public async Task A_job_runs_when_it_is_due_and_its_log_and_report_are_stored()
    {
        await using var engine = await EngineAsync(Hourly((job, _) =>
        {
            job.Log("looked at 3 things");
            job.Progress(3, 3, "things");
            job.Report("""{"things":3}""");
            return Task.CompletedTask;
        }));
        await PassAsync(engine, 59 * Minute);
        Assert.That(await RunsAsync(engine), Is.Empty);
        await PassAsync(engine, Minute);

        var run = await LastRunAsync(engine);
        Assert.That((run.Cause, run.Outcome, run.Attempt, run.Progress, run.Report), Is.EqualTo(("schedule", "succeeded", 1, "3 of 3 things", """{"things":3}""")));
        Assert.That(run.Log, Is.EqualTo("2027-01-01T01:00:00Z looked at 3 things"));
        Assert.That(run.Steps.Select(step => (step.Name, step.Outcome)), Is.EqualTo(new[] { ("run", "succeeded") }));
        var state = await JobAsync(engine);
        Assert.That((state.NextAt, state.LastSuccessAt, state.Lease), Is.EqualTo((Time.GetUtcNow() + (60 * Minute), Time.GetUtcNow(), (JobLease?)null)));
        Assert.That(engine.CountOf("work", "succeeded"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_failure_is_retried_with_growing_delays_and_the_last_one_is_final()
    {
        await using var engine = await EngineAsync(Hourly((_, _) => throw new InvalidDataException("a bug")));
        await PassAsync(engine, 60 * Minute);
        Assert.That(Notices.Select(notice => (notice.IsFinal, notice.Problem)), Is.EqualTo(new[] { (false, "failed: InvalidDataException: a bug") }));
        await PassAsync(engine, Minute - TimeSpan.FromSeconds(1));
        Assert.That(await RunsAsync(engine), Is.EqualTo(new[] { "schedule failed", "retry waiting" }));
        Assert.That(JobScheduler.FailureOf(await JobAsync(engine)), Is.Null, "a retry follows");
        await PassAsync(engine, TimeSpan.FromSeconds(1));
        await PassAsync(engine, Minute);
        Assert.That(await RunsAsync(engine), Is.EqualTo(new[] { "schedule failed", "retry failed", "retry waiting" }), "the second retry waits for twice as long");
        await PassAsync(engine, Minute);
        Assert.That(await RunsAsync(engine), Is.EqualTo(new[] { "schedule failed", "retry failed", "retry failed" }));
        Assert.That(Notices.Select(notice => notice.IsFinal), Is.EqualTo(new[] { false, false, true }));
        Assert.That(JobScheduler.FailureOf(await JobAsync(engine)), Is.EqualTo("failed"));
    }

    [Test]
    public async Task A_failed_step_skips_only_its_dependents_and_a_retry_repeats_failed_steps()
    {
        var (calls, isBroken) = (new List<string>(), true);
        Func<JobContext, CancellationToken, Task> Step(string name) => (_, _) =>
        {
            calls.Add(name);
            return isBroken && name == "b" ? throw new InvalidDataException("broken") : Task.CompletedTask;
        };
        await using var engine = await EngineAsync(new JobDefinition("work", "Works.", "0 * * * *", Minute,
            [new("a", Step("a")), new("b", Step("b"), "a"), new("c", Step("c"), "b"), new("d", Step("d"), "c"), new("e", Step("e"))]));
        await PassAsync(engine, 60 * Minute);
        Assert.That(calls, Is.EqualTo(new[] { "a", "b", "e" }));
        var run = await LastFailedAsync(engine);
        Assert.That(run.Steps.Select(step => $"{step.Name} {step.Outcome} {step.Problem}".Trim()),
            Is.EqualTo(new[] { "a succeeded", "b failed InvalidDataException: broken", "c skipped needs b", "d skipped needs c", "e succeeded" }));
        Assert.That(run.Problem, Is.EqualTo("b: InvalidDataException: broken; c: needs b; d: needs c"));

        isBroken = false;
        await PassAsync(engine, Minute);
        Assert.That(calls, Is.EqualTo(new[] { "a", "b", "e", "b", "c", "d" }));
        Assert.That((await LastRunAsync(engine)).Outcome, Is.EqualTo("succeeded"));
    }

    [Test]
    public async Task A_run_that_exceeds_its_timeout_is_cancelled()
    {
        await using var engine = await EngineAsync(Hourly((_, stop) => Task.Delay(Timeout.Infinite, stop)), configured: _ => new JobOverrides(Retries: 0));
        Time.Advance(60 * Minute);
        await engine.TickAsync();
        await PassAsync(engine, 10 * Minute);
        Assert.That(await RunsAsync(engine), Is.EqualTo(new[] { "schedule timed_out" }));
        Assert.That((await LastRunAsync(engine)).Problem, Does.StartWith("took longer than"));
        Assert.That(Notices.Single().IsFinal);
    }

    [Test]
    public async Task Runs_do_not_overlap_and_times_during_a_run_are_skipped()
    {
        var (end, runs) = (new TaskCompletionSource(), 0);
        await using var engine = await EngineAsync(Hourly((_, _) =>
        {
            Interlocked.Increment(ref runs);
            return end.Task;
        }), configured: _ => new JobOverrides(Timeout: TimeSpan.FromHours(9)));
        Time.Advance(60 * Minute);
        await engine.TickAsync();
        for (var hour = 0; hour < 3; hour++)
        {
            for (var second = 0; second < 3600; second += 30)
            {
                Time.Advance(TimeSpan.FromSeconds(30));
                await engine.TickAsync();
            }
        }

        Assert.That(Volatile.Read(ref runs), Is.EqualTo(1));
        end.SetResult();
        await engine.IdleAsync();
        Assert.That((await JobAsync(engine)).NextAt, Is.EqualTo(Time.GetUtcNow() + (60 * Minute)));
        await PassAsync(engine, 60 * Minute);
        Assert.That(await RunsAsync(engine), Is.EqualTo(new[] { "schedule succeeded", "schedule succeeded" }));
    }

    [TestCase(MissedRun.Run, "missed succeeded")]
    [TestCase(MissedRun.Skip, "missed missed")]
    public async Task Missed_runs_are_run_once_or_skipped(MissedRun missed, string expected)
    {
        var definition = Hourly((_, _) => Task.CompletedTask) with { Missed = missed };
        await (await EngineAsync(definition)).DisposeAsync();
        Time.Advance(TimeSpan.FromHours(7.5));

        var later = await OpenAsync();
        await using var engine = await EngineAsync(definition, database: later);
        await PassAsync(engine, TimeSpan.Zero);
        await PassAsync(engine, Minute);
        Assert.That(await RunsAsync(engine), Is.EqualTo(new[] { expected }));
        Assert.That((await JobAsync(engine)).NextAt, Is.EqualTo(DateTimeOffset.FromUnixTimeMilliseconds(Start).AddHours(8)));
        Assert.That(engine.CountOf("work", expected.Split(' ')[1]), Is.EqualTo(1));
    }

    [Test]
    public async Task After_a_kill_the_run_is_interrupted_and_its_retry_skips_completed_steps()
    {
        var (calls, never) = (new List<string>(), new TaskCompletionSource());
        JobDefinition Definition(bool dies) => new("work", "Works.", "0 * * * *", 10 * Minute,
            [new("a", (_, _) => Call("a")), new("b", (_, _) => dies ? Task.WhenAll(Call("dies"), never.Task) : Call("b"), "a")]);
        Task Call(string name)
        {
            lock (calls)
            {
                calls.Add(name);
            }

            return Task.CompletedTask;
        }

        // It is never disposed of: its process was killed.
        var killed = await EngineAsync(Definition(dies: true));
        Time.Advance(60 * Minute);
        await killed.TickAsync();
        await Eventually.Is(() => Calls().Contains("dies"), "the second step runs");
        string[] Calls()
        {
            lock (calls)
            {
                return [.. calls];
            }
        }

        await using var engine = await EngineAsync(Definition(dies: false), database: await OpenAsync());
        await PassAsync(engine, TimeSpan.FromSeconds(1));
        Assert.That(await RunsAsync(engine), Is.EqualTo(new[] { "schedule interrupted", "retry waiting" }), "at once, because the folder's engine is gone");
        await PassAsync(engine, Minute);
        Assert.That(await RunsAsync(engine), Is.EqualTo(new[] { "schedule interrupted", "retry succeeded" }));
        Assert.That(Calls(), Is.EqualTo(new[] { "a", "dies", "b" }));
        never.SetResult();
    }

    [Test]
    public async Task A_stop_records_what_runs_as_interrupted()
    {
        var engine = await EngineAsync(Hourly((_, stop) => Task.Delay(Timeout.Infinite, stop)));
        Time.Advance(60 * Minute);
        await engine.TickAsync();
        await engine.DisposeAsync();
        Assert.That(await RunsAsync(engine), Is.EqualTo(new[] { "schedule interrupted", "retry waiting" }));
        Assert.That((await engine.Control.RunsAsync(await JobAsync(engine), long.MaxValue, 2))[1].Problem, Is.EqualTo("the engine stopped"));
    }

    [Test]
    public async Task An_interrupted_run_without_a_retry_is_a_failure()
    {
        var engine = await EngineAsync(Hourly((_, stop) => Task.Delay(Timeout.Infinite, stop)) with { Retries = 0 });
        Time.Advance(60 * Minute);
        await engine.TickAsync();
        await engine.DisposeAsync();
        Assert.That(Notices.Select(notice => (notice.IsFinal, notice.Problem)), Is.EqualTo(new[] { (true, "interrupted: the engine stopped") }));
        Assert.That(JobScheduler.FailureOf(await JobAsync(engine)), Is.EqualTo("interrupted"));
    }

    [Test]
    public async Task A_late_job_is_reported_once()
    {
        // All places are taken.
        var block = new TaskCompletionSource();
        var definitions = Enumerable.Range(0, JobScheduler.MaxRunning + 1).Select(i => new JobDefinition($"job{i}", "Blocks.", "0 * * * *", TimeSpan.FromHours(5), (_, _) => block.Task)).ToArray();
        await using var engine = new JobScheduler(Control, definitions, "") { Interval = TimeSpan.FromDays(1), OnNotice = Notices.Add };
        await engine.StartAsync();
        Time.Advance(60 * Minute);
        await engine.TickAsync();
        for (var i = 0; i < 16; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(30));
            await engine.TickAsync();
        }

        Assert.That(Notices.Select(notice => (notice.Job, notice.IsLate)), Is.EqualTo(new[] { ("job4", true) }));
        Assert.That(engine.Jobs.Where(engine.IsLate).Select(job => job.Name), Is.EqualTo(new[] { "job4" }));
        block.SetResult();
        await engine.IdleAsync();
        Assert.That(engine.Jobs.Where(engine.IsLate), Is.Empty);
    }

    [Test]
    public async Task A_long_log_keeps_its_first_and_newest_lines()
    {
        await using var engine = await EngineAsync(Hourly((job, _) =>
        {
            for (var i = 1; i <= 1000; i++)
            {
                job.Log($"line {i}\nsecond {new string('x', 600)}");
            }

            return Task.CompletedTask;
        }));
        await PassAsync(engine, 60 * Minute);
        var lines = (await LastRunAsync(engine)).Log.Split('\n');
        Assert.That(lines, Has.Length.EqualTo(JobContext.MaxLines + 1));
        Assert.That(lines[0], Does.Contain(" line 1 second x"));
        Assert.That(lines[JobContext.MaxLines / 2], Is.EqualTo("… 800 lines …"));
        Assert.That(lines[^1], Does.Contain(" line 1000 second x").And.Length.LessThanOrEqualTo(JobContext.MaxLine + 21));
    }

    [Test]
    public async Task Old_runs_are_deleted()
    {
        await using var engine = await EngineAsync(Hourly((_, _) => Task.CompletedTask));
        for (var i = 0; i < 303; i++)
        {
            await PassAsync(engine, 60 * Minute);
        }

        var runs = await Control.ReadAsync(session => session.FirstAsync($"SELECT COUNT(*), MIN(id), MAX(id) FROM job_runs", row => (row.Number(0), row.Number(1), row.Number(2))));
        Assert.That(runs, Is.EqualTo((300, 4, 303)));
        Assert.That(await Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM job_steps")), Is.EqualTo(300));
    }

    static async Task<JobRun> LastFailedAsync(JobScheduler engine)
    {
        var runs = await engine.Control.RunsAsync(await JobAsync(engine), long.MaxValue, 10);
        return (await engine.Control.RunAsync("work", runs.Find(run => run.Outcome == "failed")!.Id))!;
    }
}
