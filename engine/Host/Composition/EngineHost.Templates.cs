using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.ControlPlane.Templates;
using CartRecovery.Host.Api;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <content>The templates.</content>
sealed partial class EngineHost : ITemplateControl
{
    // Logged warnings. Bounded by campaigns × stores. Guarded by _applying.
    readonly HashSet<UnresolvedTemplate> _unresolved = [];

    /// <summary>The templates that campaigns refer to.</summary>
    public TemplateDirectory Templates { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> CampaignsWith(string store, string name) =>
        [.. Config.Decisions.Campaigns.Where(campaign => campaign.AppliesTo(store) && campaign.TemplateNames.Contains(name)).Select(campaign => campaign.Name)];

    /// <inheritdoc/>
    public string? ProblemInUse(string store, string name, TemplateDefinition definition)
    {
        var config = Config;
        return config.Decisions.Campaigns.Select(campaign => TemplateFit.ProblemIn(campaign, config, (_, _) => definition, SinkCatalog.AddressesOf(config), store, name) is { } problem
            ? $"The campaign '{campaign.Name}' uses it: {problem}" : null).FirstOrDefault(problem => problem is not null);
    }

    /// <inheritdoc/>
    public async Task ApplyTemplatesAsync()
    {
        await ApplySegmentsAsync();
        WarnOfUnresolvedTemplates();
    }

    /// <summary>Returns campaigns with the texts of the templates that they name.</summary>
    public DecisionsConfig ResolveTemplates(DecisionsConfig decisions, IEnumerable<Store> stores, Action<UnresolvedTemplate>? report = null) =>
        TemplateResolver.Resolve(decisions, stores.Select(store => store.Id), Templates.Find, report);

    // On another thread: a reload holds the lock while it waits for the database, whose followers must not wait for the reload.
    TemplateDirectory FollowTemplates()
    {
        var templates = new TemplateDirectory(Control) { OnChange = () => _ = ApplyTemplatesAsync() };
        templates.Follow();
        return templates;
    }

    void WarnOfUnresolvedTemplates()
    {
        lock (_applying)
        {
            var now = new HashSet<UnresolvedTemplate>();
            ResolveTemplates(Config.Decisions, Stores.Stores, unresolved => now.Add(unresolved));
            _unresolved.IntersectWith(now);
            foreach (var unresolved in now.Where(_unresolved.Add))
            {
                LogTemplateUnresolved(unresolved.Campaign, unresolved.Store,
                    unresolved.Template is { } name ? $"the store has no template {name}: make it with POST /v1/templates" : "the different texts of all stores are too long together: make a campaign for each store");
            }
        }
    }

    [LoggerMessage(EventName = "template_missing", Level = LogLevel.Warning, Message = "The campaign {Campaign} is paused in the store {Store}; {Reason}")]
    partial void LogTemplateUnresolved(string campaign, string store, string reason);
}
