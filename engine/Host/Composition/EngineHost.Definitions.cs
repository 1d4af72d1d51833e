using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.ControlPlane.Templates;
using CartRecovery.Host.Api;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <content>The segments and templates that campaigns refer to.</content>
sealed partial class EngineHost : IDefinitionControl
{
    // Waits before a failed application is repeated, in seconds. After the last, the next change or reload applies the definitions.
    static readonly int[] s_definitionRetries = [1, 5, 30, 120];

    // Logged warnings. Bounded by campaigns × stores. Guarded by _applying.
    readonly HashSet<(string Campaign, string Segment, string Store)> _missingSegments = [];
    readonly HashSet<UnresolvedTemplate> _unresolved = [];
    readonly HashSet<ConfigProblem> _unfitTemplates = [];

    /// <summary>The segments that flags, experiments and campaigns refer to.</summary>
    public DefinitionDirectory<SegmentDefinition> Segments { get; }

    /// <summary>The templates that campaigns refer to.</summary>
    public DefinitionDirectory<TemplateDefinition> Templates { get; }

    /// <inheritdoc/>
    public string? ProblemInUse(string store, string name, TemplateDefinition definition)
    {
        var config = Config;
        return config.Decisions.Campaigns.Select(campaign => TemplateFit.ProblemIn(campaign, config, (_, _) => definition, SinkCatalog.AddressesOf(config), store, name) is { } problem
            ? $"The campaign '{campaign.Name}' uses it: {problem}" : null).FirstOrDefault(problem => problem is not null);
    }

    /// <inheritdoc/>
    public async Task ApplyDefinitionsAsync()
    {
        if (!await TryApplyDefinitionsAsync())
        {
            _ = RetryDefinitionsAsync();
        }
    }

    /// <summary>Returns campaigns with the texts of the templates that they name.</summary>
    public DecisionsConfig ResolveTemplates(DecisionsConfig decisions, IEnumerable<Store> stores, Action<UnresolvedTemplate>? report = null) =>
        TemplateResolver.Resolve(decisions, stores.Select(store => store.Id), Templates.Find, report);

    async Task RetryDefinitionsAsync()
    {
        foreach (var seconds in s_definitionRetries)
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), Time);
            if (_stopped || await TryApplyDefinitionsAsync())
            {
                return;
            }
        }
    }

    async Task<bool> TryApplyDefinitionsAsync()
    {
        try
        {
            await Task.Run(ApplyDefinitions);
            return true;
        }
#pragma warning disable CA1031 // Whatever failed, the campaigns in force stay, and nobody waits for this task.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogDefinitionsNotApplied(e);
            return false;
        }
    }

    // On another thread: a reload holds the lock while it waits for the database, whose followers must not wait for the reload.
    DefinitionDirectory<T> Follow<T>(DefinitionKind<T> kind)
        where T : class
    {
        var directory = new DefinitionDirectory<T>(Control, kind) { OnChange = () => _ = ApplyDefinitionsAsync() };
        directory.Follow();
        return directory;
    }

    DefinitionDirectory<TemplateDefinition> FollowTemplates() => Follow(TemplateDefinition.Kind);

    // Does nothing, and appends no journal entry, if no campaign uses a changed definition.
    void ApplyDefinitions()
    {
        lock (_applying)
        {
            var options = JourneyOptionsOf(Config.Decisions, Config.Contact, Stores);
            if (options.Campaigns.Version != JourneyOptions.Campaigns.Version)
            {
                Update(options);
            }

            WarnOfDefinitions();
        }
    }

    // A campaign of the file is loaded before the control database is open, and a file may change after its templates: what does not fit is told here.
    void WarnOfDefinitions()
    {
        // A definition that is deleted later is warned of again.
        _missingSegments.RemoveWhere(missing => Segments.Find(missing.Store, missing.Segment) is not null);
        foreach (var campaign in Config.Decisions.Campaigns)
        {
            foreach (var store in Config.Stores)
            {
                if (campaign.Segment is { } name && campaign.AppliesTo(store.Id) && Segments.Find(store.Id, name) is null && _missingSegments.Add((campaign.Name, name, store.Id)))
                {
                    LogSegmentMissing(campaign.Name, store.Id, name);
                }
            }
        }

        var now = new HashSet<UnresolvedTemplate>();
        ResolveTemplates(Config.Decisions, Stores.Stores, unresolved => now.Add(unresolved));
        _unresolved.IntersectWith(now);
        foreach (var unresolved in now.Where(_unresolved.Add))
        {
            LogTemplateUnresolved(unresolved.Campaign, unresolved.Store, unresolved.Template is { } name ? $"the store has no template {name}: make it with POST /v1/templates"
                : "the different texts of all stores are too long together: make a campaign for each store");
        }

        var unfit = TemplateFit.UnfitIn(Config, Templates.Find, SinkCatalog.AddressesOf(Config)).ToHashSet();
        _unfitTemplates.IntersectWith(unfit);
        foreach (var problem in unfit.Where(_unfitTemplates.Add))
        {
            LogTemplateUnfit(problem.ToWarning());
        }
    }

    [LoggerMessage(EventName = "segment_missing", Level = LogLevel.Warning,
        Message = "The campaign {Campaign} contacts nobody in the store {Store}, which has no segment {Segment}: make it with POST /v1/segments")]
    partial void LogSegmentMissing(string campaign, string store, string segment);

    [LoggerMessage(EventName = "template_missing", Level = LogLevel.Warning, Message = "The campaign {Campaign} is paused in the store {Store}; {Reason}")]
    partial void LogTemplateUnresolved(string campaign, string store, string reason);

    [LoggerMessage(EventName = "template_unfit", Level = LogLevel.Warning, Message = "{Problem}. Change the template with PUT /v1/templates, or the campaign")]
    partial void LogTemplateUnfit(string problem);

    [LoggerMessage(EventName = "segments_not_applied", Level = LogLevel.Error,
        Message = "The segments or templates were changed, and the campaigns still use the former ones; retrying for some minutes. If it goes on, reload the configuration or restart")]
    partial void LogDefinitionsNotApplied(Exception failure);
}
