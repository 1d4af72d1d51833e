using System.Text;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Scoring;
using CartRecovery.Host.Commands.Control;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Data;
using CartRecovery.Host.Models;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Backtest;

/// <summary><c>replay</c>: backtests a model and campaigns on recorded events.</summary>
static class ReplayCommand
{
    const int MaxLanes = 256;

    public static int Run(ReplayOptions options)
    {
        if (options.Partitions is < 1 or > MaxLanes)
        {
            Console.Error.WriteLine($"error: --partitions: expected 1 to {MaxLanes}");
            return ExitCode.BadUsage;
        }

        if (TimeArgument.ReadRange(options.From, options.To) is not { } range)
        {
            return ExitCode.BadUsage;
        }

        if (options is { Recorded: true, Events: not null })
        {
            Console.Error.WriteLine("error: --recorded: a file of events has no campaigns; omit --events or --recorded");
            return ExitCode.BadUsage;
        }

        if (options.Events is { } path && !File.Exists(path))
        {
            Console.Error.WriteLine($"error: no events at {path}");
            return ExitCode.Failed;
        }

        if (ConfigFile.Load(ConfigFile.Locate(options.Config), options.Model is null) is not { } config)
        {
            return ExitCode.BadConfiguration;
        }

        try
        {
            using var models = ConfiguredModels.Load(config, options.Model is { } file ? Path.GetFullPath(file) : null);
            return JournalFiles.Explain(stop => Play(options, config, models, range, stop));
        }
        catch (ModelException e)
        {
            Console.Error.WriteLine(options.Model is null || e.Name is not null ? ConfigFile.ProblemOf(config, e) : $"error: {e.Code}: {e.Message}");
            return ExitCode.BadConfiguration;
        }
    }

    static int Play(ReplayOptions options, CartRecoveryConfig config, ConfiguredModels models, TimeRange range, CancellationToken stop)
    {
        // A file names stores by id, so it needs no numbers of the data folder.
        var stores = options.Events is null ? JournalFiles.StoresOf(config) : StoreCompiler.Compile(config.Stores);
        IReadOnlyList<IReplayStream> streams = options.Events is { } path
            ? [new EventFileStream(path, [.. config.Stores.Select(s => Encoding.UTF8.GetBytes(s.Id))], (int)config.Limits.Event.Bytes,
                config.Dedup.Memory.Bytes / options.Partitions, config.Dedup.Window)]
            : [.. JournalFiles.Open(config, stores.All).Select(journal => new JournalStream(journal))];

        // Plan memory for the partitions that are replayed concurrently.
        var threads = Math.Min(Environment.ProcessorCount, streams.Count * options.Partitions);
        config.Partitions = threads;
        if (ConfigFile.Plan(config) is not { } budget)
        {
            return ExitCode.BadConfiguration;
        }

        var folder = Directory.CreateTempSubdirectory("cartrecovery-replay-").FullName;
        try
        {
            var segments = SettingsAccess.SegmentsAsync(config).GetAwaiter().GetResult();
            if (segments is null && !options.Recorded)
            {
                throw new DataFolderException("segments_unreadable",
                    "a campaign names a segment, and there is no control database in the data folder yet: start the engine once and make the segment, or replay without the campaign");
            }

            var decisions = SettingsAccess.ResolveTemplatesAsync(config, isRequired: !options.Recorded).GetAwaiter().GetResult();
            var numbers = CampaignNumbering.Read(Path.GetFullPath(config.Data)).With(decisions.Campaigns.Select(campaign => campaign.Name));
            var campaigns = CampaignCompiler.Compile(decisions, stores.All, segments: segments, numbers: numbers);
            var replay = new Replay(streams, options.Partitions, threads, PipelineSetup.Of(
                config, stores, budget, models.Plan, campaigns, folder, hasReaders: false, options.Recorded, recorded: models));
            ReplayReport report = null!;
            var start = TimeProvider.System.GetTimestamp();
            new WorkProgress(() => (replay.Events, replay.Share)).Run(() => report = replay.Run(range, stop));
            var took = TimeProvider.System.GetElapsedTime(start);

            if (options.Json)
            {
                TerminalText.WriteJson(writer => ReplayReportText.Write(writer, report, took, models));
            }
            else
            {
                ReplayReportText.Print(report, took, models);
            }

            return ExitCode.Success;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
