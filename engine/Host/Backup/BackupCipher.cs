using System.Buffers.Binary;
using System.Security.Cryptography;
using CartRecovery.Primitives.Files;

namespace CartRecovery.Host.Backup;

/// <summary>
/// Writes and reads the files of a backup folder, in plain or encrypted in chunks of 1 MB with AES-256-GCM. Each file has its own key,
/// derived from a random salt. A chunk authenticates its number and whether it is the last one, so chunks cannot be altered, reordered or
/// truncated (STREAM, Hoang et al. 2015). Thread-safe.
/// </summary>
/// <param name="key">The key; <see langword="null"/> for no encryption.</param>
sealed class BackupCipher(byte[]? key)
{
    const int ChunkBytes = 1 << 20, TagBytes = 16, SaltBytes = 16, NonceBytes = 12, KeyBytes = 32, MinKey = 32;

    /// <summary>Creates a cipher from a passphrase.</summary>
    /// <param name="text">At least 32 characters; <see langword="null"/> for no encryption.</param>
    /// <exception cref="InvalidDataException">The passphrase is too short.</exception>
    public static BackupCipher Of(string? text) => text is null ? new BackupCipher(key: null)
        : text.Length < MinKey ? throw new InvalidDataException($"the key of backups must have at least {MinKey} characters")
        : new BackupCipher(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Whether files are encrypted.</summary>
    public bool IsEncrypted => key is not null;

    /// <summary>Returns the size of a file whose contents have a length; both in bytes.</summary>
    public long SizeOf(long length) => key is null ? length : SaltBytes + length + (((length / ChunkBytes) + 1) * TagBytes);

    /// <summary>Writes a file and syncs it to disk.</summary>
    /// <param name="path">The file; it must not exist.</param>
    /// <param name="read">Reads the next bytes into a buffer; 0 at the end.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>Length and SHA-256 of the contents.</returns>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public (long Length, string Sha256) Write(string path, Func<Memory<byte>, int> read, CancellationToken cancellation = default)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (length, chunk) = (0L, new byte[ChunkBytes]);
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        using var cipher = CipherOf(salt);
        if (cipher is not null)
        {
            file.Write(salt);
        }

        var (sealedChunk, isLast) = (new byte[ChunkBytes + TagBytes], false);
        var steps = default(SyncSteps);
        for (var number = 0L; !isLast; number++)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Fill(chunk, read);
            isLast = count < ChunkBytes;
            hash.AppendData(chunk, 0, count);
            length += count;
            if (cipher is null)
            {
                file.Write(chunk, 0, count);
            }
            else
            {
                cipher.Encrypt(NonceOf(number, isLast), chunk.AsSpan(0, count), sealedChunk.AsSpan(0, count), sealedChunk.AsSpan(count, TagBytes));
                file.Write(sealedChunk, 0, count + TagBytes);
            }

            if (steps.IsDue(count))
            {
                file.Flush(flushToDisk: true);
            }
        }

        file.Flush(flushToDisk: true);
        return (length, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Receives the contents, in order.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>Length and SHA-256 of the contents.</returns>
    /// <exception cref="InvalidDataException">The file was altered, or encrypted under another key.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public (long Length, string Sha256) Read(string path, Action<ReadOnlyMemory<byte>> write, CancellationToken cancellation = default)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (length, chunk, salt) = (0L, new byte[ChunkBytes], new byte[SaltBytes]);
        if (key is not null && file.ReadAtLeast(salt, SaltBytes, throwOnEndOfStream: false) < SaltBytes)
        {
            throw Altered(path);
        }

        using var cipher = CipherOf(salt);
        var (sealedChunk, isLast) = (new byte[ChunkBytes + TagBytes], false);
        for (var number = 0L; !isLast; number++)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = file.ReadAtLeast(cipher is null ? chunk : sealedChunk, cipher is null ? ChunkBytes : sealedChunk.Length, throwOnEndOfStream: false);
            if (cipher is not null)
            {
                count -= TagBytes;
                isLast = count < ChunkBytes;
                Open(cipher, path, number, isLast, sealedChunk, chunk, count);
            }

            isLast = count < ChunkBytes;
            hash.AppendData(chunk, 0, count);
            write(chunk.AsMemory(0, count));
            length += count;
        }

        return (length, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    static void Open(AesGcm cipher, string path, long number, bool isLast, byte[] sealedChunk, byte[] chunk, int count)
    {
        if (count < 0)
        {
            throw Altered(path);
        }

        try
        {
            cipher.Decrypt(NonceOf(number, isLast), sealedChunk.AsSpan(0, count), sealedChunk.AsSpan(count, TagBytes), chunk.AsSpan(0, count));
        }
        catch (AuthenticationTagMismatchException)
        {
            throw Altered(path);
        }
    }

    static InvalidDataException Altered(string path) => new($"{path} was altered, or encrypted under another key");

    static int Fill(byte[] chunk, Func<Memory<byte>, int> read)
    {
        var count = 0;
        for (int more; count < chunk.Length && (more = read(chunk.AsMemory(count))) > 0; count += more)
        {
        }

        return count;
    }

    static byte[] NonceOf(long number, bool isLast)
    {
        var nonce = new byte[NonceBytes];
        BinaryPrimitives.WriteInt64LittleEndian(nonce, number);
        nonce[^1] = isLast ? (byte)1 : (byte)0;
        return nonce;
    }

    AesGcm? CipherOf(byte[] salt) =>
        key is null ? null : new AesGcm(HKDF.DeriveKey(HashAlgorithmName.SHA256, key, KeyBytes, salt, "cartrecovery backup file"u8.ToArray()), TagBytes);
}
