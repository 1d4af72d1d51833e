using System.Globalization;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.Delivery;
using CartRecovery.Host.Api;

namespace CartRecovery.Host.Jobs;

/// <summary>Probes the engine's dependencies. A failed run shows in the part jobs of <c>/health</c>; the runs are the history.</summary>
static class HealthChecksJob
{
    // Free space that the journal and the databases need for some time.
    const long MinFree = 512L << 20;

    const string Probe = "probe.tmp";

    const int ProbeBytes = 4096;

    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    public static JobDefinition Definition { get; } = new(
        "health-checks", "Probes the control database, the disk and each sink.", "*/15 * * * *", TimeSpan.FromMinutes(1),
        [
            new JobStep("control-database", ControlAsync),
            new JobStep("disk", (job, stop) => Task.Run(() => Disk(job), stop).WaitAsync(s_limit, job.Time, stop)),
            new JobStep("sinks", SinksAsync),
        ])
    {
        PerEngine = true,
        Missed = MissedRun.Skip,
        Retries = 0,
        NotifiesOfChanges = true,
    };

    static async Task ControlAsync(JobContext job, CancellationToken stop)
    {
        var started = job.Time.GetTimestamp();
        await job.Service<ControlDatabase>().ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM control_schema"), stop).WaitAsync(s_limit, job.Time, stop);
        Log(job, "control database", started);
    }

    static void Disk(JobContext job)
    {
        var (folder, started) = (Path.GetFullPath(job.Service<IEngineState>().Config.Data), job.Time.GetTimestamp());
        using (var file = new FileStream(Path.Combine(folder, Probe), FileMode.Create, FileAccess.Write, FileShare.Delete, bufferSize: 1, FileOptions.DeleteOnClose))
        {
            file.Write(new byte[ProbeBytes]);
            file.Flush(flushToDisk: true);
        }

        Log(job, "disk written and synced", started);
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < MinFree)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{free >> 20} MB are free where the data folder is; {MinFree >> 20} MB are the least. Make room, or lower journal.retention"));
        }
    }

    static async Task SinksAsync(JobContext job, CancellationToken stop)
    {
        var sinks = job.Service<SinkSet>().Runners.Select(sink => (sink.Name, (Func<CancellationToken, Task<SinkHealth>>)(async probe => (await sink.CheckHealthAsync(probe)).Health)));
        var problems = await SinkProbe.RunAsync([.. sinks], s_limit, job.Time, job.Log, stop);
        if (problems.Count > 0)
        {
            throw new IOException(string.Join("; ", problems));
        }
    }

    static void Log(JobContext job, string what, long started) =>
        job.Log(string.Create(CultureInfo.InvariantCulture, $"{what}: {job.Time.GetElapsedTime(started).TotalMilliseconds:F1} ms"));
}
