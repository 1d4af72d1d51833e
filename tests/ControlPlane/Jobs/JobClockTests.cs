using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Tests.ControlPlane.Database;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.ControlPlane.Jobs;

/// <summary>Jobs whose clock is set back, whose schedule is too rare, and that do not end.</summary>
public sealed class JobClockTests(DatabaseKind kind) : JobFixture(kind)
{
    static readonly TimeSpan s_year = TimeSpan.FromDays(365);

    [Test]
    public async Task A_clock_that_was_ahead_leaves_no_time_behind()
    {
        var runs = 0;
        await using var engine = await EngineAsync(Hourly((_, _) =>
        {
            runs++;
            return Task.CompletedTask;
        }));
        await PassAsync(engine, s_year);
        Assert.That((runs, (await JobAsync(engine)).NextAt > Time.GetUtcNow()), Is.EqualTo((1, true)));

        Time.Advance(-s_year);
        await engine.TickAsync();
        Assert.That((await JobAsync(engine)).NextAt, Is.EqualTo(Time.GetUtcNow() + (60 * Minute)));
        await PassAsync(engine, 60 * Minute);
        Assert.That(runs, Is.EqualTo(2));
    }

    [Test]
    public async Task A_clock_that_is_set_back_by_seconds_repeats_no_run()
    {
        var runs = 0;
        await using var engine = await EngineAsync(Hourly((_, _) =>
        {
            runs++;
            return Task.CompletedTask;
        }));
        await PassAsync(engine, 60 * Minute);
        await PassAsync(engine, TimeSpan.FromSeconds(-2));
        await PassAsync(engine, TimeSpan.FromSeconds(2));
        Assert.That(runs, Is.EqualTo(1));
    }

    [Test]
    public async Task A_run_that_was_asked_for_by_a_clock_that_was_ahead_runs_now()
    {
        await using var engine = await EngineAsync(Hourly((_, _) => Task.CompletedTask) with { PerEngine = true }, configured: _ => new JobOverrides(Schedule: JobSchedule.Off));
        Time.Advance(s_year);
        await engine.Control.StartAsync(await JobAsync(engine), "cli", address: null);
        Time.Advance(-s_year);
        await engine.SyncAsync();
        await PassAsync(engine, TimeSpan.FromSeconds(1));
        await PassAsync(engine, TimeSpan.FromSeconds(1));
        Assert.That(await RunsAsync(engine), Is.EqualTo(new[] { "manual succeeded" }));
    }

    [Test]
    public async Task A_lease_of_an_engine_whose_clock_was_ahead_is_taken_over()
    {
        var (entered, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var isFirst = true;
        var definition = Hourly((_, _) =>
        {
            if (!isFirst)
            {
                return Task.CompletedTask;
            }

            isFirst = false;
            entered.SetResult();
            return release.Task;
        });
        await using var one = await EngineAsync(definition, "one");
        await using var two = await EngineAsync(definition, "two", await OpenAsync());
        Time.Advance(s_year);
        await one.TickAsync();
        await entered.Task;

        Time.Advance(-s_year);
        await two.SyncAsync();
        await PassAsync(two, TimeSpan.FromSeconds(1));
        Assert.That((await RunsAsync(two))[0], Is.EqualTo("missed interrupted"));
        release.SetResult();
        await one.IdleAsync();
    }

    [Test]
    public async Task A_job_runs_as_often_as_it_must_whatever_its_schedule()
    {
        var runs = 0;
        await using var engine = await EngineAsync(Hourly((_, _) =>
        {
            runs++;
            return Task.CompletedTask;
        }) with
        {
            AtLeastEvery = TimeSpan.FromDays(1),
        }, configured: _ => new JobOverrides(Schedule: "0 0 29 2 *"));
        for (var day = 1; day <= 3; day++)
        {
            await PassAsync(engine, TimeSpan.FromDays(1));
            Assert.That(runs, Is.EqualTo(day));
        }
    }

    [Test]
    public async Task A_run_that_does_not_end_when_it_is_asked_to_is_overdue_until_it_ends()
    {
        var (begun, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var engine = await EngineAsync(
            Hourly((_, _) =>
            {
                begun.TrySetResult();
                return end.Task;
            }),
            configured: _ => new JobOverrides(Retries: 0));
        Time.Advance(60 * Minute);
        await engine.TickAsync();
        await engine.SyncAsync();

        // One that has not begun is skipped when it is asked to end.
        await begun.Task.WaitAsync(Eventually.Deadline);
        Time.Advance(10 * Minute);
        await engine.TickAsync();
        await RenewAsync(TimeSpan.FromSeconds(29));
        Assert.That(engine.IsOverdue(await JobAsync(engine)), Is.False, "it may take a while to end");
        Assert.That(Notices, Is.Empty);
        await RenewAsync(TimeSpan.FromSeconds(1));
        Assert.That(engine.IsOverdue(await JobAsync(engine)));
        Assert.That(engine.IsOverdue((await JobAsync(engine)) with { Lease = null }), "also if it has lost its lease");
        await RenewAsync(TimeSpan.FromSeconds(5));
        Assert.That(Notices.Select(notice => (notice.IsOverdue, notice.Problem)), Is.EqualTo(new[] { (true, "took longer than 00:10:00") }), "it is said once");

        end.SetResult();
        await engine.IdleAsync();
        await engine.TickAsync();
        Assert.That(engine.IsOverdue(await JobAsync(engine)), Is.False);

        async Task RenewAsync(TimeSpan time)
        {
            Time.Advance(time);
            await engine.TickAsync();
        }
    }
}
