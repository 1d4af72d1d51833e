using System.Collections.Concurrent;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Host.Models;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Composition;

/// <summary>Compiles the campaigns that the journal recorded, with the models of then, once for all lanes and partitions. Thread-safe.</summary>
/// <param name="stores">The stores by number.</param>
/// <param name="serving">The models.</param>
/// <param name="models">Finds versions that <paramref name="serving"/> does not have, and notes missing ones; <see langword="null"/> to find none.</param>
sealed class RecordedCampaigns(StoreDirectory stores, ServingPlan serving, ConfiguredModels? models)
{
    // After a change of campaigns or models, partitions read the same record. Older ones do not come back often.
    const int Capacity = 64;

    readonly ConcurrentDictionary<Hash128, CampaignSet?> _compiled = [];

    /// <summary>Returns the campaigns of a record; <see langword="null"/> if this version cannot read it.</summary>
    public CampaignSet? Read(ReadOnlyMemory<byte> record)
    {
        if (_compiled.Count >= Capacity)
        {
            _compiled.Clear();
        }

        return _compiled.GetOrAdd(Hash128.Of(record.Span, seed: 0), _ => Compile(record));
    }

    CampaignSet? Compile(ReadOnlyMemory<byte> record)
    {
        var champion = models is { ReplacesChampion: true } ? ConfigurationRecord.ReadServing(record.Span)?.Champion : null;
        var campaigns = CampaignCompiler.Compile(record, stores.All,
            id => id == champion ? serving.Champion : serving.Models.FirstOrDefault(model => model.Id == id) ?? models?.Find(id));
        if (campaigns is not null && models is not null)
        {
            foreach (var campaign in ConfiguredModels.Unserved(campaigns.Serving ?? serving, campaigns))
            {
                models.AddMissing(campaign.Model!);
            }
        }

        return campaigns;
    }
}
