using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Host.Data;

namespace CartRecovery.Host.Commands.Control;

/// <summary>Opens the control database for a command, beside a running engine or without one.</summary>
static class ControlAccess
{
    /// <summary>Opens the configured database and runs an action. Prints an error if either fails.</summary>
    /// <param name="path">The configuration file; <see langword="null"/> for the default.</param>
    /// <param name="use">The action.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> UseAsync(string? path, Func<ControlDatabase, CartRecoveryConfig, Task<int>> use) =>
        ConfigFile.Load(ConfigFile.Locate(path)) is { } config ? await UseAsync(config, use) : ExitCode.BadConfiguration;

    /// <summary>Opens the database of a configuration and runs an action. Prints an error if either fails.</summary>
    /// <inheritdoc cref="UseAsync(string?, Func{ControlDatabase, CartRecoveryConfig, Task{int}})"/>
    public static async Task<int> UseAsync(CartRecoveryConfig config, Func<ControlDatabase, CartRecoveryConfig, Task<int>> use)
    {
        try
        {
            await using var control = ControlSetup.Of(config, new FolderFiles(Path.GetFullPath(config.Data)), SecretOf(config), TimeProvider.System);
            await ControlSetup.OpenAsync(control);
            return await use(control, config);
        }
        catch (DataFolderException e)
        {
            Console.Error.WriteLine($"error: {e.Code}: {e.Message}");
            return e.ExitCode;
        }
        catch (ControlDatabaseException e)
        {
            Console.Error.WriteLine($"error: {e.Code}: {e.Message}");
            return ExitCode.Failed;
        }
    }

    /// <summary>Reads the secret of the data folder; creates it if there is none.</summary>
    // An engine creates it at its first start. Until then no engine uses the folder, so the command may create it.
    internal static byte[] SecretOf(CartRecoveryConfig config)
    {
        var file = Path.Combine(Path.GetFullPath(config.Data), "secret");
        if (File.Exists(file))
        {
            return File.ReadAllBytes(file);
        }

        using var data = DataFolder.Open(config);
        return data.Secret();
    }
}
