using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Tests.ControlPlane.Database;

namespace CartRecovery.Tests.ControlPlane.Jobs;

/// <summary>What people do with jobs.</summary>
public sealed class JobControlTests(DatabaseKind kind) : JobFixture(kind)
{
    static readonly JobDefinition s_work = Hourly((_, _) => Task.CompletedTask);

    [Test]
    public async Task A_requested_run_starts_at_once_even_if_the_job_is_paused()
    {
        await using var engine = await EngineAsync(s_work);
        var (job, asked) = (await JobAsync(engine), new JobControl(await OpenAsync(), ""));
        await asked.ChangeAsync(job, "job.pause", own => own with { Paused = true }, "cli", address: null);
        await Control.Changes.RefreshAsync();
        Assert.That((await JobAsync(engine)).NextAt, Is.Null);
        await PassAsync(engine, TimeSpan.FromHours(3));
        Assert.That(await RunsAsync(engine), Is.Empty);

        var id = await asked.StartAsync(job, "user:1", "10.0.0.1");
        Assert.That(await asked.StartAsync(job, "user:2", null), Is.EqualTo(id), "one waits already");
        await Control.Changes.RefreshAsync();
        await PassAsync(engine, TimeSpan.Zero);
        var run = await LastRunAsync(engine);
        Assert.That((run.Id, run.Cause, run.Outcome, run.Actor), Is.EqualTo((id, "manual", "succeeded", "user:1")));

        await asked.ChangeAsync(job, "job.resume", own => own with { Paused = false }, "cli", address: null);
        await Control.Changes.RefreshAsync();
        Assert.That((await JobAsync(engine)).NextAt, Is.EqualTo(Time.GetUtcNow() + (60 * Minute)), "what came meanwhile is not made up for");
        Assert.That((await AuditAsync()).Select(entry => (entry.Action, entry.Target, entry.Details)), Is.EqualTo(new[]
        {
            ("job.pause", "job:work", """{"paused":true}"""), ("job.run", "job:work", """{"run":1}"""), ("job.run", "job:work", """{"run":1}"""),
            ("job.resume", "job:work", """{"paused":false}"""),
        }));
    }

    [Test]
    public async Task A_running_job_is_not_run_again_and_can_be_cancelled_by_another_process()
    {
        await using var engine = await EngineAsync(Hourly((_, stop) => Task.Delay(Timeout.Infinite, stop)));
        Time.Advance(60 * Minute);
        await engine.TickAsync();
        var (job, other) = (await JobAsync(engine), new JobControl(await OpenAsync(), ""));
        Assert.That(async () => await other.StartAsync(job, "cli", address: null), Throws.TypeOf<ControlRefusalException>().With.Property("Code").EqualTo("job_running"));
        Assert.That(await other.CancelAsync(job, "user:1", address: null), Is.EqualTo(1));
        await Control.Changes.RefreshAsync();
        await engine.TickAsync();
        await engine.IdleAsync();
        Assert.That(await RunsAsync(engine), Is.EqualTo(new[] { "schedule cancelled" }), "no retry follows");
        Assert.That((await LastRunAsync(engine)).Problem, Is.EqualTo("cancelled by user:1"));
        Assert.That(await other.CancelAsync(job, "user:1", address: null), Is.Zero);
    }

    [Test]
    public async Task A_pending_retry_can_be_cancelled_and_a_new_run_replaces_it()
    {
        await using var engine = await EngineAsync(Hourly((_, _) => throw new InvalidDataException("a bug")));
        await PassAsync(engine, 60 * Minute);
        await engine.Control.StartAsync(await JobAsync(engine), "cli", address: null);
        await PassAsync(engine, TimeSpan.Zero);
        Assert.That(await RunsAsync(engine), Is.EqualTo(new[] { "schedule failed", "retry cancelled", "manual failed", "retry waiting" }));
        await engine.Control.CancelAsync(await JobAsync(engine), "cli", address: null);
        await PassAsync(engine, 10 * Minute);
        Assert.That(await RunsAsync(engine), Is.EqualTo(new[] { "schedule failed", "retry cancelled", "manual failed", "retry cancelled" }));
    }

    [Test]
    public async Task A_paused_job_does_not_run_its_retry()
    {
        await using var engine = await EngineAsync(Hourly((_, _) => throw new InvalidDataException("a bug")));
        await PassAsync(engine, 60 * Minute);
        await engine.Control.ChangeAsync(await JobAsync(engine), "job.pause", own => own with { Paused = true }, "cli", address: null);
        await Control.Changes.RefreshAsync();
        await PassAsync(engine, 10 * Minute);
        Assert.That(await RunsAsync(engine), Is.EqualTo(new[] { "schedule failed", "retry waiting" }));
        Assert.That(engine.Jobs.Where(engine.IsLate), Is.Empty);
        await engine.Control.StartAsync(await JobAsync(engine), "cli", address: null);
        await Control.Changes.RefreshAsync();
        await PassAsync(engine, TimeSpan.Zero);
        Assert.That((await RunsAsync(engine))[..3], Is.EqualTo(new[] { "schedule failed", "retry cancelled", "manual failed" }));
    }

    [Test]
    public async Task Users_overrides_take_precedence_over_the_configuration_and_survive_a_restart()
    {
        static JobOverrides? Configured(string name) => new(Schedule: "30 * * * *", Retries: 5);
        var engine = await EngineAsync(s_work, configured: Configured);
        var job = await JobAsync(engine);
        Assert.That((job.Settings.Schedule, job.Settings.Retries, job.NextAt), Is.EqualTo(("30 * * * *", 5, (DateTimeOffset?)Time.GetUtcNow().AddMinutes(30))));
        await engine.Control.ChangeAsync(job, "job.change", own => own with { Schedule = "45 * * * *", Zone = "Europe/Amsterdam" }, "cli", address: null);
        await engine.DisposeAsync();

        await using var later = await EngineAsync(s_work, database: await OpenAsync(), configured: Configured);
        job = await JobAsync(later);
        Assert.That((job.Settings.Schedule, job.Settings.Zone, job.Settings.Retries, job.NextAt),
            Is.EqualTo(("45 * * * *", "Europe/Amsterdam", 5, (DateTimeOffset?)Time.GetUtcNow().AddMinutes(45))));
        await later.Control.ChangeAsync(job, "job.change", _ => new JobOverrides(), "cli", address: null);
        Assert.That((await JobAsync(later)).Settings.Schedule, Is.EqualTo("30 * * * *"), "the configuration's again");
    }

    [Test]
    public async Task A_restart_without_changes_keeps_the_next_time()
    {
        await (await EngineAsync(s_work)).DisposeAsync();
        Time.Advance(90 * Minute);
        await using var later = await EngineAsync(s_work, database: await OpenAsync());
        Assert.That((await JobAsync(later)).NextAt, Is.EqualTo(DateTimeOffset.FromUnixTimeMilliseconds(Start).AddHours(1)), "it is due");
    }

    [Test]
    public async Task An_essential_job_is_neither_paused_nor_switched_off()
    {
        await using var engine = await EngineAsync(s_work with { IsEssential = true }, configured: _ => new JobOverrides(Schedule: "off", Paused: true));
        var job = await JobAsync(engine);
        Assert.That((job.Settings.Schedule, job.Settings.Paused), Is.EqualTo(("0 * * * *", false)));
        foreach (var change in new[] { new JobOverrides(Paused: true), new JobOverrides(Schedule: "off") })
        {
            Assert.That(async () => await engine.Control.ChangeAsync(job, "job.change", _ => change, "cli", address: null),
                Throws.TypeOf<ControlRefusalException>().With.Property("Code").EqualTo("job_essential"));
        }

        Assert.That(await AuditAsync(), Is.Empty);
    }

    async Task<AuditEvent[]> AuditAsync() => [.. (await new AuditLog(Control).ListAsync(new AuditFilter(Action: "job."), long.MaxValue, 100)).AsEnumerable().Reverse().Select(entry => entry.Event)];
}
