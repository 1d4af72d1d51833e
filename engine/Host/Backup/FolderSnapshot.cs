using CartRecovery.Engine.Journal;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Data;
using CartRecovery.Host.Jobs;
using CartRecovery.Host.Monitoring;
using Microsoft.Win32.SafeHandles;

namespace CartRecovery.Host.Backup;

/// <summary>
/// The open files of a data folder. They stay readable if the engine deletes them. Each file is read up to the length it had when it was
/// opened. The engine appends in order, so the snapshot is a state that a crash at that moment could have left.
/// </summary>
sealed class FolderSnapshot : IDisposable
{
    const int MaxAttempts = 5;

    // Excluded: files of a running engine, files that are copied otherwise, and temporary files.
    static readonly string[] s_excluded = ["lock", "keys", RunningConfig.Name, EngineId.Name, "next.tmp", "lost+found", "logs", BackupRunner.Scratch, BackupLock.Name, TombstoneFile.Restored];

    // Excluded within folders. An open lock, even to read it, keeps the engine and commands from changing the registry.
    static readonly string[] s_excludedPaths = ["models/lock", "models/serving", "models/serving.new"];
    static readonly string[] s_databases = ["outreach.db", "control.db", "notices.db", "alerts.db"];

    readonly Dictionary<string, SnapshotFile> _files = new(StringComparer.Ordinal);
    readonly string _root;

    FolderSnapshot(string root) => _root = root;

    /// <summary>The files.</summary>
    public IReadOnlyCollection<SnapshotFile> Files => _files.Values;

    /// <summary>Opens the journals and their readers' positions. Call before copying the databases.</summary>
    /// <param name="root">The data folder.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static FolderSnapshot OfJournals(string root)
    {
        var snapshot = new FolderSnapshot(root);
        Try(() => snapshot.AddAll(new FolderFiles(root).Journals));
        return snapshot;
    }

    /// <summary>
    /// Opens the other files: for each partition the newest checkpoint, then the records that it needs; then what was appended to the journals meanwhile.
    /// </summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public void AddOtherFiles()
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
            foreach (var entry in Directory.EnumerateFileSystemEntries(_root).Where(entry => !IsExcluded(Path.GetFileName(entry)) && entry != files.Checkpoints && entry != files.Stores))
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

    static bool IsExcluded(string name) => s_excluded.Contains(name) || s_databases.Any(database => name.StartsWith(database, StringComparison.Ordinal))
        || name.EndsWith(".tmp", StringComparison.Ordinal) || name.StartsWith(MetricMonitor.FileName, StringComparison.Ordinal);

    // A journal's mark moves on while its entries are copied. Drafts are named by their ending. A name may well have it elsewhere: the model shop.tmpl.
    static bool IsExcludedPath(string path) => s_excludedPaths.Contains(path) || path.Split('/').Any(part => part.EndsWith(".tmp", StringComparison.Ordinal))
        || (path.StartsWith("journal/", StringComparison.Ordinal) && path.EndsWith($"/{FileJournalDevice.MarkName}", StringComparison.Ordinal));

    string PathOf(string file) => Path.GetRelativePath(_root, file).Replace('\\', '/');

    // Retries: a file may be deleted between listing and opening, when a newer checkpoint replaces it.
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
                // Retried.
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

        foreach (var file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(file => !IsExcludedPath(PathOf(file))))
        {
            Add(file);
        }
    }

    // A known file keeps its handle, and is read up to its present length.
    void Add(string file)
    {
        var path = PathOf(file);
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
