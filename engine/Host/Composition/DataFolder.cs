using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane;
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
/// version, then <c>partitions</c> and <c>segment</c>, which cannot change later. Version 4 has the stores' numbers; in version 3, records
/// name a store by its place in the configuration.
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

    DataFolder(string path, FileStream @lock, FolderFormat format)
    {
        _lock = @lock;
        Path = path;
        Partitions = format.Partitions;
        Layout = format.Layout;
        HasStoreNumbers = format.HasStoreNumbers;
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>The number of partitions it was created with.</summary>
    public int Partitions { get; }

    /// <summary>The layout of its journals.</summary>
    public JournalLayout Layout { get; }

    /// <summary>
    /// <see langword="false"/> if an earlier version created the folder: until <see cref="SaveStores"/>, the stores' places in the
    /// configuration are their numbers.
    /// </summary>
    public bool HasStoreNumbers { get; private set; }

    /// <summary>Returns the folder of a partition's journal.</summary>
    public string JournalOf(int partition) => JournalOf(Path, partition);

    /// <summary>Returns the folder of a partition's checkpoints.</summary>
    public string CheckpointsOf(int partition) => System.IO.Path.Combine(Path, "checkpoints", Name(partition));

    /// <summary>Returns the file of the positions of a partition's readers.</summary>
    public string CursorsOf(int partition) => System.IO.Path.Combine(JournalOf(partition), "cursors");

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
            var format = ReadFormat(path) ?? MakeFormat(path, config);
            if (config.Partitions != 0 && config.Partitions != format.Partitions)
            {
                throw new DataFolderException("data_partitions",
                    $"{path} was created with {format.Partitions} partitions, but 'partitions' is {config.Partitions}: set it to {format.Partitions} or 0, or set 'data' to another folder",
                    Host.ExitCode.BadConfiguration);
            }

            return new DataFolder(path, taken, format);
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

    /// <summary>Reads a folder's format without locking it.</summary>
    /// <returns>Null if the folder is empty or absent.</returns>
    /// <exception cref="DataFolderException">It has another version's layout.</exception>
    public static FolderFormat? ReadFormat(string path)
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
            ? new FolderFormat(count, bytes, HasStoreNumbers: number == Version)
            : throw WrongVersion(path, version, "an unknown");
    }

    /// <summary>Reads the stores' numbers without locking the folder.</summary>
    /// <returns>The registry; <see langword="null"/> if the folder has none yet.</returns>
    /// <exception cref="DataFolderException">The numbers are damaged or missing, or the folder has another version's layout.</exception>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static StoreRegistry? ReadStores(string path)
    {
        var registry = StoreNumbersFile.Read(path);
        var journal = System.IO.Path.Combine(path, "journal");
        return registry is null && ReadFormat(path) is { HasStoreNumbers: true } && Directory.Exists(journal) && Directory.EnumerateFileSystemEntries(journal).Any()
            ? throw new DataFolderException("data_stores",
                $"{System.IO.Path.Combine(path, StoreNumbersFile.Name)} is missing, so the stores of the carts are not known: restore it from a backup")
            : registry;
    }

    /// <summary>Reads the stores' numbers without locking the folder, and gives the next ones to the configured stores that have none.</summary>
    /// <inheritdoc cref="ReadStores(string)" path="/exception"/>
    public static StoreRegistry NumberStores(string path, CartRecoveryConfig config) => Number(ReadStores(path), config);

    /// <summary>Reads the stores' numbers, and gives the next ones to the configured stores that have none, for <see cref="SaveStores"/>.</summary>
    /// <exception cref="DataFolderException">The numbers are damaged or missing, or all are taken.</exception>
    public StoreRegistry NumberStores(CartRecoveryConfig config)
    {
        var registry = Use(() => ReadStores(Path));
        var all = Number(registry, config);
        if (registry is null && HasStoreNumbers)
        {
            // Before the first journal, which is unreadable without them.
            Use(() => StoreNumbersFile.Write(Path, all));
        }

        return all;
    }

    /// <summary>Records the stores' numbers. Until then, no record may name a new store.</summary>
    /// <exception cref="DataFolderException">They cannot be written.</exception>
    public void SaveStores(StoreRegistry registry) => Use(() =>
    {
        if (StoreNumbersFile.Read(Path)?.ToString() != registry.ToString())
        {
            StoreNumbersFile.Write(Path, registry);
        }

        if (!HasStoreNumbers)
        {
            WriteFormat(Path, new FolderFormat(Partitions, Layout.SegmentSize, HasStoreNumbers: true));
            HasStoreNumbers = true;
        }
    });

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
        catch (Exception e) when (e is not DataFolderException and (IOException or UnauthorizedAccessException or InvalidDataException))
        {
            throw new DataFolderException("data_unusable", $"{Path} cannot be used ({e.Message.TrimEnd('.')}); free disk space, or restore it from a backup");
        }
    }

    static StoreRegistry Number(StoreRegistry? registry, CartRecoveryConfig config)
    {
        try
        {
            return StoreCompiler.Register(config.Stores, registry ?? StoreRegistry.Empty);
        }
        catch (InvalidDataException e)
        {
            throw new DataFolderException("data_stores_full", e.Message);
        }
    }

    void Use(Action use) => Use(() =>
    {
        use();
        return true;
    });

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

    static FolderFormat MakeFormat(string path, CartRecoveryConfig config)
    {
        var partitions = config.Partitions > 0 ? config.Partitions : Environment.ProcessorCount;
        var segment = 1L << BitOperations.Log2((ulong)config.Journal.Segment.Bytes);
        var format = new FolderFormat(partitions, segment, HasStoreNumbers: true);
        WriteFormat(path, format);
        return format;
    }

    static void WriteFormat(string path, in FolderFormat format)
    {
        var file = System.IO.Path.Combine(path, "format");
        File.WriteAllText(file + ".tmp",
            string.Create(CultureInfo.InvariantCulture, $"{Version}\npartitions {format.Partitions}\nsegment {format.Segment}\n"));
        using (var handle = File.OpenHandle(file + ".tmp", access: FileAccess.ReadWrite))
        {
            RandomAccess.FlushToDisk(handle);
        }

        File.Move(file + ".tmp", file, overwrite: true);
        FolderSync.Flush(path);
    }
}

/// <summary>What a data folder's <c>format</c> file records.</summary>
/// <param name="Partitions">Number of partitions.</param>
/// <param name="Segment">Length of a journal segment, in bytes.</param>
/// <param name="HasStoreNumbers"><see langword="false"/> if records name stores by their place in the configuration.</param>
readonly record struct FolderFormat(int Partitions, long Segment, bool HasStoreNumbers)
{
    /// <summary>The layout of the journals.</summary>
    public JournalLayout Layout => new(Segment, JournalLayout.StandardPage);
}
