using System.Threading.Channels;
using CartRecovery.Engine.ControlPlane.Database;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Engine.Privacy;

/// <summary>
/// Executes the erasure requests of one data folder, one after another, and signs their receipts. After a restart, continues at the
/// unfinished step. Retries a failed request later, a bounded number of times.
/// </summary>
/// <param name="database">The control database.</param>
/// <param name="requests">The requests.</param>
/// <param name="receipts">Signs the receipts.</param>
/// <param name="targets">The parts of the engine with personal data.</param>
/// <param name="log">Receives the outcome of each request.</param>
public sealed partial class ErasureRunner(ControlDatabase database, ErasureRequests requests, Receipts receipts, ErasureTargets targets, ILogger log) : IAsyncDisposable
{
    // Fallback: clocks of other engines differ, and the control database may not have answered.
    static readonly TimeSpan s_poll = TimeSpan.FromSeconds(30);

    readonly CancellationTokenSource _stop = new();
    readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    Task _running = Task.CompletedTask;
    int _isStopped;

    /// <summary>Registers for new requests.</summary>
    public void Follow() => database.Changes.Follow(ErasureRequests.Topic, _ =>
    {
        _wake.Writer.TryWrite(true);
        return Task.CompletedTask;
    });

    /// <summary>Starts the runner.</summary>
    public void Start() => _running = Task.Run(RunAsync);

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

    async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (await RunNextAsync() is { } pause)
                {
                    await ((Task)_wake.Reader.WaitToReadAsync(_stop.Token).AsTask()).WaitAsync(pause < s_poll ? pause : s_poll, database.Time, _stop.Token)
                        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    _wake.Reader.TryRead(out _);
                }
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                LogUnavailable($"{e.GetType().Name}: {e.Message}");
                await Task.Delay(s_poll, database.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception)
            {
                // The engine stops; the next start continues.
            }
        }
    }

    // Returns the time until the next request; null if another one may be due.
    async Task<TimeSpan?> RunNextAsync()
    {
        // Load tombstones first: another engine may have added the request.
        await database.Changes.RefreshAsync();
        if (database.Changes.Problem is { } problem)
        {
            // Without the tombstone, events of the person could still arrive after they are erased.
            throw new ControlDatabaseException(ControlDatabaseException.Unavailable, problem);
        }

        var (request, subject, next) = await requests.StartAsync(targets.Folder, _stop.Token);
        if (request is null)
        {
            return next is { } at && at > database.Time.GetUtcNow() ? at - database.Time.GetUtcNow() : next is null ? s_poll : TimeSpan.Zero;
        }

        try
        {
            await RunAsync(request, subject);
        }
        catch (Exception e) when (!_stop.IsCancellationRequested)
        {
            // Any exception: finished steps stay finished, and the next attempt repeats this one.
            LogFailed(request.Id, request.Attempts, $"{e.GetType().Name}: {e.Message}");
            await requests.FailAsync(request, e.Message, _stop.Token);
        }

        return null;
    }

    async Task RunAsync(ErasureRequest request, ErasedSubject? subject)
    {
        var store = targets.Stores.Stores.FirstOrDefault(store => store.Id == request.Store)
            ?? throw new InvalidOperationException($"the store {request.Store} is not configured, so its keys cannot be derived");
        List<ErasureStep> steps = [.. request.Steps];
        if (subject is not null)
        {
            request = await EraseAsync(request, new Erasure(targets, store, subject, request.Mode, database.Time), steps);
        }

        // The new backups must not name the person, not even in the request.
        if (steps.TrueForAll(step => step.Name != ErasureStep.Backups))
        {
            await database.ScrubAsync(_stop.Token);
            steps.Add(await Erasure.RenewBackupsAsync(targets, database.Time, _stop.Token));
            await requests.SetStepAsync(request, steps, subject: null, _stop.Token);
        }

        var at = database.Time.GetUtcNow();
        var message = ErasureReceipt.Write(request, steps, at, targets.Version, targets.Partitions is not null);
        await requests.CompleteAsync(request, at, session => receipts.SignAsync(session, message), _stop.Token);
        LogCompleted(request.Id, (at - (request.StartedAt ?? at)).TotalSeconds);
    }

    // Runs the steps that need the person's identity, then deletes the identity. Returns the stored request.
    async Task<ErasureRequest> EraseAsync(ErasureRequest request, Erasure erasure, List<ErasureStep> steps)
    {
        foreach (var name in ErasureStep.OfPerson.Where(name => steps.TrueForAll(step => step.Name != name)))
        {
            steps.Add(await erasure.RunAsync(name, _stop.Token));
            await requests.SetStepAsync(request, steps, erasure.Subject, _stop.Token);
        }

        if (request.Reason is { } reason && erasure.IsNamedIn(reason))
        {
            request = request with { Reason = "(omitted: it named the person)" };
        }

        await requests.ForgetSubjectAsync(request, _stop.Token);
        return request;
    }

    [LoggerMessage(EventName = "erasure_completed", Level = LogLevel.Information, Message = "Erasure request {Request} is completed, {Seconds:F1} s after its start")]
    partial void LogCompleted(string request, double seconds);

    [LoggerMessage(EventName = "erasure_failed", Level = LogLevel.Error, Message = "Erasure request {Request} failed (attempt {Attempt}): {Problem}")]
    partial void LogFailed(string request, int attempt, string problem);

    [LoggerMessage(EventName = "erasure_unavailable", Level = LogLevel.Error, Message = "Erasure requests cannot be read, and stay pending: {Problem}")]
    partial void LogUnavailable(string problem);
}
