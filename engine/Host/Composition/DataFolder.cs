using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Journal;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Composition;

/// <summary>The data folder cannot be used.</summary>
sealed class DataFolderException(string code, string message, int exitCode = ExitCode.Failed) : IOException(message)
{
    /// <summary>Stable, in snake case.</summary>
    public string Code { get; } = code;

    /// <summary>What the process ends with.</summary>
    public int ExitCode { get; } = exitCode;
}

/// <summary>
/// The folder for everything that outlives the process. One engine at a time has it, by a lock on a file in it. What it was made with is
/// in <c>format</c>: the version of its layout, then <c>partitions</c> and <c>segment</c>, which cannot change any more.
/// </summary>
sealed class DataFolder : IDisposable
{
    const string Version = "3";
    const string Hint = "make it writable, or name another one as 'data'";

    // The error numbers of a file that another process has locked.
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

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>How many partitions it is made for.</summary>
    public int Partitions { get; }

    /// <summary>How its journals lie.</summary>
    public JournalLayout Layout { get; }

    /// <summary>The folder of a partition's journal.</summary>
    public string JournalOf(int partition) => JournalOf(Path, partition);

    /// <summary>The folder of a partition's checkpoints.</summary>
    public string CheckpointsOf(int partition) => System.IO.Path.Combine(Path, "checkpoints", Name(partition));

    /// <summary>The folder of the records that memory has no room for.</summary>
    public string Stores => System.IO.Path.Combine(Path, "stores");

    /// <summary>The folder of a partition's journal in a data folder that somebody else may have.</summary>
    public static string JournalOf(string path, int partition) => System.IO.Path.Combine(path, "journal", Name(partition));

    /// <summary>Makes the folder if it is not there, and takes it.</summary>
    /// <exception cref="DataFolderException">It cannot be had, or is not what the configuration says.</exception>
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
                    $"{path} was made for {partitions} partitions, and 'partitions' says {config.Partitions}: say {partitions}, or 0, or name another data folder",
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

    /// <summary>What a folder was made with, without taking it.</summary>
    /// <returns>Null when there is nothing in it.</returns>
    /// <exception cref="DataFolderException">It is of another version.</exception>
    public static (int Partitions, long Segment)? ReadFormat(string path)
    {
        var file = System.IO.Path.Combine(path, "format");
        if (!File.Exists(file))
        {
            return IsEmpty(path) ? null : throw WrongVersion(path, "1", "an older");
        }

        var lines = File.ReadAllLines(file);
        var version = lines.Length == 0 ? "" : lines[0].Trim();
        if (version != Version)
        {
            var isLater = long.TryParse(version, CultureInfo.InvariantCulture, out var number) && number > long.Parse(Version, CultureInfo.InvariantCulture);
            throw WrongVersion(path, version, isLater ? "a later" : "an older");
        }

        var values = lines.Skip(1).Select(l => l.Split(' ', 2)).Where(l => l.Length == 2).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
        return values.TryGetValue("partitions", out var partitions) && int.TryParse(partitions, CultureInfo.InvariantCulture, out var count)
            && values.TryGetValue("segment", out var segment) && long.TryParse(segment, CultureInfo.InvariantCulture, out var bytes)
            ? (count, bytes)
            : throw WrongVersion(path, version, "an unreadable");
    }

    /// <summary>What signs this engine's links: made once, and kept.</summary>
    /// <exception cref="IOException">It cannot be kept.</exception>
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

    /// <summary>Does something with what is in the folder.</summary>
    /// <exception cref="DataFolderException">The disk, or what is on it, does not let it.</exception>
    public T Use<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new DataFolderException("data_unusable", $"{Path} cannot be used ({e.Message.TrimEnd('.')}); make room on its disk, or restore it from a backup");
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
            throw new DataFolderException("data_in_use", $"another engine has {path}: stop that one, or name another folder as 'data'");
        }
    }

    static bool IsEmpty(string path) => !Directory.Exists(path)
        || !Directory.EnumerateFileSystemEntries(path).Any(e => System.IO.Path.GetFileName(e) is var name
            && (name is "journal" or "checkpoints" || name.StartsWith("carts.", StringComparison.Ordinal) || name.StartsWith("customers.", StringComparison.Ordinal)));

    static DataFolderException WrongVersion(string path, string version, string which) => new("data_version",
        $"{path} is of {which} version ({version}, this one needs {Version}); nothing was changed. "
        + "Run the version that made it, or move the folder away to start with an empty state");

    static (int, long) MakeFormat(string path, CartRecoveryConfig config)
    {
        var partitions = config.Partitions > 0 ? config.Partitions : Environment.ProcessorCount;
        var segment = 1L << BitOperations.Log2((ulong)config.Journal.Segment.Bytes);
        var file = System.IO.Path.Combine(path, "format");
        File.WriteAllText(file + ".tmp", string.Create(CultureInfo.InvariantCulture, $"{Version}\npartitions {partitions}\nsegment {segment}\n"));
        using (var handle = File.OpenHandle(file + ".tmp", access: FileAccess.ReadWrite))
        {
            RandomAccess.FlushToDisk(handle);
        }

        File.Move(file + ".tmp", file);
        FolderSync.Flush(path);
        return (partitions, segment);
    }
}
