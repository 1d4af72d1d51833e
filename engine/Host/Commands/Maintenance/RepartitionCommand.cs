using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Migration;
using CartRecovery.Engine.Scoring;
using CartRecovery.Host.Commands.Backtest;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Data;
using CartRecovery.Host.Models;

namespace CartRecovery.Host.Commands.Maintenance;

/// <summary><c>repartition</c>: writes the data folder to another number of partitions.</summary>
static class RepartitionCommand
{
    const int MaxPartitions = 256;

    public static int Run(RepartitionOptions options)
    {
        if (options.Partitions is < 1 or > MaxPartitions)
        {
            Console.Error.WriteLine($"error: --partitions: expected 1 to {MaxPartitions}");
            return ExitCode.BadUsage;
        }

        if (ConfigFile.Load(ConfigFile.Locate(options.Config), needsModel: true) is not { } config)
        {
            return ExitCode.BadConfiguration;
        }

        return JournalFiles.Explain(_ =>
        {
            var path = Path.GetFullPath(config.Data);
            if (DataFolder.ReadFormat(path) is not { } format)
            {
                Console.Error.WriteLine($"error: data_empty: {path} is empty: set 'partitions: {options.Partitions}' in the configuration and start the engine");
                return ExitCode.Failed;
            }

            // The folder decides, not the configuration, until it is rewritten.
            var configured = config.Partitions;
            if (Plan(config, options.Partitions) is not { } to || Plan(config, format.Partitions) is not { } from)
            {
                return ExitCode.BadConfiguration;
            }

            config.Partitions = 0;
            if (options.DryRun)
            {
                FolderEstimate.Of(path, format).Print(options.Partitions);
                return ExitCode.Success;
            }

            var code = Rewrite(config, from, to);
            if (code == ExitCode.Success && configured != 0 && configured != options.Partitions)
            {
                Console.WriteLine($"Before the next start, change 'partitions: {configured}' to {options.Partitions} in {ConfigFile.Locate(options.Config)}.");
            }

            return code;
        });
    }

    static int Rewrite(CartRecoveryConfig config, MemoryBudget from, MemoryBudget to)
    {
        using var data = DataFolder.Open(config);
        if (data.Format is { HasKeyedIds: true } format && format.Partitions == to.Partitions)
        {
            Console.WriteLine($"{data.Path} has {to.Partitions} partitions already");
            return ExitCode.Success;
        }

        try
        {
            using var models = ConfiguredModels.Load(config);
            var work = new FolderProgress();
            RepartitionReport report = null!;
            work.Run(() => report = new FolderRewrite(data, config, models.Plan, TimeProvider.System) { Progress = work.Report }.Run(from, to));
            Console.WriteLine($"{data.Path} has {to.Partitions} partitions now: {report.Carts:N0} records of carts and {report.Customers:N0} of customers were written.");
            Console.WriteLine("The former journals are in its folder archive, for replay and export; a start deletes them once they are older than journal.retention.");
            return ExitCode.Success;
        }
        catch (ModelException e)
        {
            Console.Error.WriteLine(ConfigFile.ProblemOf(config, e));
            return ExitCode.BadConfiguration;
        }
    }

    static MemoryBudget? Plan(CartRecoveryConfig config, int partitions)
    {
        var before = config.Partitions;
        config.Partitions = partitions;
        var plan = ConfigFile.Plan(config, partitions);
        config.Partitions = before;
        return plan;
    }
}
