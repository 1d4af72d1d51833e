using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>
/// Logs the head of the audit log, and entries that are delayed. Logs shipped elsewhere are then witnesses of the audit log. Logs the head
/// at the start, daily by a job, and at the stop.
/// </summary>
sealed partial class AuditWitness(ControlDatabase database, AuditRecorder recorder, ILogger log) : IAsyncDisposable
{
    bool _isStarted;

    /// <summary>Logs the head, and starts to log delayed entries.</summary>
    public async Task StartAsync()
    {
        _isStarted = true;
        database.Changes.OnFailure = e => LogUnnoticed($"{e.GetType().Name}: {e.Message}");
        recorder.OnDelayed = (entry, problem) => LogDelayed(entry.Actor, entry.Action, entry.Target, entry.Store, entry.Details, entry.Address, problem);
        await TryAsync(LogHeadAsync);
    }

    /// <summary>Logs the head.</summary>
    /// <exception cref="ControlDatabaseException">The head cannot be read.</exception>
    public async Task LogHeadAsync() => LogHead((await new AuditLog(database).HeadAsync(CancellationToken.None)).ToString());

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isStarted)
        {
            await TryAsync(() => recorder.RecordCountedAsync());
        }

        await recorder.DisposeAsync();
        if (_isStarted)
        {
            await TryAsync(LogHeadAsync);
        }
    }

    // A failure must not prevent the engine from starting or stopping.
    async Task TryAsync(Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception e)
        {
            LogFailed($"{e.GetType().Name}: {e.Message}");
        }
    }

    [LoggerMessage(EventName = "audit_head_unknown", Level = LogLevel.Warning,
        Message = "The head of the audit log cannot be read or its counts cannot be written: {Problem}")]
    partial void LogFailed(string problem);

    [LoggerMessage(EventName = "audit_head", Level = LogLevel.Information,
        Message = "The audit log's last entry is {Head}; 'audit verify --at-least' verifies that the log still contains it")]
    partial void LogHead(string head);

    [LoggerMessage(EventName = "audit_delayed", Level = LogLevel.Error,
        Message = "Audit entry delayed until the control database answers: {Actor} {Action} {Target} {Store} {Details} {Address}: {Problem}")]
    partial void LogDelayed(string actor, string action, string target, string? store, string? details, string? address, string problem);

    [LoggerMessage(EventName = "control_changes_unnoticed", Level = LogLevel.Error,
        Message = "Changes in the control database, such as ended sessions, take effect only when it can be read again: {Problem}")]
    partial void LogUnnoticed(string problem);
}
