using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Host.Api;

namespace CartRecovery.Host.Composition;

/// <summary>The pauses set by the API, in addition to those of the configuration file. Thread-safe.</summary>
/// <param name="engine">Stores the pauses.</param>
/// <param name="apply">Puts the campaigns into force again.</param>
sealed class CampaignPauses(JourneyEngine engine, Action apply) : ICampaignControl
{
    IReadOnlyList<CampaignPause> _all = engine.Store.Pauses.All();

    /// <summary>The journeys' worker. Set before the start.</summary>
    public JourneyWorker? Worker { get; set; }

    /// <summary>Returns the campaigns with the pauses applied.</summary>
    public DecisionsConfig AddTo(DecisionsConfig decisions)
    {
        var pauses = Volatile.Read(ref _all).ToLookup(pause => pause.Campaign, pause => pause.StoreId, StringComparer.Ordinal);
        return pauses.Count == 0 ? decisions : decisions.With(campaigns: [.. decisions.Campaigns.Select(
            campaign => pauses.Contains(campaign.Name) ? campaign.PausedAlsoIn(pauses[campaign.Name]) : campaign)]);
    }

    /// <inheritdoc/>
    public long? PausedAt(Store store, string campaign) =>
        Volatile.Read(ref _all).FirstOrDefault(pause => pause.StoreId == store.Id && pause.Campaign == campaign)?.At;

    /// <inheritdoc/>
    public async Task SetPausedAsync(Store store, string campaign, bool isPaused)
    {
        // On the journey thread, so that concurrent changes take effect in the order in which they are stored.
        await Worker!.InvokeAsync((journeys, now) =>
        {
            Volatile.Write(ref _all, journeys.SetPaused(store.Id, campaign, isPaused, now));
            return true;
        });
        apply();
        if (!isPaused)
        {
            await Worker.InvokeAsync((journeys, now) =>
            {
                journeys.Store.Messages.WakePaused(store.Id, campaign, now);
                return true;
            });
        }
    }
}
