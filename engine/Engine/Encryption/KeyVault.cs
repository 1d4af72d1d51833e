using System.Security.Cryptography;
using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Encryption;

/// <summary>
/// The keys of a data folder, in a folder of their own: random keys encrypted under the folder's root key, and that under the master key, which
/// is not there. A destroyed key is gone for good, and with it everything it encrypted, in backups too. Any thread.
/// </summary>
public sealed class KeyVault : IDisposable
{
    const string RootFile = "root", RootPurpose = "root";

    // 32 KB for the journal, whose writer must not wait; the others may.
    const int JournalBatch = 512, Batch = 64;

    // Keys in memory, so that the columns of a row cost one read.
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

    /// <summary>How often keys were destroyed. Whoever keeps keys discards them when it changes.</summary>
    public int Destroyed => Volatile.Read(ref _destroyed);

    /// <summary>Returns whether a folder has keys.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, RootFile));

    /// <summary>Makes a folder's root key.</summary>
    /// <param name="folder">The folder; created if there is none.</param>
    /// <param name="master">The master key.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Create(string folder, ReadOnlySpan<byte> master)
    {
        Directory.CreateDirectory(folder);
        WriteRoot(folder, RandomNumberGenerator.GetBytes(DataKey.Size), master);
    }

    /// <summary>Opens a folder's keys.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="master">The master key.</param>
    /// <exception cref="KeyVaultException">There is no root key, or it was encrypted under another master key.</exception>
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
            : throw new KeyVaultException($"the master key does not open {file}: use the one that the folder was written with; nothing was changed");
    }

    /// <summary>Encrypts the root key under another master key. Data stays as it is.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="master">The present master key.</param>
    /// <param name="next">The new one.</param>
    /// <exception cref="KeyVaultException">The present master key is another.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Rewrap(string folder, ReadOnlySpan<byte> master, ReadOnlySpan<byte> next)
    {
        using var keys = Open(folder, master);
        WriteRoot(folder, keys._root, next);
    }

    /// <summary>
    /// Takes a key that was never used. It is durable. Waits only while the disk accepts no keys, until <see cref="GiveUp"/>.
    /// </summary>
    /// <exception cref="IOException">The wait was ended.</exception>
    public DataKey Take(KeyUse use) => _pools[(int)use].Take(_stop.Token);

    /// <summary>Reads a key.</summary>
    /// <returns><see langword="false"/> if it was destroyed.</returns>
    /// <exception cref="IOException">The disk fails.</exception>
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

    /// <summary>Destroys keys: what they encrypted can never be read again. Returns when that is durable.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
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

    /// <summary>Derives a key for a purpose of the whole folder, such as a keyed hash.</summary>
    public byte[] Derive(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _root, DataKey.Size, salt: [], Encoding.ASCII.GetBytes($"cartrecovery {purpose}"));

    /// <summary>Ends all waits for keys.</summary>
    public void GiveUp() => _stop.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    // Not what was read before it was destroyed.
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

    // The master key may be any text or bytes that cannot be guessed.
    static AesGcm CipherOf(ReadOnlySpan<byte> master)
    {
        Span<byte> key = stackalloc byte[DataKey.Size];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, master, key, salt: [], "cartrecovery master key"u8);
        return WrappedKey.CipherOf(key);
    }
}
