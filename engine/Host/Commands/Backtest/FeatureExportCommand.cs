using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Exports;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Backtest;

/// <summary><c>export --features</c>: writes scored rows of the journal with their labels.</summary>
static class FeatureExportCommand
{
    /// <summary>Runs it.</summary>
    /// <param name="options">The command's options, of which the format is checked.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="range">The range of arrival times.</param>
    /// <param name="stores">The stores.</param>
    /// <param name="store">The number of the only store; <see langword="null"/> for all.</param>
    /// <param name="stop">Cancels the work.</param>
    /// <returns>The exit code.</returns>
    public static int Run(ExportOptions options, CartRecoveryConfig config, TimeRange range, StoreDirectory stores, int? store, CancellationToken stop)
    {
        config.Partitions = 1;
        if (ConfigFile.Plan(config) is not { } budget)
        {
            return ExitCode.BadConfiguration;
        }

        var rows = new DatasetOptions
        {
            KnownUntil = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() + 1,
            Until = range.To,
            Store = store,
            Seed = options.Seed,
            Lateness = config.Limits.Past.Value,
        };
        var folder = Directory.CreateTempSubdirectory("cartrecovery-export-").FullName;
        try
        {
            using var model = OnnxModel.Load(config.ModelPath, FeatureTable.Names);
            var campaigns = CampaignCompiler.Compile(config.Decisions.With(campaigns: []), stores.All);
            var collector = new DatasetCollector(rows);
            var streams = JournalFiles.Open(config, stores.All).Select(journal => new JournalStream(journal));
            var replay = new Replay([.. streams], 1, threads: 1, PipelineSetup.Of(config, stores, budget, ServingPlan.Of(model), campaigns, folder, hasReaders: false, usesRecorded: true),
                new ReplayScope { Observer = collector });
            new WorkProgress(() => (replay.Events, replay.Share), onTerminalAlone: true).Run(() => replay.Run(new TimeRange(range.From, rows.KnownUntil), stop));
            var dataset = collector.Build();
            Write(options, dataset, stop);
            if (options.Out is not null)
            {
                Console.Error.WriteLine($"{dataset.Rows.Count:N0} rows of {dataset.Share:P0} of the carts written to {options.Out}; {dataset.Immature:N0} rows have no labels yet, {dataset.Bots:N0} carts are bots'");
            }

            return ExitCode.Success;
        }
        catch (ModelException e)
        {
            Console.Error.WriteLine($"error: {e.Code}: {TerminalText.Clean(e.Message)}");
            return ExitCode.Failed;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static void Write(ExportOptions options, JournalDataset dataset, CancellationToken stop)
    {
        using var output = options.Out is { } path ? new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read) : Console.OpenStandardOutput();
        using var writer = RowWriter.Create(Enum.Parse<ExportFormat>(options.Format, ignoreCase: true), output, DatasetRows.Columns);
        DatasetRows.Write(writer, dataset.Rows, stop);
        writer.Finish();
    }
}
