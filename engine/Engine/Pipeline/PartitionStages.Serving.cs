using System.Diagnostics.CodeAnalysis;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Pipeline.Batches;
using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Engine.Pipeline;

/// <content>Exchanges the campaigns and the models between two batches.</content>
public sealed partial class PartitionStages
{
    CampaignSet _campaigns;
    CampaignSet? _recorded;
    ServingPlan _plan;
    ScoreBatch _batch;

    /// <summary>The campaigns in force.</summary>
    internal CampaignSet Campaigns => _campaigns;

    /// <summary>Whether other campaigns take effect with the next events.</summary>
    internal bool HasNewCampaigns => _campaigns != _options.Campaigns && _recorded is null;

    /// <summary>Uses campaigns that the journal recorded; null for those of the options again.</summary>
    internal void UseRecorded(CampaignSet? campaigns)
    {
        _recorded = campaigns;
        TakeCampaigns();
    }

    // Pending rows are decided under the campaigns, and by the models, they were gathered for.
    internal void TakeCampaigns()
    {
        if ((_recorded ?? _options.Campaigns) == _campaigns)
        {
            return;
        }

        Decide();
        TakeModels();
        _context.Window = _campaigns.WindowMilliseconds ?? _options.WindowMilliseconds;
        TakeStores();
    }

    [MemberNotNull(nameof(_campaigns), nameof(_plan), nameof(_batch))]
    void TakeModels()
    {
        while (true)
        {
            var campaigns = _recorded ?? _options.Campaigns;
            var plan = campaigns.Serving ?? _options.Serving;
            _campaigns = campaigns;
            try
            {
                if (_batch is null)
                {
                    (_plan, _batch) = (plan, new ScoreBatch(plan, campaigns, _options.BatchRows));
                    return;
                }

                if (plan != _plan)
                {
                    _batch.Exchange(plan);
                    _plan = plan;
                }

                _batch.Use(campaigns);
                return;
            }
            catch (ObjectDisposedException) when (campaigns != (_recorded ?? _options.Campaigns) || plan != (campaigns.Serving ?? _options.Serving))
            {
                // It was replaced twice meanwhile.
            }
        }
    }
}
