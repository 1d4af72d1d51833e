using System.Globalization;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// A partition's checkpoints, one folder each, named by number. A checkpoint is written as <c>n.tmp</c> and renamed once all of it is
/// synced, so a folder with a final name was complete. The newest few are kept. One thread at a time.
/// </summary>
public sealed class CheckpointFolder
{
    const string Draft = ".tmp";

    readonly string _path;
    readonly int _kept;
    long _last;

    /// <summary>Opens the folder, creates it if it does not exist, and deletes unfinished checkpoints.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="kept">Number of checkpoints to keep, 1 or more; with 2 there is one to fall back on.</param>
    /// <exception cref="IOException">The folder cannot be created or read.</exception>
    public CheckpointFolder(string path, int kept = 2)
    {
        _path = path;
        _kept = kept;
        Directory.CreateDirectory(path);
        foreach (var draft in Directory.EnumerateDirectories(path, "*" + Draft))
        {
            Directory.Delete(draft, recursive: true);
        }

        _last = Numbers().FirstOrDefault();
    }

    /// <summary>
    /// Returns the address from which the journal is still needed: that of the oldest checkpoint kept, since the newest may turn out to be
    /// damaged. Null if there is none.
    /// </summary>
    public long? OldestJournalAddress()
    {
        long? oldest = null;
        foreach (var number in Numbers())
        {
            try
            {
                oldest = CheckpointManifest.Read(PathOf(number)).JournalAddress;
            }
            catch (Exception e) when (IsDamage(e))
            {
                // Recovery cannot start from it.
            }
        }

        return oldest;
    }

    /// <summary>Returns the newest checkpoint in a folder, without changing the folder; null if there is none.</summary>
    public static string? Newest(string path) => Directory.EnumerateDirectories(path)
        .Where(folder => long.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _))
        .MaxBy(folder => long.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));

    /// <summary>The folders of all checkpoints kept, newest first; some may be damaged.</summary>
    public IReadOnlyList<string> Kept => [.. Numbers().Select(PathOf)];

    /// <summary>Enumerates the undamaged checkpoints, newest first. Each is read completely and verified before it is returned.</summary>
    /// <param name="skipped">Called with the reason for each one that is skipped.</param>
    public IEnumerable<Checkpoint> ReadUndamaged(Action<string> skipped)
    {
        foreach (var number in Numbers())
        {
            var folder = PathOf(number);
            CheckpointManifest manifest;
            try
            {
                manifest = CheckpointManifest.Read(folder);
                manifest.Verify(folder);
            }
            catch (Exception e) when (IsDamage(e))
            {
                skipped($"{folder}: {e.Message}");
                continue;
            }

            yield return new Checkpoint(folder, number, manifest.JournalAddress);
        }
    }

    /// <summary>
    /// Deletes checkpoints newer than the one recovery starts from. Must run before the stores are recovered: their logs are rewritten from
    /// there, and a newer checkpoint that turned out readable later would not match them.
    /// </summary>
    /// <param name="start">The checkpoint to start from; null for the journal's beginning.</param>
    /// <exception cref="IOException">A checkpoint cannot be deleted.</exception>
    public void Adopt(Checkpoint? start)
    {
        foreach (var number in Numbers().Where(n => n > (start?.Number ?? -1)).ToArray())
        {
            Remove(number);
        }

        FolderSync.Flush(_path);
    }

    /// <summary>Starts a checkpoint.</summary>
    /// <param name="journalAddress">The journal address the checkpoint covers up to.</param>
    /// <exception cref="IOException">Its folder cannot be created.</exception>
    public CheckpointDraft Begin(long journalAddress)
    {
        var number = ++_last;
        var path = PathOf(number) + Draft;
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }

        Directory.CreateDirectory(path);
        return new CheckpointDraft(this, path, number, journalAddress);
    }

    /// <summary>Deletes every checkpoint but one, once that has been read back and is whole.</summary>
    /// <param name="only">The checkpoint to keep.</param>
    /// <exception cref="InvalidDataException">It is damaged; nothing was deleted.</exception>
    /// <exception cref="IOException">It cannot be read, or another cannot be deleted.</exception>
    internal void KeepOnly(Checkpoint only)
    {
        CheckpointManifest.Read(only.Path).Verify(only.Path);
        foreach (var number in Numbers().Where(number => number != only.Number).ToArray())
        {
            Remove(number);
        }

        FolderSync.Flush(_path);
    }

    internal Checkpoint Keep(string draft, long number, long journalAddress)
    {
        CheckpointManifest.Write(draft, journalAddress);
        var path = PathOf(number);
        Directory.Move(draft, path);
        FolderSync.Flush(_path);
        foreach (var old in Numbers().Skip(_kept).ToArray())
        {
            Remove(old);
        }

        return new Checkpoint(path, number, journalAddress);
    }

    // Renamed first, so that a partly deleted one does not count.
    void Remove(long number)
    {
        var draft = PathOf(number) + Draft;
        Directory.Move(PathOf(number), draft);
        Directory.Delete(draft, recursive: true);
    }

    static bool IsDamage(Exception e) => e is IOException or InvalidDataException or UnauthorizedAccessException or FormatException;

    string PathOf(long number) => Path.Combine(_path, number.ToString(CultureInfo.InvariantCulture));

    // Newest first.
    IEnumerable<long> Numbers() => Directory.EnumerateDirectories(_path)
        .Select(folder => long.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)
        .Where(number => number >= 0)
        .OrderDescending();
}

/// <summary>A checkpoint that is being written.</summary>
public sealed class CheckpointDraft : IDisposable
{
    readonly CheckpointFolder _folder;
    readonly long _number;
    readonly long _journalAddress;
    bool _kept;

    internal CheckpointDraft(CheckpointFolder folder, string path, long number, long journalAddress)
    {
        _folder = folder;
        _number = number;
        _journalAddress = journalAddress;
        Path = path;
    }

    /// <summary>The folder for its files. Everything in it when it is kept, subfolders included, is part of the checkpoint.</summary>
    public string Path { get; }

    /// <summary>Writes a part to a file of this name.</summary>
    /// <exception cref="IOException">The part could not be written.</exception>
    public void Write(string name, Action<Stream> part)
    {
        using var stream = new CheckpointStream(System.IO.Path.Combine(Path, name));
        part(stream);
    }

    /// <summary>Syncs and completes the checkpoint, and deletes those beyond the number kept.</summary>
    /// <param name="others">Other folders with files that the checkpoint depends on.</param>
    /// <exception cref="IOException">It failed; earlier checkpoints are unchanged.</exception>
    public Checkpoint Keep(params ReadOnlySpan<string> others)
    {
        foreach (var other in others)
        {
            FolderSync.Flush(other);
        }

        var checkpoint = _folder.Keep(Path, _number, _journalAddress);
        _kept = true;
        return checkpoint;
    }

    /// <summary>Deletes the checkpoint unless it was kept.</summary>
    public void Dispose()
    {
        if (!_kept && Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
