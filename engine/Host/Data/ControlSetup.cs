using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Tokens;

namespace CartRecovery.Host.Data;

/// <summary>Makes and opens the configured control database.</summary>
static class ControlSetup
{
    /// <summary>Makes the database without opening it.</summary>
    /// <param name="config">A valid configuration.</param>
    /// <param name="files">The data folder's files.</param>
    /// <param name="secret">The data folder's secret.</param>
    /// <param name="time">The clock.</param>
    public static ControlDatabase Of(CartRecoveryConfig config, FolderFiles files, byte[] secret, TimeProvider time)
    {
        var master = FolderKeys.MasterOf(config.Encryption, secret);
        return config.Control.Database is { } text && PostgresAddress.TryParse(text, out var address, out _)
            ? ControlDatabase.InPostgres(address, master, time) : ControlDatabase.InFile(files.ControlDatabase, master, time);
    }

    /// <summary>Opens the database.</summary>
    /// <exception cref="DataFolderException">It cannot be used; the code says why.</exception>
    public static async Task OpenAsync(ControlDatabase database)
    {
        try
        {
            await database.OpenAsync();
        }
        catch (ControlDatabaseException e)
        {
            throw new DataFolderException(e.Code, e.Message, e.Code == ControlDatabaseException.WrongKey ? ExitCode.BadConfiguration : ExitCode.Failed);
        }
    }

    /// <summary>Makes the first signing key, and follows what changes.</summary>
    /// <exception cref="DataFolderException">The database cannot be used; the code says why.</exception>
    public static async Task StartAsync(ControlDatabase database)
    {
        try
        {
            await new SigningKeys(database).RotateAsync();
            await database.Changes.StartAsync();
        }
        catch (ControlDatabaseException e)
        {
            throw new DataFolderException(e.Code, e.Message);
        }
    }

    /// <summary>Encrypts the database's root key under the configured master key.</summary>
    /// <param name="config">The configuration, with the new master key.</param>
    /// <param name="files">The data folder's files.</param>
    /// <param name="former">The former master key.</param>
    /// <param name="secret">The data folder's secret.</param>
    /// <exception cref="DataFolderException">It cannot be used; the code says why.</exception>
    public static async Task RewrapAsync(CartRecoveryConfig config, FolderFiles files, byte[] former, byte[] secret)
    {
        if (config.Control.Database is null && !File.Exists(files.ControlDatabase))
        {
            return;
        }

        try
        {
            await using var database = Of(config, files, secret, TimeProvider.System);
            await database.RewrapAsync(former);
            await database.OpenAsync();
            await new AuditLog(database).RecordAsync(new AuditEvent(AuditEvent.Command, "master_key.rewrap", ""));
        }
        catch (ControlDatabaseException e)
        {
            throw new DataFolderException(e.Code, e.Message, e.Code == ControlDatabaseException.WrongKey ? ExitCode.BadConfiguration : ExitCode.Failed);
        }
    }
}
