using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Tokens;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>Rotates signing keys and deletes what the control database has kept for long enough: once at the start, then every hour.</summary>
sealed partial class ControlUpkeep(ControlDatabase database, Func<CartRecoveryConfig> config, TimeProvider time, ILogger log) : IAsyncDisposable
{
    static readonly TimeSpan s_interval = TimeSpan.FromHours(1);

    readonly CancellationTokenSource _stop = new();
    Task _running = Task.CompletedTask;

    /// <summary>Starts it.</summary>
    public void Start() => _running = RunAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    async Task RunAsync()
    {
        using var timer = new PeriodicTimer(s_interval, time);
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
        try
        {
            await new SigningKeys(database).RotateAsync(_stop.Token);
            await new Sessions(database).CleanAsync(_stop.Token);
            await new AuditLog(database).TrimAsync(time.GetUtcNow() - config().Control.AuditRetention.Value, _stop.Token);
        }
        catch (ControlDatabaseException e)
        {
            LogFailed(e.Message);
        }
    }

    [LoggerMessage(EventName = "control_upkeep_failed", Level = LogLevel.Warning, Message = "Old entries of the control database were not deleted, and will be in an hour: {Problem}")]
    partial void LogFailed(string problem);
}
