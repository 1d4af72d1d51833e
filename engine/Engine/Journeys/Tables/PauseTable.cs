using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>A campaign that a store has paused.</summary>
/// <param name="StoreId">The store.</param>
/// <param name="Campaign">The campaign.</param>
/// <param name="At">Since when (ms since 1970 UTC).</param>
public sealed record CampaignPause(string StoreId, string Campaign, long At);

/// <summary>Stores which campaigns are paused in which stores, so that a restart or a changed file does not resume them.</summary>
public sealed class PauseTable
{
    readonly Statement _all, _add, _remove;

    internal PauseTable(Database database)
    {
        _all = database.Prepare("SELECT store, campaign, at FROM paused ORDER BY store, campaign");
        _add = database.Prepare("INSERT OR IGNORE INTO paused(store, campaign, at) VALUES(?1, ?2, ?3)");
        _remove = database.Prepare("DELETE FROM paused WHERE store=?1 AND campaign=?2");
    }

    /// <summary>Returns all pauses.</summary>
    public IReadOnlyList<CampaignPause> All()
    {
        var found = new List<CampaignPause>();
        while (_all.Next())
        {
            found.Add(new CampaignPause(_all.Text(0), _all.Text(1), _all.Long(2)));
        }

        return found;
    }

    /// <summary>Pauses a campaign in a store, or resumes it. Idempotent.</summary>
    public void Set(string storeId, string campaign, bool isPaused, long at)
    {
        if (isPaused)
        {
            _add.With(storeId).With(campaign).With(at).Run();
        }
        else
        {
            _remove.With(storeId).With(campaign).Run();
        }
    }
}
