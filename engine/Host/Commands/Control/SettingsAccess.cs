using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Settings;
using CartRecovery.Host.Data;
using CartRecovery.Host.Settings;

namespace CartRecovery.Host.Commands.Control;

/// <summary>Reads the settings of the API and applies them to a configuration file, before an engine starts.</summary>
static class SettingsAccess
{
    /// <summary>
    /// Applies the last version of the settings to the file. Settings that do not fit the file are ignored as a whole: they must not
    /// prevent a start.
    /// </summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="file">The configuration in the file.</param>
    /// <returns>The configuration, and which settings it contains.</returns>
    public static async Task<(CartRecoveryConfig Config, SettingsStart Start)> ApplyAsync(string path, CartRecoveryConfig file)
    {
        var (head, campaigns) = await ReadAsync(file);
        var overlay = SettingsOverlay.Parse(head.Overlay);
        var (config, problem) = Try(path, overlay.WithCampaigns(campaigns));
        if (config is not null)
        {
            return (overlay.IsEmpty && campaigns == "{}" ? file : config, new SettingsStart(head) { InForce = head.Number, Campaigns = campaigns });
        }

        // Without the campaigns: if only they do not fit, the settings still apply.
        return Try(path, overlay).Config is { } without ? (without, new SettingsStart(head, problem) { InForce = head.Number }) : (file, new SettingsStart(head, problem));
    }

    static (CartRecoveryConfig? Config, string? Problem) Try(string path, SettingsOverlay overlay)
    {
        var (config, problems) = ConfigFile.Reload(path, overlay);
        return config is null ? (null, string.Join("; ", problems))
            : ConfigFile.BudgetOf(config).Fits ? (config, null) : (null, "with them the memory plan does not fit into memory.limit");
    }

    // Returns no settings before the first start, or if the database cannot be read: the engine's start reports that.
    static async Task<(SettingsVersion Head, string Campaigns)> ReadAsync(CartRecoveryConfig file)
    {
        var folder = Path.GetFullPath(file.Data);
        var files = new FolderFiles(folder);
        var secret = Path.Combine(folder, "secret");
        if (!File.Exists(secret) || (file.Control.Database is null && !File.Exists(files.ControlDatabase)))
        {
            return (SettingsVersion.None, "{}");
        }

        try
        {
            // Does not open a folder with another master key: the engine's start reports it.
            var folderSecret = await File.ReadAllBytesAsync(secret);
            FolderKeys.Check(files, file.Encryption, folderSecret);
            await using var control = ControlSetup.Of(file, files, folderSecret, TimeProvider.System);
            await ControlSetup.OpenAsync(control);
            return (await new SettingsStore(control).HeadAsync(), LiveCampaigns.Compose(await new CampaignStore(control).ActiveAsync(), TimeProvider.System.GetUtcNow()));
        }
        catch (Exception e) when (e is DataFolderException or ControlDatabaseException or IOException or UnauthorizedAccessException)
        {
            return (SettingsVersion.None, "{}");
        }
    }
}
