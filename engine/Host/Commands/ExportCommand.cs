using CartRecovery.Engine.Backtest;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands;

/// <summary><c>export</c>: writes the journal's events for other programs.</summary>
static class ExportCommand
{
    public static int Run(ExportOptions options)
    {
        if (options.Format is not ("ndjson" or "csv"))
        {
            Console.Error.WriteLine($"error: --format: expected ndjson or csv, got '{options.Format}'");
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

        var store = config.Stores.FindIndex(s => s.Id == options.Store);
        if (options.Store is not null && store < 0)
        {
            Console.Error.WriteLine($"error: --store: no store '{options.Store}' in the configuration; expected one of {string.Join(", ", config.Stores.Select(s => s.Id))}");
            return ExitCode.BadUsage;
        }

        return JournalFiles.Explain(stop =>
        {
            var export = new EventExport(JournalFiles.Open(config), range, options.Store is null ? null : store);
            using var output = options.Out is { } path
                ? new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1) : Console.OpenStandardOutput();
            new WorkProgress(() => (export.Events, export.Share), onTerminalAlone: true)
                .Run(() => export.WriteTo(output, options.Format == "csv" ? ExportFormat.Csv : ExportFormat.Ndjson, stop));

            if (options.Out is not null)
            {
                Console.Error.WriteLine($"{export.Events:N0} events written to {options.Out}");
            }

            return ExitCode.Success;
        });
    }
}
