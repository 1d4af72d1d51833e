using System.Globalization;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Host.Api;
using CartRecovery.Host.Backup;

namespace CartRecovery.Host.Jobs;

/// <summary>Backs up the engine's data folder to the destination in the section <c>backup</c>.</summary>
static class BackupJob
{
    const long Megabyte = 1 << 20;

    public static JobDefinition Definition { get; } = new(
        "backup", "Backs the data folder up to backup.to, verifies what it wrote, and deletes old backups.", "0 2 * * *", TimeSpan.FromHours(6), RunAsync)
    {
        PerEngine = true,
    };

    static async Task RunAsync(JobContext job, CancellationToken stop)
    {
        var config = job.Service<IEngineState>().Config;
        if (config.Backup.To is not { } to)
        {
            job.Log("backup.to is not configured, so there is no backup");
            return;
        }

        var control = job.Service<ControlDatabase>();
        var service = new BackupService(control, config.Data, control.IsShared ? EngineId.Of(Path.GetFullPath(config.Data)) : "");
        var done = await service.RunAsync(new BackupRequest(to, config.Backup.Key, KeyFile: null, config.Backup.Keep, config.Backup.KeepFor?.Value),
            (copied, of) => job.Progress(copied / Megabyte, of / Megabyte, "MB"), stop);
        job.Log(string.Create(CultureInfo.InvariantCulture,
            $"{done.Manifest.Id}: {done.Manifest.Files.Count} files, {done.Manifest.Bytes / Megabyte} MB, of which {done.Copied / Megabyte} MB had changed; deleted {done.Deleted} old backups"));
        job.Report(string.Create(CultureInfo.InvariantCulture,
            $$"""{"backup":"{{done.Manifest.Id}}","files":{{done.Manifest.Files.Count}},"bytes":{{done.Manifest.Bytes}},"copied":{{done.Copied}},"deleted":{{done.Deleted}},"seconds":{{done.Took.TotalSeconds:F3}}}"""));
    }
}
