using System.Globalization;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Host.Api;
using CartRecovery.Host.Exports;

namespace CartRecovery.Host.Jobs;

/// <summary>The job that adds the events of whole days to the configured archive.</summary>
static class ArchiveJob
{
    public static JobDefinition Definition { get; } = new(
        "archive", "Adds the events of whole days to archive.to as Parquet, and deletes files older than archive.retention.", "30 3 * * 1", TimeSpan.FromHours(6), RunAsync)
    {
        PerEngine = true,
    };

    static async Task RunAsync(JobContext job, CancellationToken stop)
    {
        var (config, exports) = (job.Service<IEngineState>().Config, job.Service<ExportServices>());
        if (config.Archive.To is null)
        {
            job.Log("nothing to archive: archive.to is not configured");
            return;
        }

        if (!exports.HasJournals)
        {
            job.Log("nothing to archive: journal.enabled is false");
            return;
        }

        var done = await exports.ArchiveAsync(config.Archive, job.Time.GetUtcNow(), events => job.Progress(events, of: null, "events"), stop);
        job.Log(string.Create(CultureInfo.InvariantCulture, $"added {done.Events} events in {done.Files} files of {done.Bytes} bytes; deleted {done.Deleted} old files"));
        if (done.Lost > 0)
        {
            job.Log(string.Create(CultureInfo.InvariantCulture, $"{done.Lost} bytes of the journals were deleted before they were archived: run the job more often, or raise journal.maxLag"));
        }

        job.Report(string.Create(CultureInfo.InvariantCulture,
            $$"""{"events":{{done.Events}},"files":{{done.Files}},"bytes":{{done.Bytes}},"deleted":{{done.Deleted}},"lostBytes":{{done.Lost}}}"""));
    }
}
