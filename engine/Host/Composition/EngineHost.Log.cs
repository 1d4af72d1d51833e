using CartRecovery.Engine.ControlPlane.Usage;
using CartRecovery.Host.Logs;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <content>Log messages.</content>
sealed partial class EngineHost
{
    /// <summary>The log's files.</summary>
    public LogFiles LogFiles { get; }

    /// <summary>Searches them.</summary>
    public LogSearch Logs { get; }

    // A log that cannot be kept costs its files alone: the lines are on standard error.
    LogSearch BeginLog()
    {
        if (_data.OpenToOthers is var (path, problem))
        {
            LogOpenToOthers(path, problem);
        }

        try
        {
            LogFiles.Begin(_data.Files.Logs);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotKept(_data.Files.Logs, e.Message);
        }

        return new LogSearch(_data.Files.Logs);
    }

    void DisposeLog()
    {
        Logs.Dispose();
        LogFiles.Dispose();
    }

    void LogUsage(UsageCounter counter)
    {
        var (kind, key) = (UsageLedger.NameOf(counter.Kind), counter.Key.Length == 0 ? "all keys" : $"the key {counter.Key}");
        if (counter.Level > 1)
        {
            LogQuotaExceeded(counter.Store, counter.Count, counter.Limit, kind, counter.Period, key);
        }
        else
        {
            LogQuotaWarning(counter.Store, counter.Count, counter.Limit, kind, counter.Period, key);
        }
    }

    [LoggerMessage(EventName = "quota_warning", Level = LogLevel.Warning,
        Message = "The store {Store} has used {Count} of {Quota} {Kind} of {Period}, with {Key}: raise the quota, or the engine rejects further ones")]
    partial void LogQuotaWarning(string store, long count, long quota, string kind, string period, string key);

    [LoggerMessage(EventName = "quota_exceeded", Level = LogLevel.Error,
        Message = "The store {Store} has used {Count} of {Quota} {Kind} of {Period}, with {Key}: the engine rejects further ones until the period ends")]
    partial void LogQuotaExceeded(string store, long count, long quota, string kind, string period, string key);

    [LoggerMessage(EventName = "log_not_kept", Level = LogLevel.Error, Message = "Log lines are on standard error alone, because {Folder} cannot be created: {Problem}")]
    partial void LogNotKept(string folder, string problem);

    [LoggerMessage(EventName = "usage_failed", Level = LogLevel.Error, Message = "Usage could not be counted or stored; the engine retries: {Problem}")]
    partial void LogUsageFailed(string problem);

    [LoggerMessage(EventName = "started", Level = LogLevel.Information,
        Message = "Started with {Partitions} partitions on {Workers} worker threads and model {Model}")]
    partial void LogStarted(int partitions, int workers, string model);

    [LoggerMessage(EventName = "partition_recovered", Level = LogLevel.Information,
        Message = "Partition {Partition} recovered: {Events} journal events in {Seconds:F2} s ({Rate:F0} a second)")]
    partial void LogRecovered(int partition, long events, double seconds, double rate);

    [LoggerMessage(EventName = "recovery_warning", Level = LogLevel.Warning, Message = "{Warning}")]
    partial void LogRecoveryWarning(string warning);

    [LoggerMessage(EventName = "events_not_durable", Level = LogLevel.Error,
        Message = "Some events could not be made durable before the stop ({Problem}); they were not acknowledged")]
    partial void LogNotFlushed(string problem);

    [LoggerMessage(EventName = "journeys_lost_journal", Level = LogLevel.Error,
        Message = "The lag of journeys exceeded journal.maxLag: the journal of partition {Partition} from {From} to {To} was deleted before they read it")]
    partial void LogLost(int partition, long from, long to);

    [LoggerMessage(EventName = "journeys_behind", Level = LogLevel.Warning,
        Message = "The journeys' database did not respond before the stop ({Problem}); they continue from the journal at the next start")]
    partial void LogJourneysBehind(string problem);

    [LoggerMessage(EventName = "stop_problem", Level = LogLevel.Error, Message = "{Problem}")]
    partial void LogStopProblem(string problem);

    [LoggerMessage(EventName = "running_configuration_not_written", Level = LogLevel.Warning,
        Message = "The values in force cannot be written to the data folder, so check --against-running compares with earlier ones: {Problem}")]
    partial void LogRunningNotWritten(string problem);

    [LoggerMessage(EventName = "model_stopped", Level = LogLevel.Error, Message = "The model {Id} ({Alias}) is no longer used: {Problem}")]
    partial void LogModelStopped(string alias, string id, string problem);

    [LoggerMessage(EventName = "shadows_ended", Level = LogLevel.Error, Message = "Shadows are no longer scored: {Problem}. Restart the engine")]
    partial void LogShadowsEnded(string problem);

    [LoggerMessage(EventName = "stopped", Level = LogLevel.Information, Message = "Stopped")]
    partial void LogStopped();

    [LoggerMessage(EventName = "partition_failed", Level = LogLevel.Critical, Message = "A partition failed; the engine is stopping")]
    partial void LogFault(Exception fault);

    [LoggerMessage(EventName = "data_open_to_others", Level = LogLevel.Warning,
        Message = "Other users of this machine can read {Path}, and its mode cannot be changed: {Problem}. Make it 0700, and its files 0600")]
    partial void LogOpenToOthers(string path, string problem);

    [LoggerMessage(EventName = "revocation_list_missing", Level = LogLevel.Warning,
        Message = "{Port}: {Authority} has no revocation list, so the certificates that it issued are not checked. Add its list to 'crl', and the authority to 'ca'")]
    partial void LogUnlisted(string port, string authority);

    void OnFault(Exception fault)
    {
        Fault = fault;
        LogFault(fault);
        _app.Lifetime.StopApplication();
    }
}
