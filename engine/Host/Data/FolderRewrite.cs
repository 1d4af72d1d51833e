using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Migration;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Host.Commands.Control;
using CartRecovery.Host.Composition;

namespace CartRecovery.Host.Data;

/// <summary>
/// Writes a data folder anew: with another number of partitions, or with keyed ids. Until all is written, the folder is as good as before.
/// </summary>
/// <param name="data">The folder, locked.</param>
/// <param name="config">The configuration.</param>
/// <param name="models">The models.</param>
/// <param name="time">The clock.</param>
sealed class FolderRewrite(DataFolder data, CartRecoveryConfig config, ServingPlan models, TimeProvider time)
{
    DefinitionSnapshot<SegmentDefinition>? _segments;

    /// <summary>Receives the progress.</summary>
    public Action<RepartitionProgress>? Progress { get; init; }

    /// <summary>Runs it. No engine may use the folder.</summary>
    /// <param name="from">The memory plan for the present partitions.</param>
    /// <param name="to">The memory plan for the new ones.</param>
    /// <exception cref="DataFolderException">The folder cannot be used, or segments that campaigns name cannot be read.</exception>
    /// <exception cref="JournalException">A journal cannot be recovered, or messages lag too far behind.</exception>
    public RepartitionReport Run(MemoryBudget from, MemoryBudget to) => data.Use(() =>
    {
        data.EnsurePartitions(from.Partitions);
        _segments = SettingsAccess.SegmentsAsync(config).GetAwaiter().GetResult();
        var registry = data.NumberStores(config);
        var changesKeys = !data.Format.HasKeyedIds;
        var former = Options(StoreCompiler.Compile(config.Stores, registry, data.IdSecret()), from, data.Files, data.Format);
        var format = data.Format with { Partitions = to.Partitions, HasStoreNumbers = true, HasKeyedIds = true };
        var draft = FolderSwap.Prepare(data.Path);
        RepartitionReport report;
        using (var journeys = new JourneyStore(data.Files.Database))
        using (var keys = changesKeys ? new KeyMap(Path.Combine(draft.Root, FolderSwap.Keys)) : null)
        {
            var present = Options(StoreCompiler.Compile(config.Stores, registry, data.DeriveIdSecret()), to, draft, format);
            report = new Repartition(former, from.Partitions, present, to.Partitions)
            {
                Keys = keys,
                Archive = FolderSwap.ArchivedJournals(data.Path),
                Progress = Progress
            }
                .Run(new TailReader(JourneyWorker.ReaderName, journeys.PositionOf, [.. JourneyWorker.ReadKinds]), time);
        }

        data.SaveStores(registry);
        FolderSwap.Commit(data.Path, format);
        data.Adopt();
        return report;
    });

    CampaignNumbers Numbers => CampaignNumbering.Read(data.Path).With(config.Decisions.Campaigns.Select(campaign => campaign.Name));

    PipelineOptions Options(StoreDirectory stores, MemoryBudget budget, FolderFiles files, FolderFormat format) => PipelineSetup.Of(
        config, stores, budget, models, CampaignCompiler.Compile(config.Decisions, stores.All,
            ConfigurationRecord.Write(config.Decisions, config.Contact, stores.Stores, _segments, numbers: Numbers), _segments, numbers: Numbers),
        files.Stores, hasReaders: true, usesRecorded: true, PipelineSetup.JournalOf(config, stores, files, format));
}
