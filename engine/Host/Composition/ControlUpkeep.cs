using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Tokens;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>
/// Rotates signing keys and deletes what the control database has kept for long enough: at the start, then every hour. Logs the head of the audit log at the
/// start, every day, and at the stop: logs that are shipped elsewhere are then its witnesses.
/// </summary>
sealed partial class ControlUpkeep(ControlDatabase database, AuditRecorder recorder, Func<CartRecoveryConfig> config, TimeProvider time, ILogger log) : IAsyncDisposable
{
    static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    readonly CancellationTokenSource _stop = new();
    readonly Dictionary<string, Type> _failures = new(StringComparer.Ordinal);
    Task _running = Task.CompletedTask;
    bool _isStarted;
    DateTimeOffset _headLoggedAt;

    /// <summary>The time between two runs.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Starts it.</summary>
    public void Start()
    {
        _isStarted = true;
        database.Changes.OnFailure = e => LogUnnoticed($"{e.GetType().Name}: {e.Message}");
        recorder.OnDelayed = (entry, problem) => LogDelayed(entry.Actor, entry.Action, entry.Target, entry.Store, entry.Details, entry.Address, problem);
        _running = RunAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        if (_isStarted)
        {
            await TryAsync("audit log's counts", _ => recorder.RecordCountedAsync());
        }

        await recorder.DisposeAsync();
        if (_isStarted)
        {
            await TryAsync("audit log's head", _ => LogHeadAsync());
        }

        _stop.Dispose();
    }

    async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await KeepAsync();
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            // The engine stops.
        }
    }

    async Task KeepAsync()
    {
        await TryAsync("signing keys", new SigningKeys(database).RotateAsync);
        await TryAsync("sessions", new Sessions(database).CleanAsync);
        await TryAsync("API keys", new ApiKeyStore(database).CleanAsync);
        await TryAsync("audit log", async stop => await new AuditLog(database).TrimAsync(time.GetUtcNow() - config().Control.AuditRetention.Value, stop));
        await TryAsync("audit log's counts", _ => recorder.RecordCountedAsync());
        if (time.GetUtcNow() - _headLoggedAt >= s_day)
        {
            await TryAsync("audit log's head", _ => LogHeadAsync());
        }
    }

    async Task LogHeadAsync()
    {
        LogHead((await new AuditLog(database).HeadAsync(CancellationToken.None)).ToString());
        _headLoggedAt = time.GetUtcNow();
    }

    // A failure of whatever kind costs neither the other steps nor the next hour: without new keys nobody could sign in.
    async Task TryAsync(string step, Func<CancellationToken, Task> run)
    {
        try
        {
            await run(_stop.Token);
            _failures.Remove(step);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The engine stops.
        }
        catch (Exception e)
        {
            if (!_failures.TryGetValue(step, out var known) || known != e.GetType())
            {
                _failures[step] = e.GetType();
                LogFailed(step, $"{e.GetType().Name}: {e.Message}");
            }
        }
    }

    [LoggerMessage(EventName = "control_upkeep_failed", Level = LogLevel.Warning,
        Message = "The hourly upkeep of the control database failed ({Step}); it is tried again every hour: {Problem}")]
    partial void LogFailed(string step, string problem);

    [LoggerMessage(EventName = "audit_head", Level = LogLevel.Information,
        Message = "The audit log's last entry is {Head}; 'audit verify --at-least' checks that it is still there")]
    partial void LogHead(string head);

    [LoggerMessage(EventName = "audit_delayed", Level = LogLevel.Error,
        Message = "Not in the audit log unless the control database takes it later: {Actor} {Action} {Target} {Store} {Details} {Address}: {Problem}")]
    partial void LogDelayed(string actor, string action, string target, string? store, string? details, string? address, string problem);

    [LoggerMessage(EventName = "control_changes_unnoticed", Level = LogLevel.Error,
        Message = "Changes in the control database, such as ended sessions, are not noticed until it can be read: {Problem}")]
    partial void LogUnnoticed(string problem);
}
