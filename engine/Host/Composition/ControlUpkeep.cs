using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Tokens;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>Rotates signing keys and deletes what the control database has kept for long enough: once at the start, then every hour.</summary>
sealed partial class ControlUpkeep(ControlDatabase database, Func<CartRecoveryConfig> config, TimeProvider time, ILogger log) : IAsyncDisposable
{
    readonly CancellationTokenSource _stop = new();
    readonly Dictionary<string, Type> _failures = new(StringComparer.Ordinal);
    Task _running = Task.CompletedTask;

    /// <summary>The time between two runs.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Starts it.</summary>
    public void Start()
    {
        database.Changes.OnFailure = e => LogUnnoticed($"{e.GetType().Name}: {e.Message}");
        _running = RunAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
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
        await TryAsync("audit log", async stop => await new AuditLog(database).TrimAsync(time.GetUtcNow() - config().Control.AuditRetention.Value, stop));
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

    [LoggerMessage(EventName = "control_changes_unnoticed", Level = LogLevel.Error,
        Message = "Changes in the control database, such as ended sessions, are not noticed until it can be read: {Problem}")]
    partial void LogUnnoticed(string problem);
}
