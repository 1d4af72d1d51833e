using System.Globalization;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Backups;
using CartRecovery.Host.Backup;
using CartRecovery.Host.Commands.Control;
using CartRecovery.Host.Jobs;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Maintenance;

/// <summary><c>backup</c> and <c>restore</c>: work on files, beside a running engine or without one.</summary>
static class BackupCommand
{
    const double Megabyte = 1 << 20;

    public static async Task<int> RunAsync(BackupOptions options)
    {
        TimeSpan? age = null;
        if (WrongUsage(options, ref age) is { } wrong)
        {
            Console.Error.WriteLine($"error: {wrong}");
            return ExitCode.BadUsage;
        }

        if (ConfigFile.Load(ConfigFile.Locate(options.Config)) is not { } config)
        {
            return ExitCode.BadConfiguration;
        }

        return options.Action is null ? await TryAsync(() => MakeAsync(options, config, age))
            : options.Action == "unregister" ? await TryAsync(() => UnregisterAsync(options, config))
            : await TryAsync(() => Task.FromResult(options.Action == "list" ? List(options, config) : Verify(options, config)));
    }

    public static async Task<int> RestoreAsync(RestoreOptions options)
    {
        if (ConfigFile.Load(ConfigFile.Locate(options.Config)) is not { } config)
        {
            return ExitCode.BadConfiguration;
        }

        return await TryAsync(() =>
        {
            var started = TimeProvider.System.GetTimestamp();
            using var folder = BackupFolder.Open(options.From, BackupCipher.Of(KeyOf(options.KeyFile, config)));
            var (manifest, target) = (folder.Read(options.At), options.To ?? config.Data);
            BackupRestore.Run(folder, manifest, target, (_, _) => { });
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"restored {manifest.Id} to {Path.GetFullPath(target)}: {manifest.Files.Count} files, {manifest.Bytes / Megabyte:F1} MB in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:F1} s. "
                + $"It has what was acknowledged before {manifest.At:yyyy-MM-ddTHH:mm:ssZ}"));
            return Task.FromResult(ExitCode.Success);
        });
    }

    static string? WrongUsage(BackupOptions options, ref TimeSpan? age)
    {
        if (options.KeepFor is { } text)
        {
            if (!DurationText.TryParse(text, out var parsed))
            {
                return $"--keep-for: expected {DurationText.Form}, got '{text}'";
            }

            age = parsed;
        }

        return options.Action is not (null or "list" or "verify" or "unregister") ? $"unknown action '{options.Action}'; expected list, verify or unregister, or none to make a backup"
            : options.Action is not null && options.Folder is null ? $"backup {options.Action}: expected the folder of backups"
            : options.Keep is < 1 ? "--keep: expected 1 or more" : null;
    }

    static Task<int> MakeAsync(BackupOptions options, CartRecoveryConfig config, TimeSpan? age)
    {
        if ((options.To ?? config.Backup.To) is not { } to)
        {
            Console.Error.WriteLine("error: expected --to DIR, because backup.to is not configured");
            return Task.FromResult(ExitCode.BadUsage);
        }

        return ControlAccess.UseAsync(config, async (control, _) =>
        {
            var service = new BackupService(control, config.Data, control.IsShared ? EngineId.Find(Path.GetFullPath(config.Data)) ?? "" : "");
            var keyFile = options.KeyFile is { } file ? Path.GetFullPath(file) : null;
            var done = await service.RunAsync(
                new BackupRequest(to, KeyOf(keyFile, config), keyFile, options.Keep ?? config.Backup.Keep, age ?? config.Backup.KeepFor?.Value), (_, _) => { });
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{done.Manifest.Id}: {done.Manifest.Files.Count} files, {done.Manifest.Bytes / Megabyte:F1} MB, of which {done.Copied / Megabyte:F1} MB were copied, in {done.Took.TotalSeconds:F1} s"));
            return ExitCode.Success;
        });
    }

    static Task<int> UnregisterAsync(BackupOptions options, CartRecoveryConfig config) => ControlAccess.UseAsync(config, async (control, _) =>
    {
        var path = Path.GetFullPath(options.Folder!);
        await new BackupDestinations(control).RemoveAsync(path, control.IsShared ? EngineId.Find(Path.GetFullPath(config.Data)) ?? "" : "");
        Console.WriteLine($"{path} is no destination of backups any more");
        return ExitCode.Success;
    });

    static int List(BackupOptions options, CartRecoveryConfig config)
    {
        using var folder = BackupFolder.Open(options.Folder!, BackupCipher.Of(KeyOf(options.KeyFile, config)));
        string[][] rows =
        [
            ["BACKUP", "HAS WHAT WAS ACKNOWLEDGED BEFORE", "FILES", "MB"],
            .. folder.List().Select(folder.Read).Select(manifest => new[]
            {
                manifest.Id, manifest.At.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), manifest.Files.Count.ToString(CultureInfo.InvariantCulture),
                (manifest.Bytes / Megabyte).ToString("F1", CultureInfo.InvariantCulture),
            }),
        ];
        Terminal.WriteTable(rows, 2, 3);
        return ExitCode.Success;
    }

    static int Verify(BackupOptions options, CartRecoveryConfig config)
    {
        using var folder = BackupFolder.Open(options.Folder!, BackupCipher.Of(KeyOf(options.KeyFile, config)));
        var manifest = folder.Read(options.At);
        var problems = folder.Verify(manifest);
        foreach (var problem in problems)
        {
            Console.Error.WriteLine($"error: backup_damaged: {problem}");
        }

        if (problems.Count > 0)
        {
            return ExitCode.Failed;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{manifest.Id}: {manifest.Files.Count} files, {manifest.Bytes / Megabyte:F1} MB, all as they were stored"));
        return ExitCode.Success;
    }

    // As it is read for the configuration: without the final line break.
    static string? KeyOf(string? file, CartRecoveryConfig config) => file is null ? config.Backup.Key : File.ReadAllText(file).TrimEnd('\r', '\n');

    static async Task<int> TryAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"error: {e.Message}");
            return ExitCode.Failed;
        }
    }
}
