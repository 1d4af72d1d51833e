using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.Encryption;

namespace CartRecovery.Engine.ControlPlane.Database;

/// <summary>
/// Encrypts personal data and secrets in the control database, and hashes values that are looked up. The root key is random and stored in
/// the database, encrypted under the master key. So all engines that share the database share it. Thread-safe.
/// </summary>
public sealed class ControlKeys
{
    const int RootNumber = 1;
    const string Purpose = "control database";

    readonly DataKey _sealing;
    readonly byte[] _root;

    ControlKeys(byte[] root)
    {
        _root = root;
        _sealing = new DataKey(RootNumber, Derive("sealing"));
    }

    /// <summary>Encrypts a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="place">The table, column and row of the text. Decryption requires the same place.</param>
    public byte[] Seal(string text, string place) => Seal(Encoding.UTF8.GetBytes(text), place);

    /// <summary>Encrypts bytes.</summary>
    /// <inheritdoc cref="Seal(string, string)"/>
    public byte[] Seal(ReadOnlySpan<byte> bytes, string place) => SealedBytes.Seal(_sealing, bytes, Encoding.UTF8.GetBytes(place));

    /// <summary>Decrypts a text.</summary>
    /// <exception cref="InvalidDataException">The bytes were altered, or belong to another place.</exception>
    public string Open(byte[] bytes, string place) => Encoding.UTF8.GetString(OpenBytes(bytes, place));

    /// <summary>Decrypts bytes.</summary>
    /// <exception cref="InvalidDataException">The bytes were altered, or belong to another place.</exception>
    public byte[] OpenBytes(byte[] bytes, string place) => SealedBytes.Open(_sealing, bytes, Encoding.UTF8.GetBytes(place))
        ?? throw new InvalidDataException($"{place} cannot be decrypted: it was altered, or copied from another row");

    /// <summary>Returns the lookup hash of a value: HMAC-SHA-256 under a key derived for the purpose.</summary>
    /// <param name="purpose">The table and column.</param>
    /// <param name="value">The value.</param>
    public byte[] Hash(string purpose, string value) => HMACSHA256.HashData(Derive($"lookup {purpose}"), Encoding.UTF8.GetBytes(value));

    /// <summary>Derives a key of 32 bytes for a purpose (HKDF-SHA-256).</summary>
    public byte[] Derive(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _root, DataKey.Size, salt: [], Encoding.UTF8.GetBytes($"cartrecovery control {purpose}"));

    /// <summary>Reads the root key, or creates it if there is none.</summary>
    /// <returns>The keys, and whether they are new.</returns>
    /// <exception cref="ControlDatabaseException">The root key is encrypted under another master key.</exception>
    internal static async Task<(ControlKeys Keys, bool IsNew)> OpenAsync(ControlSession session, byte[] master, string database)
    {
        if (await ReadAsync(session) is { } wrapped)
        {
            return (new ControlKeys(Unwrap(wrapped, master) ?? throw WrongKey(database)), false);
        }

        var root = RandomNumberGenerator.GetBytes(DataKey.Size);
        await session.RunAsync($"INSERT INTO control_keys (number, wrapped) VALUES ({RootNumber}, {Wrap(root, master)})");
        return (new ControlKeys(root), true);
    }

    /// <summary>Re-encrypts the root key under another master key. Idempotent. Data keys do not change.</summary>
    /// <exception cref="ControlDatabaseException">Neither master key opens the root key.</exception>
    internal static async Task RewrapAsync(ControlSession session, byte[] master, byte[] next, string database)
    {
        if (await ReadAsync(session) is not { } wrapped || Unwrap(wrapped, next) is not null)
        {
            return;
        }

        var root = Unwrap(wrapped, master) ?? throw WrongKey(database);
        await session.RunAsync($"UPDATE control_keys SET wrapped = {Wrap(root, next)} WHERE number = {RootNumber}");
    }

    static Task<byte[]?> ReadAsync(ControlSession session) =>
        session.FirstAsync<byte[]?>($"SELECT wrapped FROM control_keys WHERE number = {RootNumber}", row => row.Bytes(0));

    static byte[] Wrap(byte[] root, byte[] master)
    {
        var record = new byte[WrappedKey.Size];
        using var cipher = WrappedKey.CipherOf(WrappingKey(master));
        WrappedKey.Write(record, root, cipher, Purpose, RootNumber);
        return record;
    }

    static byte[]? Unwrap(byte[] record, byte[] master)
    {
        var root = new byte[DataKey.Size];
        using var cipher = WrappedKey.CipherOf(WrappingKey(master));
        return WrappedKey.TryRead(record, root, cipher, Purpose, RootNumber) ? root : null;
    }

    static byte[] WrappingKey(byte[] master) => HKDF.DeriveKey(HashAlgorithmName.SHA256, master, DataKey.Size, salt: [], Encoding.ASCII.GetBytes($"cartrecovery {Purpose}"));

    static ControlDatabaseException WrongKey(string database) => new(ControlDatabaseException.WrongKey,
        $"the master key does not open {database}: use the key that it was written with; nothing was changed");
}
