using System.Globalization;

namespace CartRecovery.Tests.Support;

/// <summary>Puts the temporary folders of a test run, and of the engines it starts, into memory: a flush to a disk takes milliseconds, and thousands are made.</summary>
static class MemoryFolder
{
    const string Root = "/dev/shm", Prefix = "cartrecovery-tests-";
    const long MinFreeBytes = 4L << 30;

    /// <summary>Directs temporary folders to memory if there is enough of it, and deletes what runs that were killed have left there.</summary>
    public static void Use()
    {
        if (!Directory.Exists(Root))
        {
            return;
        }

        foreach (var folder in Directory.EnumerateDirectories(Root, $"{Prefix}*").Where(folder => !Directory.Exists($"/proc/{folder.Split('-')[^1]}")))
        {
            Directory.Delete(folder, recursive: true);
        }

        if (new DriveInfo(Root).AvailableFreeSpace >= MinFreeBytes)
        {
            Environment.SetEnvironmentVariable("TMPDIR", Directory.CreateDirectory(string.Create(CultureInfo.InvariantCulture, $"{Root}/{Prefix}{Environment.ProcessId}")).FullName);
        }
    }

    /// <summary>Deletes the folder of this run.</summary>
    public static void Delete()
    {
        if (Environment.GetEnvironmentVariable("TMPDIR") is { } folder && folder.StartsWith($"{Root}/{Prefix}", StringComparison.Ordinal))
        {
            Environment.SetEnvironmentVariable("TMPDIR", null);
            Directory.Delete(folder, recursive: true);
        }
    }
}
