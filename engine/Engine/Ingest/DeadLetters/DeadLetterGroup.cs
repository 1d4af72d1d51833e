using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.Encryption;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>
/// The letters of one key, in files of their own, so that removing the oldest of one group leaves the others alone.
/// One thread at a time.
/// </summary>
/// <param name="name">Its name in the names of its files; empty for files of an earlier version, with all stores' letters.</param>
sealed class DeadLetterGroup(string name) : IDisposable
{
    // Written since the last sync; null if nothing was.
    FileStream? _file;
    bool _torn;

    public string Name => name;

    /// <summary>The segments, oldest first. The last one is appended to.</summary>
    public List<DeadLetterSegment> Segments { get; } = [];

    /// <summary>Bytes on disk.</summary>
    public long Bytes => Segments.Sum(segment => segment.Bytes);

    /// <summary>The lines to append.</summary>
    public ArrayBufferWriter<byte> Lines { get; } = new(4096);

    /// <summary>The letters that the lines hold: length, number and time of each.</summary>
    public List<(int Bytes, long Id, long At)> Pending { get; } = [];

    /// <summary>Whether something was written that <see cref="Sync"/> has not flushed.</summary>
    public bool IsDirty => _file is not null;

    /// <summary>Returns the group's name in the names of its files.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="verified">Whether its letters came with a secret key.</param>
    /// <param name="key">Tells the key from the store's others; 0 for letters of an earlier version, which had a group for each kind of
    /// key.</param>
    public static string NameOf(string store, bool verified, uint key) =>
        key == 0 ? KindOf(store, verified) : $"{KindOf(store, verified)}.{key:x8}";

    /// <summary>Returns whether a group is one of a store's keys of a kind.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="kind">From <see cref="KindOf"/>.</param>
    public static bool IsOf(string group, string kind) =>
        group.StartsWith(kind, StringComparison.Ordinal) && (group.Length == kind.Length || group[kind.Length] == '.');

    /// <summary>Returns the beginning of the names of a store's groups of one kind of key.</summary>
    public static string KindOf(string store, bool verified) =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{store}\n{(verified ? "secret" : "publishable")}")).AsSpan(0, sizeof(ulong)));

    /// <summary>Adds a letter to the lines.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="letter">The letter.</param>
    /// <param name="key">Encrypts its event; <see langword="null"/> to write it as it is.</param>
    public void Add(long id, DeadLetter letter, DataKey? key)
    {
        var before = Lines.WrittenCount;
        DeadLetterLine.Write(Lines, id, letter, key);
        Pending.Add((Lines.WrittenCount - before, id, letter.At));
    }

    /// <summary>Writes the lines to the last segment.</summary>
    public void Write()
    {
        var active = Segments[^1];
        _file ??= new FileStream(active.Path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete,
            bufferSize: 0);
        if (_file.Length < active.Bytes)
        {
            // Somebody deleted or cut the file.
            active.Cut(_file.Length);
        }

        if (_torn)
        {
            _file.SetLength(active.Bytes);
        }

        _torn = true;
        _file.Position = active.Bytes;
        _file.Write(Lines.WrittenSpan);
        _torn = false;
    }

    /// <summary>Commits or discards the pending lines. The next write overwrites a discarded part.</summary>
    public void Finish(bool isWritten)
    {
        foreach (var (bytes, id, at) in isWritten ? Pending : [])
        {
            Segments[^1].Add(bytes, id, at);
        }

        _torn |= !isWritten;
        Pending.Clear();
        Lines.ResetWrittenCount();
    }

    /// <summary>Flushes what was written to the disk, and closes the file: there may be many groups.</summary>
    public void Sync()
    {
        if (_torn)
        {
            _file?.SetLength(Segments[^1].Bytes);
            _torn = false;
        }

        _file?.Flush(flushToDisk: true);
        Dispose();
    }

    /// <summary>Begins a new segment.</summary>
    public void Roll(DeadLetterSegment next)
    {
        Sync();
        Segments.Add(next);
    }

    /// <summary>Removes the oldest segment.</summary>
    public void RemoveOldest()
    {
        if (Segments.Count == 1)
        {
            Dispose();
            _torn = false;
        }

        File.Delete(Segments[0].Path);
        Segments.RemoveAt(0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }
}
