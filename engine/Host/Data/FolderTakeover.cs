using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Migration;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Host.Composition;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Data;

/// <summary>Takes over the data folder of an earlier version when the engine starts.</summary>
static partial class FolderTakeover
{
    /// <summary>Takes the folder over if it needs to be.</summary>
    /// <param name="data">The folder, locked.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="budget">The memory plan.</param>
    /// <param name="models">The models.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Receives what was done.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <exception cref="DataFolderException">The folder cannot be used.</exception>
    /// <exception cref="JournalException">A journal cannot be recovered.</exception>
    public static void Run(
        DataFolder data, CartRecoveryConfig config, MemoryBudget budget, ServingPlan models, TimeProvider time, ILogger log,
        Action<RepartitionProgress>? progress)
    {
        if (!config.Journal.Enabled || data.Format.HasKeyedIds)
        {
            return;
        }

        if (!data.HasStoreNumbers)
        {
            LogNumbering(log, data.Path,
                string.Join(", ", data.NumberStores(config).Stores.Select((store, number) => $"{number} {store.Id}")));
        }

        var start = time.GetTimestamp();
        var report = new FolderRewrite(data, config, models, time) { Progress = progress }.Run(budget, budget);
        LogTakenOver(log, data.Path, report.Carts, report.Customers, report.EventIds, time.GetElapsedTime(start).TotalSeconds);
        if (report.CustomersLost > 0)
        {
            LogLost(log, report.CustomersLost);
        }
    }

    [LoggerMessage(EventName = "stores_numbered", Level = LogLevel.Warning,
        Message = "{Folder} is of a version without store numbers. The stores get theirs in the order of the configuration: {Numbers}")]
    static partial void LogNumbering(ILogger log, string folder, string numbers);

    [LoggerMessage(EventName = "data_taken_over", Level = LogLevel.Information,
        Message = "Took over {Folder} from an earlier version: {Carts} records of carts, {Customers} of customers, {Ids} event ids, in {Seconds:F1} s. Its journals are in archive/")]
    static partial void LogTakenOver(ILogger log, string folder, long carts, long customers, long ids, double seconds);

    [LoggerMessage(EventName = "customers_left_out", Level = LogLevel.Warning,
        Message = "{Customers} customers' order histories were left out: no cart and no recent event names these customers")]
    static partial void LogLost(ILogger log, long customers);
}
