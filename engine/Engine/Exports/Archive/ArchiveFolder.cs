using System.Security.Cryptography;
using System.Text.Json;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Exports.Archive;

/// <summary>The folder of an archive: <c>manifest.json</c>, and <c>events/store=ID/date=YYYY-MM-DD/part-N.parquet</c>.</summary>
/// <param name="path">The folder.</param>
public sealed class ArchiveFolder(string path)
{
    /// <summary>The manifest's name.</summary>
    public const string Manifest = "manifest.json";

    const string Events = "events", Draft = ".tmp";

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
            throw new InvalidDataException($"{file} is damaged: {e.Message} Restore it, or name another folder in archive.to.", e);
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

    /// <summary>Deletes the files that a manifest does not name. A crash leaves them.</summary>
    /// <exception cref="IOException">A file cannot be deleted.</exception>
    public void Clean(ArchiveManifest manifest)
    {
        var events = System.IO.Path.Combine(path, Events);
        if (!Directory.Exists(events))
        {
            return;
        }

        var named = manifest.Files.Select(file => FullPathOf(file.Path)).ToHashSet(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(events, "*", SearchOption.AllDirectories).Where(file => !named.Contains(file)).ToArray())
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
}
