using System.Text;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Engine.Encryption;

namespace CartRecovery.Host.Data;

/// <summary>Opens the keys that encrypt a data folder's personal data.</summary>
static class FolderKeys
{
    /// <summary>Opens the keys of a folder, and makes them if it has none yet.</summary>
    /// <param name="data">The folder, locked.</param>
    /// <param name="config">The configuration.</param>
    /// <returns><see langword="null"/> if the folder is of an earlier version that was not taken over.</returns>
    /// <exception cref="DataFolderException"><c>data_key</c>: the master key is another, or keys are missing. Nothing was
    /// changed.</exception>
    public static KeyVault? Open(DataFolder data, CartRecoveryConfig config) =>
        !data.Format.HasKeyedIds || !data.HasStoreNumbers ? null : data.Use(() =>
    {
        var master = MasterOf(config.Encryption, data.Secret());
        if (!data.Format.HasKeys && !KeyVault.Exists(data.Files.Keys))
        {
            KeyVault.Create(data.Files.Keys, master);
        }

        var keys = Open(data.Files.Keys, master);
        data.SaveEncrypted();
        return keys;
    });

    /// <summary>Opens the keys of a folder that an engine may use. If they cannot be opened, a warning says so.</summary>
    /// <param name="config">The configuration.</param>
    /// <returns><see langword="null"/> if the folder has no keys, or not with this master key.</returns>
    public static KeyVault? OpenForReading(CartRecoveryConfig config)
    {
        var path = Path.GetFullPath(config.Data);
        if (DataFolder.ReadFormat(path) is not { HasKeys: true })
        {
            return null;
        }

        try
        {
            var secret = Path.Combine(path, "secret");
            return Open(new FolderFiles(path).Keys, MasterOf(config.Encryption, File.Exists(secret) ? File.ReadAllBytes(secret) : []));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"warning: data_key: {e.Message}; personal data is left out");
            return null;
        }
    }

    /// <summary>Checks that a folder's keys can be opened, if it has any.</summary>
    /// <exception cref="DataFolderException"><c>data_key</c>: the master key is another, or the root key is missing.</exception>
    public static void Check(FolderFiles files, EncryptionConfig encryption, byte[] secret)
    {
        if (Directory.Exists(files.Keys))
        {
            Open(files.Keys, MasterOf(encryption, secret)).Dispose();
        }
    }

    /// <summary>Encrypts a folder's keys under the configured master key.</summary>
    /// <param name="data">The folder, locked.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="former">The file with the former master key; <see langword="null"/> for the folder's secret.</param>
    /// <exception cref="DataFolderException"><c>data_key</c>: the former key is another. Nothing was changed.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static async Task RewrapAsync(DataFolder data, CartRecoveryConfig config, string? former)
    {
        // As it is read for the configuration: without the final line break.
        var secret = data.Secret();
        var present = former is null ? secret : Encoding.UTF8.GetBytes((await File.ReadAllTextAsync(former)).TrimEnd('\r', '\n'));

        // Its rewrapping can be repeated, so after a crash both can.
        await ControlSetup.RewrapAsync(config, data.Files, present, secret);
        Explain(() =>
        {
            KeyVault.Rewrap(data.Files.Keys, present, MasterOf(config.Encryption, secret));
            return true;
        });
    }

    /// <summary>Returns the master key: the configured one, or the folder's secret.</summary>
    public static byte[] MasterOf(EncryptionConfig encryption, byte[] secret) =>
        encryption.Key is { } key ? Encoding.UTF8.GetBytes(key) : secret;

    static KeyVault Open(string folder, byte[] master) => Explain(() => KeyVault.Open(folder, master));

    static T Explain<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (KeyVaultException e)
        {
            throw new DataFolderException("data_key", e.Message, ExitCode.BadConfiguration);
        }
    }
}
