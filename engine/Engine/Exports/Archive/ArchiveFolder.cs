using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Exports.Archive;

/// <summary>The folder of an archive: <c>manifest.json</c>, and <c>events/store=ID/date=YYYY-MM-DD/part-N.parquet</c>.</summary>
/// <param name="path">The folder.</param>
public sealed partial class ArchiveFolder(string path)
{
    /// <summary>The manifest's name.</summary>
    public const string Manifest = "manifest.json";

    const string Events = "events", Draft = ".tmp", Lock = "archive.lock";

    const int WouldBlockOnLinux = 11, WouldBlockOnMac = 35, SharingViolation = unchecked((int)0x80070020);

    // Less than this is left for the manifest and for other users of the disk.
    const long MinFree = 64 << 20;

    /// <summary>The folder.</summary>
    public string Path => path;

    /// <summary>Reads the manifest; <see langword="null"/> if there is none.</summary>
    /// <exception cref="InvalidDataException">The manifest is damaged, or a later version of the engine wrote it.</exception>
    /// <exception cref="IOException">The manifest cannot be read.</exception>
    public ArchiveManifest? Read()
    {
        var file = System.IO.Path.Combine(path, Manifest);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            var manifest = JsonSerializer.Deserialize(File.ReadAllBytes(file), ArchiveJson.Default.ArchiveManifest);
            return manifest is { Format: >= 1 and <= ArchiveManifest.CurrentFormat } ? manifest
                : throw new InvalidDataException($"{file} has the format {manifest?.Format}; this engine reads formats up to {ArchiveManifest.CurrentFormat}. Use the version of the engine that wrote the archive.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file} is damaged: {e.Message} Restore it from a copy, or name another folder in archive.to.", e);
        }
    }

    /// <summary>Begins an archive.</summary>
    /// <param name="id">The data folder's id.</param>
    /// <exception cref="ArchiveException">There are files of something else, or of an archive that has lost its manifest.</exception>
    /// <exception cref="IOException">The manifest cannot be written.</exception>
    public void Begin(string id)
    {
        var events = System.IO.Path.Combine(path, Events);
        if (File.Exists(events) || (Directory.Exists(events) && Directory.EnumerateFileSystemEntries(events).Any()))
        {
            throw new ArchiveException(ArchiveException.Foreign,
                $"{events} has files, and {path} has no {Manifest}: the engine would not know which are its own. Restore {Manifest} from a copy, or name an empty folder in archive.to.");
        }

        Commit(new ArchiveManifest { Folder = id });
    }

    /// <summary>Excludes other processes until the result is disposed of, or the process ends.</summary>
    /// <exception cref="ArchiveException">Another process changes the archive.</exception>
    /// <exception cref="IOException">The lock's file cannot be opened.</exception>
    public IDisposable TakeLock()
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(path, Lock), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult is WouldBlockOnLinux or WouldBlockOnMac or SharingViolation)
        {
            throw new ArchiveException(ArchiveException.Locked, $"another process changes the archive in {path}; try again when it is done");
        }
    }

    /// <summary>Checks that the disk has room for a file.</summary>
    /// <param name="bytes">Its length.</param>
    /// <exception cref="ArchiveException">It has not.</exception>
    public void CheckSpace(long bytes)
    {
        var free = new DriveInfo(System.IO.Path.GetFullPath(path)).AvailableFreeSpace;
        if (free - bytes < MinFree)
        {
            throw new ArchiveException(ArchiveException.Full, $"the disk of {path} has {free >> 20} MB free, and {(bytes + MinFree) >> 20} MB are needed: make room");
        }
    }

    /// <summary>Replaces the manifest durably, then deletes the files that it does not name.</summary>
    /// <exception cref="IOException">The manifest cannot be written, or a file cannot be deleted.</exception>
    public void Commit(ArchiveManifest manifest)
    {
        Directory.CreateDirectory(path);
        DurableFile.Write(System.IO.Path.Combine(path, Manifest), JsonSerializer.SerializeToUtf8Bytes(manifest, ArchiveJson.Default.ArchiveManifest));
        Clean(manifest);
    }

    /// <summary>Deletes the archive's own files that a manifest does not name. A crash leaves them. Other files stay.</summary>
    /// <exception cref="IOException">A file cannot be deleted.</exception>
    public void Clean(ArchiveManifest manifest)
    {
        var events = new DirectoryInfo(System.IO.Path.Combine(path, Events));
        if (!events.Exists || events.LinkTarget is not null)
        {
            return;
        }

        var named = manifest.Files.Select(file => System.IO.Path.GetFullPath(FullPathOf(file.Path))).ToHashSet(StringComparer.Ordinal);
        var own = events.EnumerateDirectories("store=*").Where(IsOwn).SelectMany(store => store.EnumerateDirectories("date=*")).Where(IsOwn)
            .SelectMany(date => date.EnumerateFiles()).Where(file => IsOwn(file) && PartName().IsMatch(file.Name));
        foreach (var file in own.Select(file => file.FullName).Where(file => !named.Contains(file)).ToArray())
        {
            File.Delete(file);
            FolderSync.Flush(System.IO.Path.GetDirectoryName(file)!);
        }
    }

    /// <summary>Returns the path of a new file, relative to the folder.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="date">The day.</param>
    /// <param name="batch">The batch.</param>
    public static string PathOf(string store, DateOnly date, long batch) =>
        FormattableString.Invariant($"{Events}/store={Uri.EscapeDataString(store)}/date={date:yyyy-MM-dd}/part-{batch:D6}.parquet");

    /// <summary>Returns the full path of a file.</summary>
    public string FullPathOf(string file) => System.IO.Path.Combine(path, System.IO.Path.Combine(file.Split('/')));

    /// <summary>Deletes the draft of a file, if there is one.</summary>
    public void DeleteDraft(string file) => File.Delete(FullPathOf(file) + Draft);

    /// <summary>Creates the draft of a file. <see cref="Publish"/> gives the draft its name.</summary>
    public FileStream CreateDraft(string file)
    {
        var target = FullPathOf(file);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
        return new FileStream(target + Draft, FileMode.Create, FileAccess.Write, FileShare.None);
    }

    /// <summary>Renames a synced draft to the file, and computes its length and hash.</summary>
    public ArchiveFile Publish(string file, string store, DateOnly date, long rows)
    {
        var target = FullPathOf(file);
        File.Move(target + Draft, target, overwrite: true);
        FolderSync.Flush(System.IO.Path.GetDirectoryName(target)!);
        using var content = File.OpenRead(target);
        return new ArchiveFile(file, store, date, rows, content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));
    }

    // A link leads to files of somebody else.
    static bool IsOwn(FileSystemInfo entry) => entry.LinkTarget is null;

    [GeneratedRegex(@"^part-\d{6,}(-\d+)?\.parquet(\.tmp)?$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PartName();
}
