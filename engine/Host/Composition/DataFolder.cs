using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Journal;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Composition;

/// <summary>Thrown if the data folder cannot be used.</summary>
sealed class DataFolderException(string code, string message, int exitCode = ExitCode.Failed) : IOException(message)
{
    /// <summary>A stable code in snake case.</summary>
    public string Code { get; } = code;

    /// <summary>The exit code for the process.</summary>
    public int ExitCode { get; } = exitCode;
}

/// <summary>
/// The folder for all persistent state, locked by one engine at a time through a file in it. Its <c>format</c> file records the layout's
/// version, then <c>partitions</c> and <c>segment</c>, which cannot change later.
/// </summary>
sealed class DataFolder : IDisposable
{
    const int Version = 4;

    // The oldest format that is taken over.
    const int OldestVersion = 3;
    const string Hint = "make it writable, or set 'data' to another folder";

    // The error codes for a file locked by another process.
    const int WouldBlockOnLinux = 11;
    const int WouldBlockOnMac = 35;

    readonly FileStream _lock;

    DataFolder(string path, FileStream @lock, int partitions, JournalLayout layout)
    {
        _lock = @lock;
        Path = path;
        Partitions = partitions;
        Layout = layout;
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>The number of partitions it was created with.</summary>
    public int Partitions { get; }

    /// <summary>The layout of its journals.</summary>
    public JournalLayout Layout { get; }

    /// <summary>Returns the folder of a partition's journal.</summary>
    public string JournalOf(int partition) => JournalOf(Path, partition);

    /// <summary>Returns the folder of a partition's checkpoints.</summary>
    public string CheckpointsOf(int partition) => System.IO.Path.Combine(Path, "checkpoints", Name(partition));

    /// <summary>The folder for records spilled from memory.</summary>
    public string Stores => System.IO.Path.Combine(Path, "stores");

    /// <summary>Returns the folder of a partition's journal in a data folder that another process may have locked.</summary>
    public static string JournalOf(string path, int partition) => System.IO.Path.Combine(path, "journal", Name(partition));

    /// <summary>Creates the folder if needed and locks it.</summary>
    /// <exception cref="DataFolderException">It is unwritable or locked, or does not match the configuration.</exception>
    public static DataFolder Open(CartRecoveryConfig config)
    {
        var path = System.IO.Path.GetFullPath(config.Data);
        FileStream taken;
        try
        {
            Directory.CreateDirectory(path);
            taken = Take(path);
        }
        catch (Exception e) when (e is not DataFolderException and (IOException or UnauthorizedAccessException))
        {
            throw Unwritable(path, e);
        }

        try
        {
            var (partitions, segment) = ReadFormat(path) ?? MakeFormat(path, config);
            if (config.Partitions != 0 && config.Partitions != partitions)
            {
                throw new DataFolderException("data_partitions",
                    $"{path} was created with {partitions} partitions, but 'partitions' is {config.Partitions}: set it to {partitions} or 0, or set 'data' to another folder",
                    Host.ExitCode.BadConfiguration);
            }

            return new DataFolder(path, taken, partitions, new JournalLayout(segment, JournalLayout.StandardPage));
        }
        catch (Exception e)
        {
            taken.Dispose();
            if (e is DataFolderException or not (IOException or UnauthorizedAccessException))
            {
                throw;
            }

            throw Unwritable(path, e);
        }
    }

    /// <summary>
    /// Marks the folder as of the current format, which earlier versions refuse. Call when its content was taken over, before anything is
    /// written to it.
    /// </summary>
    /// <exception cref="DataFolderException">It cannot be written.</exception>
    public void MarkCurrent() => Use(() =>
    {
        if (File.ReadLines(System.IO.Path.Combine(Path, "format")).First().Trim() != Version.ToString(CultureInfo.InvariantCulture))
        {
            WriteFormat(Path, Partitions, Layout.SegmentSize);
        }

        return true;
    });

    /// <summary>Reads a folder's format without locking it.</summary>
    /// <returns>Null if the folder is empty or absent.</returns>
    /// <exception cref="DataFolderException">It has another version's layout.</exception>
    public static (int Partitions, long Segment)? ReadFormat(string path)
    {
        var file = System.IO.Path.Combine(path, "format");
        if (!File.Exists(file))
        {
            return IsEmpty(path) ? null : throw WrongVersion(path, "1", "an older");
        }

        var lines = File.ReadAllLines(file);
        var version = lines.Length == 0 ? "" : lines[0].Trim();
        if (!(int.TryParse(version, CultureInfo.InvariantCulture, out var number) && number is >= OldestVersion and <= Version))
        {
            throw WrongVersion(path, version, number > Version ? "a later" : "an older");
        }

        var values = lines.Skip(1).Select(l => l.Split(' ', 2)).Where(l => l.Length == 2).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
        return values.TryGetValue("partitions", out var partitions) && int.TryParse(partitions, CultureInfo.InvariantCulture, out var count)
            && values.TryGetValue("segment", out var segment) && long.TryParse(segment, CultureInfo.InvariantCulture, out var bytes)
            ? (count, bytes)
            : throw WrongVersion(path, version, "an unknown");
    }

    /// <summary>Returns the key that signs links; created once and persisted.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public byte[] Secret()
    {
        var file = System.IO.Path.Combine(Path, "secret");
        if (!File.Exists(file))
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var made = new FileStream(file + ".tmp", options))
            {
                made.Write(RandomNumberGenerator.GetBytes(32));
                made.Flush(flushToDisk: true);
            }

            File.Move(file + ".tmp", file);
            FolderSync.Flush(Path);
        }

        return File.ReadAllBytes(file);
    }

    /// <summary>Runs an action that reads or writes the folder.</summary>
    /// <exception cref="DataFolderException">The disk fails, or the content is damaged.</exception>
    public T Use<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new DataFolderException("data_unusable", $"{Path} cannot be used ({e.Message.TrimEnd('.')}); free disk space, or restore it from a backup");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    static DataFolderException Unwritable(string path, Exception e) =>
        new("data_unwritable", $"{path} cannot be written ({e.Message.TrimEnd('.')}); {Hint}");

    static string Name(int partition) => partition.ToString(CultureInfo.InvariantCulture);

    static FileStream Take(string path)
    {
        var file = System.IO.Path.Combine(path, "lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult is WouldBlockOnLinux or WouldBlockOnMac)
        {
            throw new DataFolderException("data_in_use", $"another engine uses {path}: stop it, or set 'data' to another folder");
        }
    }

    static bool IsEmpty(string path) => !Directory.Exists(path)
        || !Directory.EnumerateFileSystemEntries(path).Any(e => System.IO.Path.GetFileName(e) is var name
            && (name is "journal" or "checkpoints" || name.StartsWith("carts.", StringComparison.Ordinal) || name.StartsWith("customers.", StringComparison.Ordinal)));

    static DataFolderException WrongVersion(string path, string version, string which) => new("data_version",
        $"{path} was created by {which} version (format {version}, this version needs {Version}); nothing was changed. "
        + "Run the version that created it, or move the folder away to start empty");

    static (int, long) MakeFormat(string path, CartRecoveryConfig config)
    {
        var partitions = config.Partitions > 0 ? config.Partitions : Environment.ProcessorCount;
        var segment = 1L << BitOperations.Log2((ulong)config.Journal.Segment.Bytes);
        WriteFormat(path, partitions, segment);
        return (partitions, segment);
    }

    static void WriteFormat(string path, int partitions, long segment)
    {
        var file = System.IO.Path.Combine(path, "format");
        File.WriteAllText(file + ".tmp", string.Create(CultureInfo.InvariantCulture, $"{Version}\npartitions {partitions}\nsegment {segment}\n"));
        using (var handle = File.OpenHandle(file + ".tmp", access: FileAccess.ReadWrite))
        {
            RandomAccess.FlushToDisk(handle);
        }

        File.Move(file + ".tmp", file, overwrite: true);
        FolderSync.Flush(path);
    }
}
