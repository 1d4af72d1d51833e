using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Tests.ControlPlane.Database;

namespace CartRecovery.Tests.ControlPlane.Jobs;

/// <summary>Engines that run jobs, by a clock that only the test advances.</summary>
public abstract class JobFixture(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    protected static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    internal List<JobNotice> Notices { get; } = [];

    [SetUp]
    public void Clear() => Notices.Clear();

    /// <summary>A job that runs every hour.</summary>
    internal static JobDefinition Hourly(Func<JobContext, CancellationToken, Task> run) => new("work", "Works.", "0 * * * *", 10 * Minute, run);

    /// <summary>An engine, started.</summary>
    internal async Task<JobScheduler> EngineAsync(JobDefinition definition, string id = "", ControlDatabase? database = null, Func<string, JobOverrides?>? configured = null)
    {
        var engine = new JobScheduler(database ?? Control, [definition], id) { Interval = TimeSpan.FromDays(1), Configured = configured ?? (_ => null), OnNotice = Notices.Add };
        await engine.StartAsync();
        return engine;
    }

    /// <summary>Lets time pass, and runs what is due to its end.</summary>
    internal async Task PassAsync(JobScheduler engine, TimeSpan time)
    {
        Time.Advance(time);
        await engine.TickAsync();
        await engine.IdleAsync();
    }

    internal static async Task<JobState> JobAsync(JobScheduler engine) => (await engine.Control.FindAsync("work"))!;

    /// <summary>The runs of the job, the oldest first: cause and outcome.</summary>
    internal static async Task<string[]> RunsAsync(JobScheduler engine) =>
        [.. (await engine.Control.RunsAsync(await JobAsync(engine), long.MaxValue, 100)).AsEnumerable().Reverse().Select(run => $"{run.Cause} {run.Outcome}")];

    internal static async Task<JobRun> LastRunAsync(JobScheduler engine) =>
        (await engine.Control.RunAsync("work", (await engine.Control.RunsAsync(await JobAsync(engine), long.MaxValue, 1))[0].Id))!;
}
