using CartRecovery.Engine.ControlPlane.Stores;


namespace CartRecovery.Host.Api;

/// <summary>Pauses and resumes campaigns while the engine runs.</summary>
interface ICampaignControl
{
    /// <summary>Returns since when the API has paused a store's campaign (ms since 1970 UTC); null if it has not.</summary>
    long? PausedAt(Store store, string campaign);

    /// <summary>Pauses or resumes a store's campaign. Completes when that is in force and survives a crash.</summary>
    Task SetPausedAsync(Store store, string campaign, bool isPaused);
}
