using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Tests.ControlPlane.Database;

namespace CartRecovery.Tests.ControlPlane.Jobs;

/// <summary>Engines that share a control database.</summary>
public sealed class JobSharingTests(DatabaseKind kind) : JobFixture(kind)
{
    [Test]
    public async Task One_of_the_engines_that_share_a_database_runs_a_job()
    {
        var runs = 0;
        var definition = Hourly((_, _) =>
        {
            Interlocked.Increment(ref runs);
            return Task.CompletedTask;
        });
        await using var one = await EngineAsync(definition, "one");
        await using var two = await EngineAsync(definition, "two", await OpenAsync());
        for (var hour = 1; hour <= 5; hour++)
        {
            Time.Advance(60 * Minute);
            await Task.WhenAll(one.TickAsync(), two.TickAsync());
            await Task.WhenAll(one.IdleAsync(), two.IdleAsync());
            Assert.That(Volatile.Read(ref runs), Is.EqualTo(hour));
        }
    }

    [Test]
    public async Task A_job_of_each_engine_runs_on_each()
    {
        var runs = 0;
        var definition = Hourly((_, _) =>
        {
            Interlocked.Increment(ref runs);
            return Task.CompletedTask;
        }) with
        {
            PerEngine = true,
        };
        await using var one = await EngineAsync(definition, "one");
        await using var two = await EngineAsync(definition, "two", await OpenAsync());
        await PassAsync(one, 60 * Minute);
        await PassAsync(two, TimeSpan.Zero);
        Assert.That(runs, Is.EqualTo(2));
        Assert.That(await one.Control.ListAsync(), Has.Count.EqualTo(1), "an engine sees its own");
    }

    [Test]
    public async Task An_expired_lease_is_taken_over_and_fences_out_the_former_holder()
    {
        var (isFirst, entered, release, isFenced) = (true, new TaskCompletionSource(), new TaskCompletionSource(), false);
        var definition = Hourly(async (job, _) =>
        {
            if (!isFirst)
            {
                return;
            }

            isFirst = false;
            entered.SetResult();
            await release.Task;
            try
            {
                await Control.WriteAsync(job.EnsureHeldAsync);
            }
            catch (OperationCanceledException)
            {
                isFenced = true;
            }
        });
        await using var one = await EngineAsync(definition, "one");
        await using var two = await EngineAsync(definition, "two", await OpenAsync());
        Time.Advance(60 * Minute);
        await one.TickAsync();
        await entered.Task;

        // The engine hangs: it renews nothing.
        await two.Control.FindAsync("work");
        await PassAsync(two, Minute - TimeSpan.FromSeconds(1));
        Assert.That(await RunsAsync(two), Is.EqualTo(new[] { "schedule running" }), "its lease lasts");
        await PassAsync(two, TimeSpan.FromSeconds(1));
        await PassAsync(two, Minute);
        Assert.That(await RunsAsync(two), Is.EqualTo(new[] { "schedule interrupted", "retry succeeded" }));

        release.SetResult();
        await one.IdleAsync();
        Assert.That(isFenced, "it cannot change what it would have changed");
        Assert.That(await RunsAsync(one), Is.EqualTo(new[] { "schedule interrupted", "retry succeeded" }), "it cannot record another end");
    }

    [Test]
    public async Task A_lease_is_renewed_during_the_run()
    {
        var end = new TaskCompletionSource();
        var definition = Hourly((_, _) => end.Task);
        await using var one = await EngineAsync(definition, "one");
        await using var two = await EngineAsync(definition, "two", await OpenAsync());
        Time.Advance(60 * Minute);
        for (var second = 0; second < 300; second += 5)
        {
            await one.TickAsync();
            await two.TickAsync();
            Time.Advance(TimeSpan.FromSeconds(5));
        }

        end.SetResult();
        await one.IdleAsync();
        Assert.That(await RunsAsync(one), Is.EqualTo(new[] { "schedule succeeded" }));
    }

    [Test]
    public async Task An_engine_that_cannot_renew_its_lease_ends_its_run()
    {
        var (isEnded, entered) = (false, new TaskCompletionSource());
        await using var one = await EngineAsync(Hourly(async (_, stop) =>
        {
            entered.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, stop);
            }
            finally
            {
                isEnded = true;
            }
        }), "one");
        Time.Advance(60 * Minute);
        await one.TickAsync();
        await entered.Task;

        // As if the database had not answered until now.
        Time.Advance(JobStore.LeaseTime);
        await one.TickAsync();
        await one.IdleAsync();
        Assert.That(isEnded);
        Assert.That(await RunsAsync(one), Is.EqualTo(new[] { "schedule interrupted", "retry waiting" }));
    }

    [Test]
    public async Task The_last_engine_that_configures_a_job_wins_and_reports_it()
    {
        var definition = Hourly((_, _) => Task.CompletedTask);
        await using var one = await EngineAsync(definition, "one", configured: _ => new JobOverrides(Retries: 7));
        var replaced = new List<string>();
        await using var two = new JobScheduler(await OpenAsync(), [definition], "two") { Interval = TimeSpan.FromDays(1), Configured = _ => new JobOverrides(Retries: 3), OnReplaced = (job, by) => replaced.Add($"{job} of {by}") };
        await two.StartAsync();
        Assert.That((replaced, (await JobAsync(one)).Settings.Retries, (await JobAsync(one)).ConfiguredBy), Is.EqualTo(((List<string>)["work of one"], 3, "two")));

        // A change by a user makes the first engine write settings: not its own.
        await one.Control.ChangeAsync(await JobAsync(one), "job.change", own => own with { Schedule = "30 * * * *" }, "cli", address: null);
        await Control.Changes.RefreshAsync();
        var job = await JobAsync(one);
        Assert.That((job.Settings.Retries, job.Settings.Schedule, job.ConfiguredBy), Is.EqualTo((3, "30 * * * *", "two")));
        await one.SyncAsync();
        Assert.That((await JobAsync(two)).Settings.Retries, Is.EqualTo(7), "until it is reloaded");
    }
}
