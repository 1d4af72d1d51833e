using CartRecovery.Engine.Journal;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Data;
using CartRecovery.Host.Jobs;
using Microsoft.Win32.SafeHandles;

namespace CartRecovery.Host.Backup;

/// <summary>
/// The files of a data folder, open, so that they can be read although the engine deletes them meanwhile. Each is read up to the length that it had: what the engine
/// appends, it appends in order, so that this is what a crash at that moment would have left.
/// </summary>
sealed class FolderSnapshot : IDisposable
{
    const int MaxAttempts = 5;

    // Left out: what only a running engine has, what is copied in another way, and what is on its way.
    static readonly string[] s_leftOut = ["lock", "keys", RunningConfig.Name, EngineId.Name, "next.tmp", "lost+found", BackupRunner.Scratch, BackupLock.Name];
    static readonly string[] s_databases = ["outreach.db", "control.db"];

    readonly Dictionary<string, SnapshotFile> _files = new(StringComparer.Ordinal);
    readonly string _root;

    FolderSnapshot(string root) => _root = root;

    /// <summary>The files by their paths in the folder.</summary>
    public IReadOnlyCollection<SnapshotFile> Files => _files.Values;

    /// <summary>Opens the journals and their readers' positions, which must be there before the databases are copied.</summary>
    /// <param name="root">The data folder.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static FolderSnapshot OfJournals(string root)
    {
        var snapshot = new FolderSnapshot(root);
        Try(() => snapshot.AddAll(new FolderFiles(root).Journals));
        return snapshot;
    }

    /// <summary>Opens everything else: for each partition the newest checkpoint, then the records that it needs; and what the journals have got meanwhile.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public void AddRest()
    {
        var files = new FolderFiles(_root);
        Try(() =>
        {
            Forget(files.Checkpoints);
            Forget(files.Stores);
            if (Directory.Exists(files.Checkpoints))
            {
                foreach (var partition in Directory.EnumerateDirectories(files.Checkpoints))
                {
                    AddAll(CheckpointFolder.Newest(partition));
                }
            }

            AddAll(files.Stores);
        });
        Try(() =>
        {
            foreach (var entry in Directory.EnumerateFileSystemEntries(_root).Where(entry => !IsLeftOut(Path.GetFileName(entry)) && entry != files.Checkpoints && entry != files.Stores))
            {
                AddAll(entry);
            }
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Handle.Dispose();
        }
    }

    static bool IsLeftOut(string name) => s_leftOut.Contains(name) || s_databases.Any(database => name.StartsWith(database, StringComparison.Ordinal))
        || name.EndsWith(".tmp", StringComparison.Ordinal);

    // A file may go between being listed and being opened; the newest checkpoint is then another.
    static void Try(Action open)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                open();
                return;
            }
            catch (Exception e) when (attempt < MaxAttempts && e is FileNotFoundException or DirectoryNotFoundException)
            {
                // Once more.
            }
        }
    }

    void Forget(string folder)
    {
        foreach (var path in _files.Keys.Where(path => path.StartsWith(Path.GetFileName(folder) + "/", StringComparison.Ordinal)).ToList())
        {
            _files[path].Handle.Dispose();
            _files.Remove(path);
        }
    }

    void AddAll(string? path)
    {
        if (path is null)
        {
            return;
        }

        if (!Directory.Exists(path))
        {
            if (File.Exists(path))
            {
                Add(path);
            }

            return;
        }

        foreach (var file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(file => !Path.GetRelativePath(_root, file).Contains(".tmp", StringComparison.Ordinal)))
        {
            Add(file);
        }
    }

    // A file that is known is read up to its present length; its handle stays.
    void Add(string file)
    {
        var path = Path.GetRelativePath(_root, file).Replace('\\', '/');
        var isCursor = path.EndsWith("/cursors", StringComparison.Ordinal);
        if (_files.TryGetValue(path, out var known))
        {
            if (!isCursor)
            {
                _files[path] = known with { Length = RandomAccess.GetLength(known.Handle), Source = SourceOf(file, known.Handle) };
            }

            return;
        }

        var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        _files[path] = new SnapshotFile(path, handle, RandomAccess.GetLength(handle), SourceOf(file, handle));
    }

    static string SourceOf(string file, SafeFileHandle handle) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{RandomAccess.GetLength(handle)} {File.GetLastWriteTimeUtc(file).Ticks}");
}
