using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.ControlPlane.Campaigns;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Settings;
using CartRecovery.Engine.ControlPlane.Templates;
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
        var (head, campaigns) = await ReadAsync(file, none: (SettingsVersion.None, "{}"), async control =>
            (await new SettingsStore(control).HeadAsync(), LiveCampaigns.Compose(await new CampaignStore(control).ActiveAsync(), TimeProvider.System.GetUtcNow())));
        var overlay = SettingsOverlay.Parse(head.Overlay);
        var fit = CampaignFit.Load(campaigns, some => Try(path, overlay.WithCampaigns(some)));
        return fit.Config is { } config
            ? (overlay.IsEmpty && campaigns == "{}" ? file : config, new SettingsStart(head) { InForce = head.Number, Campaigns = campaigns, Unfit = fit.Unfit })
            : (file, new SettingsStart(head, string.Join("; ", fit.Problems)));
    }

    /// <summary>Reads the segments that campaigns name.</summary>
    /// <param name="config">The configuration.</param>
    /// <returns>The segments of now; none if no campaign names one; <see langword="null"/> if there is no control database yet.</returns>
    /// <exception cref="DataFolderException">A campaign names one, and the database cannot be read.</exception>
    public static async Task<DefinitionSnapshot<SegmentDefinition>?> SegmentsAsync(CartRecoveryConfig config) =>
        !config.Decisions.Campaigns.Exists(campaign => campaign.Segment is not null) ? DefinitionSnapshot<SegmentDefinition>.Empty
            : await ReadAsync<DefinitionSnapshot<SegmentDefinition>?>(config, none: null, async control =>
            {
                var segments = new DefinitionDirectory<SegmentDefinition>(control, SegmentDefinition.Kind);
                segments.Follow();
                await control.Changes.RefreshAsync();
                return segments.Present;
            }, isRequired: true);

    /// <summary>Replaces the names of templates in campaigns by the texts of the control database.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="isRequired">Whether to fail if the database cannot be read; otherwise the names stay.</param>
    /// <exception cref="DataFolderException">A campaign names a template, and the database cannot be read.</exception>
    public static async Task<DecisionsConfig> ResolveTemplatesAsync(CartRecoveryConfig config, bool isRequired)
    {
        if (!config.Decisions.Campaigns.Exists(campaign => campaign.TemplateNames.Any()))
        {
            return config.Decisions;
        }

        var templates = await TemplatesAsync(config);
        return templates is not null ? TemplateResolver.Resolve(config.Decisions, config.Stores.Select(store => store.Id), templates.Find)
            : !isRequired ? config.Decisions
            : throw new DataFolderException("templates_unreadable",
                "a campaign names a template, and the control database, which has it, cannot be read: start the engine once and make the template, or replay without the campaign");
    }

    /// <summary>Reads the templates.</summary>
    /// <returns><see langword="null"/> if there is no control database yet, or it cannot be read.</returns>
    public static Task<DefinitionDirectory<TemplateDefinition>?> TemplatesAsync(CartRecoveryConfig config) =>
        ReadAsync<DefinitionDirectory<TemplateDefinition>?>(config, none: null, async control =>
        {
            var read = new DefinitionDirectory<TemplateDefinition>(control, TemplateDefinition.Kind);
            read.Follow();
            await control.Changes.RefreshAsync();
            return read;
        });

    static (CartRecoveryConfig? Config, IReadOnlyList<ConfigProblem> Problems) Try(string path, SettingsOverlay overlay)
    {
        var (config, problems) = ConfigFile.Reload(path, overlay);
        return config is null || ConfigFile.BudgetOf(config).Fits ? (config, problems)
            : (null, [new ConfigProblem(path, 1, 1, "with the settings of the API, the memory plan does not fit into memory.limit")]);
    }

    // Returns no settings before the first start, or, unless they are required, if the database cannot be read: the engine's start reports that.
    static async Task<T> ReadAsync<T>(CartRecoveryConfig file, T none, Func<ControlDatabase, Task<T>> read, bool isRequired = false)
    {
        var folder = Path.GetFullPath(file.Data);
        var files = new FolderFiles(folder);
        var secret = Path.Combine(folder, "secret");
        if (!File.Exists(secret) || (file.Control.Database is null && !File.Exists(files.ControlDatabase)))
        {
            return none;
        }

        try
        {
            // Does not open a folder with another master key: the engine's start reports it.
            var folderSecret = await File.ReadAllBytesAsync(secret);
            FolderKeys.Check(files, file.Encryption, folderSecret);
            await using var control = ControlSetup.Of(file, files, folderSecret, TimeProvider.System);
            await ControlSetup.OpenAsync(control);
            return await read(control);
        }
        catch (Exception e) when (e is DataFolderException or ControlDatabaseException or IOException or UnauthorizedAccessException)
        {
            return !isRequired ? none
                : throw new DataFolderException("segments_unreadable", $"a campaign names a segment, and the control database, which has it, cannot be read: {e.Message}");
        }
    }
}
