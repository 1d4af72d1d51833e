using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Settings;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Settings;

/// <summary>
/// The settings of a running engine. Changes them, applies changes by other engines and commands, and makes scheduled changes when they are
/// due. Thread-safe.
/// </summary>
/// <param name="database">The control database.</param>
/// <param name="start">The settings that the engine started with.</param>
/// <param name="log">Receives settings that cannot be applied.</param>
sealed partial class LiveSettings(ControlDatabase database, SettingsStart start, ILogger log) : IAsyncDisposable
{
    /// <summary>Code: the caller's version is out of date.</summary>
    public const string VersionChanged = "version_changed";

    /// <summary>Code: the engine was not started from a file that it can reload.</summary>
    public const string NotReloadable = "settings_fixed";

    /// <summary>Too many checks and changes are pending.</summary>
    public const string Busy = "settings_busy";

    /// <summary>Code: the limit on pending changes is reached.</summary>
    public const string TooManyScheduled = "too_many_scheduled";

    // Maximum length of a stored problem, in characters.
    const int MaxProblem = 1000;

    // Checks and changes that wait: each loads the whole file, one at a time.
    const int MaxWaiting = 8;

    static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    readonly CancellationTokenSource _stop = new();
    readonly SemaphoreSlim _turn = new(1, 1);
    readonly Lock _gate = new();
    IReadOnlyList<ScheduledSettings> _pending = [];
    SettingsVersion _head = start.Head;
    long _inForce = start.InForce, _own;
    int _waiting;
    string? _problem = start.Problem;
    ISettingsReload? _reload;
    Task _running = Task.CompletedTask;

    /// <summary>The campaigns of the API, which are applied together with the settings.</summary>
    public required LiveCampaigns Campaigns { get; init; }

    /// <summary>Whether settings can be changed.</summary>
    public bool IsStarted => _reload is not null;

    /// <summary>Stores the versions and the scheduled changes.</summary>
    public SettingsStore Store { get; } = new(database);

    /// <summary>The last known version.</summary>
    public SettingsVersion Head => Volatile.Read(ref _head);

    /// <summary>The version in force.</summary>
    public long InForce => Interlocked.Read(ref _inForce);

    /// <summary>Why the last version is not in force; <see langword="null"/> if it is.</summary>
    public string? Problem => Volatile.Read(ref _problem);

    /// <summary>Registers versions and scheduled changes for reloads.</summary>
    public void Follow() => database.Changes.Follow(SettingsStore.Topic, async cancellation =>
    {
        var (head, pending) = await Store.StateAsync(cancellation);
        Volatile.Write(ref _pending, pending);
        Take(head);
    });

    /// <summary>Starts to apply changes, and to make scheduled changes.</summary>
    public void Start(ISettingsReload reload)
    {
        _reload = reload;
        Report(start.Unfit);
        if (start.Problem is { } problem)
        {
            LogRejected(start.Head.Number, problem);
        }
        else if (Head.Number != InForce)
        {
            reload.RequestQuietly();
        }

        _running = RunAsync();
    }

    /// <summary>Logs campaigns that are set aside.</summary>
    /// <param name="unfit">Why, by name.</param>
    public void Report(IEnumerable<KeyValuePair<string, string>> unfit)
    {
        foreach (var (name, why) in unfit)
        {
            LogUnfit(name, why);
        }
    }

    /// <summary>Requests a reload. Logs only if it changes anything.</summary>
    public void RequestReload() => _reload?.RequestQuietly();

    /// <summary>Puts campaigns into force, or validates them.</summary>
    /// <param name="campaigns">Returns the campaigns by name.</param>
    /// <param name="record">Stores them; <see langword="null"/> to validate only.</param>
    /// <exception cref="SettingsException">The campaigns are invalid. Nothing has changed.</exception>
    public Task ReloadAsync(Func<string> campaigns, Action? record)
    {
        var reload = _reload ?? throw NotStarted();
        return InTurnAsync(() => reload.Change(() => SettingsOverlay.Parse(Head.Overlay).WithCampaigns(campaigns()), record));
    }

    /// <summary>Loads the configuration with other campaigns, and applies nothing.</summary>
    /// <param name="campaigns">Returns them by name.</param>
    /// <exception cref="SettingsException">They are not valid.</exception>
    public Task<CartRecoveryConfig> LoadAsync(Func<string> campaigns)
    {
        var reload = _reload ?? throw NotStarted();
        return InTurnAsync(() => reload.Load(() => SettingsOverlay.Parse(Head.Overlay).WithCampaigns(campaigns())));
    }

    /// <summary>Changes the settings, in the engine and in the database: both or neither.</summary>
    /// <param name="edit">The change.</param>
    /// <param name="author">The author.</param>
    /// <param name="expected">The version that the author has read; <see langword="null"/> for any.</param>
    /// <param name="isDryRun">Whether to return the differences without a change.</param>
    /// <param name="scheduled">The id of the scheduled change that this is; <see langword="null"/> for none.</param>
    /// <exception cref="SettingsException">The change is invalid, or the version is out of date. Nothing has changed.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<SettingsResult> ChangeAsync(SettingsEdit edit, SettingsAuthor author, long? expected = null, bool isDryRun = false, string? scheduled = null)
    {
        var reload = _reload ?? throw NotStarted();
        var head = await Store.HeadAsync();
        if (expected is { } known && known != head.Number)
        {
            throw Changed(head.Number);
        }

        var former = SettingsOverlay.Parse(head.Overlay);
        var next = edit.ApplyTo(former);
        if (next.Json == former.Json && scheduled is null)
        {
            return new SettingsResult(head.Number, []);
        }

        var differences = SettingsChange.ToJson(SettingsChange.Between(former.ToNode(), next.ToNode())).ToJsonString();
        var write = new SettingsWrite(head.Number, next.Json, differences, author.Action, edit.Path, author.Actor, author.Reason, author.Address, scheduled);
        var campaigns = "{}";
        var changes = await InTurnAsync(() => reload.Change(() =>
        {
            campaigns = Campaigns.Compose();
            return next.WithCampaigns(Campaigns.ComposeFitting());
        }, isDryRun ? null : () => Add(write)));
        if (isDryRun)
        {
            return new SettingsResult(head.Number, changes);
        }

        SetInForce(head.Number + 1);
        Campaigns.SetInForce(campaigns);
        if (Campaigns.Unfit.Count > 0)
        {
            // They may fit the changed settings.
            RequestReload();
        }

        return new SettingsResult(head.Number + 1, changes);
    }

    /// <summary>Validates a change as if it were made now, and schedules it.</summary>
    /// <returns>Its id, and the differences that it would make now.</returns>
    /// <inheritdoc cref="ChangeAsync"/>
    /// <param name="edit">The change.</param>
    /// <param name="author">The author.</param>
    /// <param name="at">When the change is due.</param>
    /// <param name="expected">The version that the author has read; <see langword="null"/> for any.</param>
    public async Task<(string Id, SettingsResult Result)> ScheduleAsync(SettingsEdit edit, SettingsAuthor author, DateTimeOffset at, long? expected)
    {
        var result = await ChangeAsync(edit, author, expected, isDryRun: true);
        var change = new ScheduledSettings(Guid.CreateVersion7().ToString("n"), at, database.Time.GetUtcNow(), author.Actor, author.Reason, edit.Operation, edit.Path,
            edit.Value?.ToJsonString() ?? "null", ScheduledSettings.Pending, Problem: null, Version: null);
        return await Store.ScheduleAsync(change, author.Address) ? (change.Id, result)
            : throw new SettingsException(TooManyScheduled, $"{SettingsStore.MaxPending} changes are scheduled. Cancel one.");
    }

    /// <summary>Makes the scheduled changes that are due. Among several engines, one makes each change.</summary>
    public async Task RunDueAsync()
    {
        foreach (var change in Volatile.Read(ref _pending).Where(change => change.ApplyAt <= database.Time.GetUtcNow()))
        {
            try
            {
                await ChangeAsync(SettingsEdit.Of(change), new SettingsAuthor(change.By, change.Reason), scheduled: change.Id);
            }
            catch (SettingsException e) when (e.Code is VersionChanged or Busy)
            {
                // Another engine made it first, or another version was made: the next tick retries.
            }
            catch (SettingsException e)
            {
                var problem = e.Problems.Count == 0 ? e.Message : string.Join("; ", e.Problems);
                LogScheduledFailed(change.Id, problem);
                await Store.FailAsync(change.Id, problem.Length > MaxProblem ? problem[..MaxProblem] : problem);
            }
        }
    }

    /// <summary>Records that a version is in force.</summary>
    public void SetInForce(long version)
    {
        Interlocked.Exchange(ref _inForce, version);
        Volatile.Write(ref _problem, null);
    }

    /// <summary>Records that a version could not be put into force.</summary>
    public void SetProblem(long version, string problem)
    {
        if (version != InForce)
        {
            Volatile.Write(ref _problem, $"version {version} is not in force: {problem}");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        _turn.Dispose();
    }

    static SettingsException NotStarted() => new(NotReloadable, "This engine was not started from a file that it can load again, so its settings are fixed.");

    static SettingsException Changed(long version) => new(VersionChanged, $"The settings have version {version} now. Read them again, and send If-Match with their ETag.");

    // Runs inside the reload, which blocks, as the last step that can fail.
    void Add(SettingsWrite write)
    {
        var number = write.After + 1;
        Interlocked.Exchange(ref _own, number);
        var isAdded = false;
        try
        {
            isAdded = Store.AddAsync(write).GetAwaiter().GetResult() is not null;
        }
        finally
        {
            // After a lost connection, too: the next poll shows whether the version was added.
            if (!isAdded)
            {
                Interlocked.Exchange(ref _own, 0);
                _reload!.RequestQuietly();
            }
        }

        if (!isAdded)
        {
            throw Changed(number);
        }

        Take(new SettingsVersion(number, database.Time.GetUtcNow(), write.Actor, write.Reason, write.Overlay, write.Changes));
    }

    // Waits without a thread, so that checks cannot use up the pool.
    async Task<T> InTurnAsync<T>(Func<T> work)
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new SettingsException(Busy, $"{MaxWaiting} checks and changes of settings and campaigns are pending. Try again in a few seconds.");
        }

        try
        {
            await _turn.WaitAsync(_stop.Token);
            try
            {
                return await Task.Run(work);
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    void Take(SettingsVersion head)
    {
        bool isNew;
        lock (_gate)
        {
            isNew = head.Number > _head.Number;
            Volatile.Write(ref _head, isNew ? head : _head);
        }

        if (isNew && head.Number != InForce && head.Number != Interlocked.Read(ref _own))
        {
            _reload?.RequestQuietly();
        }
    }

    async Task RunAsync()
    {
        using var timer = new PeriodicTimer(s_tick, database.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    Campaigns.RequestIfChanged();
                    await RunDueAsync();
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // Retried at the next tick; health reports that the database does not answer.
                    LogScheduleUnread($"{e.GetType().Name}: {e.Message}");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Expected on disposal.
        }
    }

    [LoggerMessage(EventName = "config_overlay_rejected", Level = LogLevel.Error,
        Message = "The settings (version {Version}) of the API do not fit the configuration file, which is in force alone; change the settings or the file: {Problem}")]
    partial void LogRejected(long version, string problem);

    [LoggerMessage(EventName = "campaign_unfit", Level = LogLevel.Error,
        Message = "The campaign {Campaign} of the API does not fit the configuration any more and is set aside; the others are in force. Change it, or the configuration: {Problem}")]
    partial void LogUnfit(string campaign, string problem);

    [LoggerMessage(EventName = "config_schedule_failed", Level = LogLevel.Error, Message = "The scheduled change {Id} of the settings could not be made: {Problem}")]
    partial void LogScheduledFailed(string id, string problem);

    [LoggerMessage(EventName = "config_schedule_unread", Level = LogLevel.Debug, Message = "Scheduled changes of the settings cannot be made now: {Problem}")]
    partial void LogScheduleUnread(string problem);
}
