using System.Threading.Channels;
using CartRecovery.Engine.ControlPlane.Backups;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.Privacy;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Backup;

/// <summary>
/// Keeps the tombstones beside the backups, in every destination, so that a person who is forgotten after a backup stays forgotten after its
/// restore. Writes when they change, and retries a destination that is missing or in use.
/// </summary>
/// <param name="control">The control database.</param>
/// <param name="tombstones">The tombstones.</param>
/// <param name="engine">The engine's id if several engines share the database; else empty.</param>
/// <param name="key">Returns the configured key of backups.</param>
/// <param name="log">Receives failures.</param>
sealed partial class TombstoneMirror(ControlDatabase control, Tombstones tombstones, string engine, Func<string?> key, ILogger log) : IAsyncDisposable
{
    static readonly TimeSpan s_retry = TimeSpan.FromSeconds(5);

    readonly CancellationTokenSource _stop = new();
    readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    Task _running = Task.CompletedTask;
    string? _problem;
    int _isStopped;

    /// <summary>Starts the mirror.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Writes the tombstones soon.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Writes the tombstones to all destinations that lack them.</summary>
    /// <returns>Why a destination could not be written; <see langword="null"/> if all have them.</returns>
    public async Task<string?> RunOnceAsync(CancellationToken cancellation)
    {
        var destinations = await new BackupDestinations(control).ListAsync(engine, cancellation);
        if (destinations.Count == 0)
        {
            return null;
        }

        var bytes = TombstoneFile.Write(await tombstones.ListAsync(cancellation));
        string? problem = null;
        foreach (var destination in destinations)
        {
            try
            {
                await WriteAsync(destination, bytes, cancellation);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                problem = $"{destination.Path}: {e.Message}";
            }
        }

        return problem;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isStopped, 1) == 0)
        {
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
        }
    }

    async Task WriteAsync(BackupDestination destination, byte[] bytes, CancellationToken cancellation)
    {
        if (!Directory.Exists(destination.Path))
        {
            throw new BackupException("backup_missing", "the destination is missing");
        }

        // Reads without the destination's lock: a backup is made there only if something is to be written.
        var cipher = BackupCipher.Of(await BackupRenewal.KeyOfAsync(destination, key, cancellation));
        if (BackupFolder.ReadTombstones(destination.Path, cipher) is { } present ? present.AsSpan().SequenceEqual(bytes) : TombstoneFile.Read(bytes, "") is [])
        {
            return;
        }

        using var folder = BackupFolder.Open(destination.Path, cipher, create: true);
        folder.WriteTombstones(bytes);
    }

    async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _wake.Reader.ReadAsync(_stop.Token);
                while (await RunOnceAsync(_stop.Token) is { } problem)
                {
                    Report(problem);
                    await Task.Delay(s_retry, control.Time, _stop.Token);
                }

                _problem = null;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // The engine stops; the next start writes what is missing.
            }
            catch (Exception e)
            {
                // The control database does not answer.
                Report($"{e.GetType().Name}: {e.Message}");
                Wake();
                await Task.Delay(s_retry, control.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // Once for each problem: a disk may be unmounted for days.
    void Report(string problem)
    {
        if (problem != _problem)
        {
            _problem = problem;
            LogFailed(problem);
        }
    }

    [LoggerMessage(EventName = "tombstones_not_mirrored", Level = LogLevel.Warning,
        Message = "A destination of backups lacks the people who were forgotten last, so a restore from it would bring them back. Retrying: {Problem}")]
    partial void LogFailed(string problem);
}
