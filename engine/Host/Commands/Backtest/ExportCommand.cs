using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Exports;
using CartRecovery.Host.Data;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Backtest;

/// <summary><c>export</c>: writes the journal's events for other programs.</summary>
static class ExportCommand
{
    public static int Run(ExportOptions options)
    {
        if (options.Format is not ("ndjson" or "csv" or "parquet"))
        {
            Console.Error.WriteLine($"error: --format: expected ndjson, csv or parquet, got '{options.Format}'");
            return ExitCode.BadUsage;
        }

        if (TimeArgument.ReadRange(options.From, options.To) is not { } range)
        {
            return ExitCode.BadUsage;
        }

        if (ConfigFile.Load(ConfigFile.Locate(options.Config)) is not { } config)
        {
            return ExitCode.BadConfiguration;
        }

        return JournalFiles.Explain(stop =>
        {
            using var keys = FolderKeys.OpenForReading(config);
            var directory = JournalFiles.StoresOf(config, keys);
            var stores = directory.All;
            var store = options.Store is { } id ? stores.Find(id) : null;
            if (options.Store is not null && store is null)
            {
                Console.Error.WriteLine($"error: {UsageErrors.UnknownStore(options.Store, stores)}");
                return ExitCode.BadUsage;
            }

            if (options.Features)
            {
                return FeatureExportCommand.Run(options, config, range, directory, store?.Number, stop);
            }

            var export = new EventExport(JournalFiles.Open(config, stores), range, store?.Number, keys);
            using var output = options.Out is { } path
                ? new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1) : Console.OpenStandardOutput();
            new WorkProgress(() => (export.Events, export.Share), onTerminalAlone: true)
                .Run(() => Write(export, options.Format, output, stop));

            if (export.Locked > 0)
            {
                Console.Error.WriteLine($"warning: the meta of {export.Locked:N0} events is left out: it is encrypted, and its keys are missing");
            }

            if (options.Out is not null)
            {
                Console.Error.WriteLine($"{export.Events:N0} events written to {options.Out}");
            }

            return ExitCode.Success;
        });
    }

    static void Write(EventExport export, string format, Stream output, CancellationToken stop)
    {
        if (format == "parquet")
        {
            using var writer = new ParquetEventWriter(output);
            export.WriteTo(writer, stop);
            return;
        }

        export.WriteTo(output, format == "csv" ? ExportFormat.Csv : ExportFormat.Ndjson, stop);
    }
}
