using System.Globalization;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// A partition's checkpoints, a folder each, named by their numbers. One is written as <c>n.tmp</c> and gets its name by a rename when
/// all of it is on the disk, so what has its name was complete once. The youngest few are kept. One thread at a time.
/// </summary>
public sealed class CheckpointFolder
{
    const string Draft = ".tmp";

    readonly string _path;
    readonly int _kept;
    long _last;

    /// <summary>Opens the folder and makes it if it is not there; what was left of a checkpoint that was not finished is deleted.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="kept">Checkpoints that are kept, 1 or more; with 2 there is one to fall back on.</param>
    /// <exception cref="IOException">It cannot be made or read.</exception>
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
    /// Where the journal is still needed from: the address of the oldest checkpoint that is kept, since the youngest may turn out to be
    /// damaged; null while there is none.
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
                // Nothing starts from it.
            }
        }

        return oldest;
    }

    /// <summary>The complete and undamaged checkpoints, the youngest first, each read through before it is returned.</summary>
    /// <param name="skipped">Told which one is passed over and why.</param>
    public IEnumerable<Checkpoint> Good(Action<string> skipped)
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
    /// Deletes what is younger than the checkpoint that the partition starts from. This comes before the stores are recovered: their logs
    /// are written anew from there on, and a younger checkpoint that one could read another time would not fit them.
    /// </summary>
    /// <param name="start">Where it starts from; null for the journal's beginning.</param>
    /// <exception cref="IOException">One cannot be deleted.</exception>
    public void Adopt(Checkpoint? start)
    {
        foreach (var number in Numbers().Where(n => n > (start?.Number ?? -1)).ToArray())
        {
            Remove(number);
        }

        FolderSync.Flush(_path);
    }

    /// <summary>Begins a checkpoint.</summary>
    /// <param name="journalAddress">Where in the journal what is not in it begins.</param>
    /// <exception cref="IOException">Its folder cannot be made.</exception>
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

    // Away under its name first, so that one that is deleted in part does not count.
    void Remove(long number)
    {
        var draft = PathOf(number) + Draft;
        Directory.Move(PathOf(number), draft);
        Directory.Delete(draft, recursive: true);
    }

    static bool IsDamage(Exception e) => e is IOException or InvalidDataException or UnauthorizedAccessException or FormatException;

    string PathOf(long number) => Path.Combine(_path, number.ToString(CultureInfo.InvariantCulture));

    // The youngest first.
    IEnumerable<long> Numbers() => Directory.EnumerateDirectories(_path)
        .Select(folder => long.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)
        .Where(number => number >= 0)
        .OrderDescending();
}

/// <summary>A checkpoint while it is being written.</summary>
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

    /// <summary>Where its files go. Whatever is in there when it is kept, in folders too, is part of it.</summary>
    public string Path { get; }

    /// <summary>Writes a part into a file of this name.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Write(string name, Action<Stream> part)
    {
        using var stream = new FileStream(
            System.IO.Path.Combine(Path, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, CheckpointManifest.BufferBytes);
        part(stream);
    }

    /// <summary>Makes it durable and complete, and deletes those that are not kept any longer.</summary>
    /// <param name="others">Other folders with files that it depends on.</param>
    /// <exception cref="IOException">That did not work; the checkpoints before are as they were.</exception>
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

    /// <summary>Deletes it, unless it was kept.</summary>
    public void Dispose()
    {
        if (!_kept && Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
