using System.Security.Cryptography;
using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Encryption;

/// <summary>
/// Stores the keys of a data folder: random keys, encrypted under the folder's root key. The root key is encrypted under the master key,
/// which is stored elsewhere. Destroying a key makes everything that it encrypted unreadable for good, in backups too. Thread-safe.
/// </summary>
public sealed class KeyVault : IDisposable
{
    const string RootFile = "root", RootPurpose = "root";

    // 32 KB of records for the journal, whose writer must not wait; less for the others.
    const int JournalBatch = 512, Batch = 64;

    // Keys cached in memory, so that several columns of a row cost one read.
    const int MaxRecent = 1024;

    static readonly byte[] s_uses = [(byte)KeyUse.Journal, (byte)KeyUse.Person, (byte)KeyUse.DeadLetters];

    readonly byte[] _root;
    readonly byte[] _wrapping;
    readonly KeyFiles[] _files;
    readonly KeyPool[] _pools;
    readonly CancellationTokenSource _stop = new();
    readonly Lock _gate = new();
    readonly Dictionary<long, byte[]> _recent = [];
    int _destroyed;

    KeyVault(string folder, byte[] root)
    {
        _root = root;
        _wrapping = Derive("data keys");
        _files = [.. s_uses.Select(use => new KeyFiles(folder, (KeyUse)use))];
        _pools = [.. s_uses.Select(use => new KeyPool(_files[use], use == (byte)KeyUse.Journal ? JournalBatch : Batch, Wrap))];
    }

    /// <summary>Number of calls that destroyed keys. A cache of keys is invalid once it changes.</summary>
    public int Destroyed => Volatile.Read(ref _destroyed);

    /// <summary>Returns whether a folder has a root key.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, RootFile));

    /// <summary>Creates a folder's root key.</summary>
    /// <param name="folder">The folder; created if missing.</param>
    /// <param name="master">The master key.</param>
    /// <exception cref="IOException">The root key cannot be written.</exception>
    public static void Create(string folder, ReadOnlySpan<byte> master)
    {
        Directory.CreateDirectory(folder);
        WriteRoot(folder, RandomNumberGenerator.GetBytes(DataKey.Size), master);
    }

    /// <summary>Opens a folder's keys.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="master">The master key.</param>
    /// <exception cref="KeyVaultException">There is no root key, or it is encrypted under another master key.</exception>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static KeyVault Open(string folder, ReadOnlySpan<byte> master)
    {
        var file = Path.Combine(folder, RootFile);
        if (!File.Exists(file))
        {
            throw new KeyVaultException($"{file} is missing, so personal data cannot be decrypted: restore it from a backup");
        }

        var root = new byte[DataKey.Size];
        if (master.IsEmpty)
        {
            throw new KeyVaultException($"there is no master key for {file}; nothing was changed");
        }

        using var cipher = CipherOf(master);
        return WrappedKey.TryRead(File.ReadAllBytes(file), root, cipher, RootPurpose, number: 0) ? new KeyVault(folder, root)
            : throw new KeyVaultException($"the master key does not open {file}: use the key that the folder was written with; nothing was changed");
    }

    /// <summary>Re-encrypts the root key under another master key. Data keys and data do not change.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="master">The present master key.</param>
    /// <param name="next">The new one.</param>
    /// <exception cref="KeyVaultException">The present master key does not open the root key.</exception>
    /// <exception cref="IOException">The root key cannot be written.</exception>
    public static void Rewrap(string folder, ReadOnlySpan<byte> master, ReadOnlySpan<byte> next)
    {
        using var keys = Open(folder, master);
        WriteRoot(folder, keys._root, next);
    }

    /// <summary>Takes a durable key that was never used. Blocks only while the disk accepts no keys, until <see cref="GiveUp"/>.</summary>
    /// <exception cref="IOException">The wait was cancelled.</exception>
    public DataKey Take(KeyUse use) => _pools[(int)use].Take(_stop.Token);

    /// <summary>Reads a key.</summary>
    /// <returns><see langword="false"/> if the key was destroyed.</returns>
    /// <exception cref="IOException">The read failed.</exception>
    public bool TryRead(long number, Span<byte> key)
    {
        lock (_gate)
        {
            if (_recent.TryGetValue(number, out var known))
            {
                known.CopyTo(key);
                return true;
            }
        }

        var destroyed = Destroyed;
        Span<byte> record = stackalloc byte[WrappedKey.Size];
        if ((int)KeyFiles.UseOf(number) >= _files.Length || !_files[(int)KeyFiles.UseOf(number)].TryRead(number, record))
        {
            return false;
        }

        using var cipher = WrappedKey.CipherOf(_wrapping);
        if (!WrappedKey.TryRead(record, key, cipher, nameof(DataKey), number))
        {
            return false;
        }

        Remember(number, key, destroyed);
        return true;
    }

    /// <summary>Destroys keys durably: nothing can decrypt what they encrypted.</summary>
    /// <exception cref="IOException">The write failed.</exception>
    public void Destroy(IEnumerable<long> numbers)
    {
        foreach (var number in numbers)
        {
            _files[(int)KeyFiles.UseOf(number)].Write(number, new byte[WrappedKey.Size]);
        }

        lock (_gate)
        {
            _recent.Clear();
            _destroyed++;
        }
    }

    /// <summary>Derives a key of 32 bytes for a purpose of the whole folder, such as a keyed hash (HKDF-SHA-256).</summary>
    public byte[] Derive(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _root, DataKey.Size, salt: [], Encoding.ASCII.GetBytes($"cartrecovery {purpose}"));

    /// <summary>Cancels all waits for keys, at shutdown.</summary>
    public void GiveUp() => _stop.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    // Does not cache a key that was read before it was destroyed.
    void Remember(long number, ReadOnlySpan<byte> key, int destroyed)
    {
        lock (_gate)
        {
            if (destroyed != _destroyed)
            {
                return;
            }

            if (_recent.Count >= MaxRecent)
            {
                _recent.Clear();
            }

            _recent[number] = key.ToArray();
        }
    }

    void Wrap(Span<byte> record, DataKey key)
    {
        using var cipher = WrappedKey.CipherOf(_wrapping);
        WrappedKey.Write(record, key.Bytes, cipher, nameof(DataKey), key.Number);
    }

    static void WriteRoot(string folder, byte[] root, ReadOnlySpan<byte> master)
    {
        var record = new byte[WrappedKey.Size];
        using var cipher = CipherOf(master);
        WrappedKey.Write(record, root, cipher, RootPurpose, number: 0);
        DurableFile.Write(Path.Combine(folder, RootFile), record);
    }

    // Derives the key with HKDF: the master key may have any length, but must be unguessable.
    static AesGcm CipherOf(ReadOnlySpan<byte> master)
    {
        Span<byte> key = stackalloc byte[DataKey.Size];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, master, key, salt: [], "cartrecovery master key"u8);
        return WrappedKey.CipherOf(key);
    }
}
