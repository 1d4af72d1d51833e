using System.Numerics;
using System.Security.Cryptography;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Data;

/// <summary>
/// The folder for all persistent state, locked by one engine at a time through a file in it.
/// </summary>
sealed class DataFolder : IDisposable
{
    const string Hint = "make it writable, or set 'data' to another folder";

    // The error codes for a file locked by another process.
    const int WouldBlockOnLinux = 11;
    const int WouldBlockOnMac = 35;

    readonly FileStream _lock;

    DataFolder(string path, FileStream @lock, FolderFormat format)
    {
        _lock = @lock;
        Path = path;
        Format = format;
        Files = new FolderFiles(path);
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>Where its parts are.</summary>
    public FolderFiles Files { get; }

    /// <summary>
    /// A part that other users can read and whose mode cannot be changed, and why; <see langword="null"/> if there is none.
    /// </summary>
    public (string Path, string Problem)? OpenToOthers { get; private init; }

    /// <summary>Its format.</summary>
    public FolderFormat Format { get; private set; }

    /// <summary>
    /// <see langword="false"/> if an earlier version created the folder: until <see cref="SaveStores"/>, the stores' places in the
    /// configuration are their numbers.
    /// </summary>
    public bool HasStoreNumbers => Format.HasStoreNumbers;

    /// <summary>The secret of the ids' keys; <see langword="null"/> if the folder's keys have none.</summary>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    public byte[]? IdSecret() => Format.HasKeyedIds ? DeriveIdSecret() : null;

    /// <summary>Derives the secret that the ids' keys have, or will have.</summary>
    /// <exception cref="IOException">The folder's secret cannot be read or written.</exception>
    public byte[] DeriveIdSecret() => IdHasher.DeriveSecret(Secret());

    /// <summary>Creates the folder if needed and locks it.</summary>
    /// <exception cref="DataFolderException">It is unwritable or locked, or does not match the configuration.</exception>
    public static DataFolder Open(CartRecoveryConfig config)
    {
        var path = System.IO.Path.GetFullPath(config.Data);
        FileStream taken;
        try
        {
            FileModes.CreateFolder(path);
            taken = Lock(path);
        }
        catch (Exception e) when (e is not DataFolderException and (IOException or UnauthorizedAccessException))
        {
            throw Unwritable(path, e);
        }

        try
        {
            FolderSwap.Resume(path);
            var format = ReadFormat(path) ?? MakeFormat(path, config);
            if (config.Partitions != 0 && config.Partitions != format.Partitions)
            {
                throw new DataFolderException("data_partitions",
                    $"{path} was created with {format.Partitions} partitions, but 'partitions' is {config.Partitions}: set it to {format.Partitions} or 0, or run: cartrecovery repartition --partitions {config.Partitions}",
                    Host.ExitCode.BadConfiguration);
            }

            return new DataFolder(path, taken, format) { OpenToOthers = Tighten(path) };
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

    /// <summary>Returns whether an engine has the folder.</summary>
    public static bool IsInUse(string path)
    {
        try
        {
            new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.Open, FileAccess.Read, FileShare.Read).Dispose();
            return false;
        }
        catch (IOException e) when (e.HResult is WouldBlockOnLinux or WouldBlockOnMac)
        {
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Reads the format that <see cref="Open"/> would use, without locking the folder.</summary>
    /// <inheritdoc cref="FolderFormat.Read" path="/returns"/>
    /// <inheritdoc cref="FolderFormat.Read" path="/exception"/>
    public static FolderFormat? ReadFormat(string path) => FolderSwap.ReadPending(path) ?? FolderFormat.Read(path);

    /// <summary>Throws if the folder's number of partitions is not the one planned before the lock.</summary>
    /// <exception cref="DataFolderException">Another command changed the number meanwhile.</exception>
    public void EnsurePartitions(int planned)
    {
        if (Format.Partitions != planned)
        {
            throw new DataFolderException("data_changed", $"{Path} has {Format.Partitions} partitions now: another command changed it meanwhile; try again");
        }
    }

    /// <summary>Reads the stores' numbers without locking the folder.</summary>
    /// <returns>The registry; <see langword="null"/> if the folder has none yet.</returns>
    /// <exception cref="DataFolderException">The numbers are damaged or missing, or the folder has another version's layout.</exception>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static StoreRegistry? ReadStores(string path)
    {
        var registry = StoreNumbersFile.Read(path);
        var journal = System.IO.Path.Combine(path, "journal");
        return registry is null && ReadFormat(path) is { HasStoreNumbers: true } && Directory.Exists(journal)
            && Directory.EnumerateFileSystemEntries(journal).Any()
            ? throw new DataFolderException("data_stores",
                $"{System.IO.Path.Combine(path, StoreNumbersFile.Name)} is missing, so the stores of the carts are not known: restore it from a backup")
            : registry;
    }

    /// <summary>
    /// Reads the stores' numbers without locking the folder, and gives the next ones to the configured stores that have none.
    /// </summary>
    /// <inheritdoc cref="ReadStores(string)" path="/exception"/>
    public static StoreRegistry NumberStores(string path, CartRecoveryConfig config) => Number(ReadStores(path), config);

    /// <summary>
    /// Reads the stores' numbers, and gives the next ones to the configured stores that have none, for <see cref="SaveStores"/>.
    /// </summary>
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
            Format = Format with { HasStoreNumbers = true };
            Format.Write(Path);
        }
    });

    /// <summary>Records that personal data is encrypted from here on.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void SaveEncrypted()
    {
        if (!Format.HasKeys)
        {
            Format = Format with { HasKeys = true };
            Format.Write(Path);
        }
    }

    /// <summary>Reads the secret of a folder's ids without locking the folder.</summary>
    /// <returns><see langword="null"/> if the folder's keys have none, or it is empty.</returns>
    /// <exception cref="DataFolderException"><c>data_secret</c>: it is missing, or the folder has another version's layout.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[]? ReadIdSecret(string path)
    {
        if (ReadFormat(path) is not { HasKeyedIds: true })
        {
            return null;
        }

        var file = System.IO.Path.Combine(path, "secret");
        return File.Exists(file) ? IdHasher.DeriveSecret(File.ReadAllBytes(file)) : throw new DataFolderException("data_secret",
            $"{file} is missing, so the keys of the carts are not known: restore it from a backup");
    }

    /// <summary>Replaces the folder's state by another number of partitions, or other keys: see <see cref="FolderSwap"/>.</summary>
    /// <exception cref="DataFolderException">The disk fails.</exception>
    public void Adopt() => Use(() =>
    {
        FolderSwap.Resume(Path);
        Format = ReadFormat(Path)!.Value;
    });

    /// <summary>Returns the key that signs links and hashes ids; created once and persisted.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public byte[] Secret()
    {
        var file = System.IO.Path.Combine(Path, "secret");
        if (!File.Exists(file))
        {
            // Without it, no key of the folder can be computed again.
            if (Format.HasKeyedIds && Directory.Exists(Files.Journals))
            {
                ReadIdSecret(Path);
            }

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
            throw new DataFolderException("data_unusable",
                $"{Path} cannot be used ({e.Message.TrimEnd('.')}); free disk space, or restore it from a backup");
        }
    }

    /// <summary>Deletes archived journals that nothing was written to for some time.</summary>
    /// <exception cref="DataFolderException">The disk fails.</exception>
    public void DeleteArchives(DateTime before) => Use(() => FolderSwap.DeleteArchives(Path, before));

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

    // Its own parts alone: someone may have put other things beside them. An earlier version left them to the umask.
    static (string Path, string Problem)? Tighten(string path)
    {
        (string, string)? first = null;
        foreach (var part in FolderFiles.Names.Select(name => System.IO.Path.Combine(path, name)).Where(System.IO.Path.Exists))
        {
            first ??= FileModes.Tighten(part);
        }

        return FileModes.TightenOne(path) ?? first;
    }

    static FileStream Lock(string path)
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

    static FolderFormat MakeFormat(string path, CartRecoveryConfig config)
    {
        var partitions = config.Partitions > 0 ? config.Partitions : Environment.ProcessorCount;
        var segment = 1L << BitOperations.Log2((ulong)config.Journal.Segment.Bytes);
        var format = new FolderFormat(partitions, segment, HasStoreNumbers: true, HasKeyedIds: true) { HasSealedIds = true, PacksSealedIds = true };
        format.Write(path);
        return format;
    }
}
