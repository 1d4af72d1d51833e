using System.Threading.Channels;
using CartRecovery.Engine.ControlPlane.Database;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Engine.Privacy;

/// <summary>
/// Executes the erasure requests of one data folder, and signs their receipts: new ones that are pending together are one pass. After a restart, continues at the
/// unfinished step. Retries a failed request later and alone, a bounded number of times.
/// </summary>
/// <param name="database">The control database.</param>
/// <param name="requests">The requests.</param>
/// <param name="folders">The data folders that share the database.</param>
/// <param name="receipts">Signs the receipts.</param>
/// <param name="targets">The parts of the engine with personal data.</param>
/// <param name="log">Receives the outcome of each request.</param>
public sealed partial class ErasureRunner(ControlDatabase database, ErasureRequests requests, ErasureFolders folders, Receipts receipts, ErasureTargets targets, ILogger log) : IAsyncDisposable
{
    // Fallback: clocks of other engines differ, and the control database may not have answered.
    static readonly TimeSpan s_poll = TimeSpan.FromSeconds(30);

    readonly CancellationTokenSource _stop = new();
    readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    Task _running = Task.CompletedTask;
    int _isStopped;
    bool _isScanned;

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
                await ScanAsync();
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

    // Adds requests for erased people whom the folder has: it was restored, or joins a database where people were erased.
    async Task ScanAsync()
    {
        if (_isScanned)
        {
            return;
        }

        if (await folders.MustScanAsync(targets.Folder, _stop.Token))
        {
            var again = 0;
            foreach (var (store, user) in await new ForgottenScan(targets, requests.People).RunAsync(_stop.Token))
            {
                again += await requests.AddAgainAsync(targets.Folder, store, user, _stop.Token) ? 1 : 0;
            }

            await folders.SetScannedAsync(targets.Folder, _stop.Token);
            if (again > 0)
            {
                LogFoundAgain(again);
            }
        }

        _isScanned = true;
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

        var (due, next) = await requests.StartAsync(targets.Folder, _stop.Token);
        if (due.Count == 0)
        {
            return next is { } at && at > database.Time.GetUtcNow() ? at - database.Time.GetUtcNow() : next is null ? s_poll : TimeSpan.Zero;
        }

        var runs = new List<Run>();
        try
        {
            foreach (var (request, subject) in due)
            {
                if (targets.Stores.Stores.FirstOrDefault(store => store.Id == request.Store) is { } store)
                {
                    runs.Add(new Run(request, subject is null ? null : new PersonErasure(store, subject, request.Mode)));
                }
                else if (request.Origin is not null && targets.Stores.All.Find(request.Store) is null)
                {
                    // Another engine's store, of which this folder never had data.
                    await CompleteAsync(new Run(request, person: null));
                }
                else
                {
                    await FailAsync(request, $"the store {request.Store} is not configured, so its keys cannot be derived");
                }
            }

            await RunAsync(runs);
        }
        catch (Exception e) when (!_stop.IsCancellationRequested)
        {
            // Any exception: finished steps stay finished, and the next attempt repeats this one.
            foreach (var run in runs.Where(run => !run.IsCompleted))
            {
                await FailAsync(run.Request, e.Message, e);
            }
        }

        return null;
    }

    Task FailAsync(ErasureRequest request, string problem, Exception? cause = null)
    {
        LogFailed(request.Id, request.Attempts, cause is null ? problem : $"{cause.GetType().Name}: {problem}");
        return requests.FailAsync(request, problem, _stop.Token);
    }

    // Several runs are all new; one may have finished steps.
    async Task RunAsync(IReadOnlyList<Run> runs)
    {
        if (runs.Any(run => run.Person is not null))
        {
            await EraseAsync(runs);
        }

        // The new backups must not name the people, not even in the requests.
        if (runs.Any(run => !run.Has(ErasureStep.Backups)))
        {
            await database.ScrubAsync(_stop.Token);
            var renewed = await Erasure.RenewBackupsAsync(targets, database.Time, _stop.Token);
            foreach (var run in runs)
            {
                run.Steps.Add(renewed);
                await requests.SetStepAsync(run.Request, run.Steps, subject: null, _stop.Token);
            }
        }

        foreach (var run in runs)
        {
            await CompleteAsync(run);
        }
    }

    async Task CompleteAsync(Run run)
    {
        var at = database.Time.GetUtcNow();
        var message = ErasureReceipt.Write(run.Request, run.Steps, at, targets.Version, targets.Partitions is not null);
        await requests.CompleteAsync(run.Request, at, session => receipts.SignAsync(session, message), _stop.Token);
        run.IsCompleted = true;
        LogCompleted(run.Request.Id, (at - (run.Request.StartedAt ?? at)).TotalSeconds);
    }

    // Runs the steps that need the people's identities, then deletes the identities.
    async Task EraseAsync(IReadOnlyList<Run> runs)
    {
        var erasure = new Erasure(targets, [.. runs.Select(run => run.Person!)], database.Time);
        foreach (var name in ErasureStep.OfPerson.Where(name => !runs[0].Has(name)))
        {
            foreach (var (run, step) in runs.Zip(await erasure.RunAsync(name, _stop.Token)))
            {
                run.Steps.Add(step);
                await requests.SetStepAsync(run.Request, run.Steps, run.Person!.Subject, _stop.Token);
            }
        }

        foreach (var run in runs)
        {
            if (run.Request.Reason is { } reason && runs.Any(one => one.Person!.IsNamedIn(reason)))
            {
                run.Request = run.Request with { Reason = "(omitted: it named the person)" };
            }

            await requests.ForgetSubjectAsync(run.Request, _stop.Token);
        }
    }

    [LoggerMessage(EventName = "erasure_completed", Level = LogLevel.Information, Message = "Erasure request {Request} is completed, {Seconds:F1} s after its start")]
    partial void LogCompleted(string request, double seconds);

    [LoggerMessage(EventName = "erasure_found_again", Level = LogLevel.Warning, Message = "The data folder has {People} people who are erased already, as after a restore: they are erased again")]
    partial void LogFoundAgain(int people);

    [LoggerMessage(EventName = "erasure_failed", Level = LogLevel.Error, Message = "Erasure request {Request} failed (attempt {Attempt}): {Problem}")]
    partial void LogFailed(string request, int attempt, string problem);

    [LoggerMessage(EventName = "erasure_unavailable", Level = LogLevel.Error, Message = "Erasure requests cannot be read, and stay pending: {Problem}")]
    partial void LogUnavailable(string problem);

    // A request with its finished steps. Without a person, the steps that need it are done.
    sealed class Run(ErasureRequest request, PersonErasure? person)
    {
        public ErasureRequest Request { get; set; } = request;

        public PersonErasure? Person => person;

        public List<ErasureStep> Steps { get; } = [.. request.Steps];

        public bool IsCompleted { get; set; }

        public bool Has(string step) => Steps.Exists(done => done.Name == step);
    }
}
