using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Settings;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Settings;

/// <summary>
/// The settings of a running engine: changes them, follows what other engines and commands change, and makes scheduled changes at their time. Any thread.
/// </summary>
/// <param name="database">The control database.</param>
/// <param name="start">What the engine started with.</param>
/// <param name="log">Receives what cannot be applied.</param>
sealed partial class LiveSettings(ControlDatabase database, SettingsStart start, ILogger log) : IAsyncDisposable
{
    /// <summary>The other version was made first.</summary>
    public const string VersionChanged = "version_changed";

    /// <summary>The engine was started without a file that it could load again.</summary>
    public const string NotReloadable = "settings_fixed";

    /// <summary>Too many changes wait.</summary>
    public const string TooManyScheduled = "too_many_scheduled";

    // A problem of a scheduled change, as it is kept.
    const int MaxProblem = 1000;

    static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    readonly CancellationTokenSource _stop = new();
    readonly Lock _gate = new();
    IReadOnlyList<ScheduledSettings> _pending = [];
    SettingsVersion _head = start.Head;
    long _inForce = start.InForce, _own;
    string? _problem = start.Problem;
    ISettingsReload? _reload;
    Task _running = Task.CompletedTask;

    /// <summary>The campaigns of the API, which come into force with the settings.</summary>
    public required LiveCampaigns Campaigns { get; init; }

    /// <summary>Whether settings can be changed.</summary>
    public bool IsStarted => _reload is not null;

    /// <summary>The versions.</summary>
    public SettingsStore Store { get; } = new(database);

    /// <summary>The last version that is known.</summary>
    public SettingsVersion Head => Volatile.Read(ref _head);

    /// <summary>The version in force.</summary>
    public long InForce => Interlocked.Read(ref _inForce);

    /// <summary>Why the last version is not in force; <see langword="null"/> if it is.</summary>
    public string? Problem => Volatile.Read(ref _problem);

    /// <summary>Follows versions and scheduled changes, from the start of the database on.</summary>
    public void Follow() => database.Changes.Follow(SettingsStore.Topic, async cancellation =>
    {
        var (head, pending) = await Store.StateAsync(cancellation);
        Volatile.Write(ref _pending, pending);
        Take(head);
    });

    /// <summary>Begins to change what is in force, and to make scheduled changes.</summary>
    public void Start(ISettingsReload reload)
    {
        _reload = reload;
        if (start.Problem is { } problem)
        {
            // The settings are in force if only campaigns do not fit.
            LogRejected(start.Head.Number, start.InForce == start.Head.Number ? "they are in force without the campaigns of the API" : "the file is in force alone", problem);
        }
        else if (Head.Number != InForce)
        {
            reload.RequestQuietly();
        }

        _running = RunAsync();
    }

    /// <summary>Reloads soon, and says so only if something comes of it.</summary>
    public void RequestReload() => _reload?.RequestQuietly();

    /// <summary>Puts other campaigns into force, or tries to.</summary>
    /// <param name="campaigns">Returns them by name.</param>
    /// <param name="record">Stores them; <see langword="null"/> to try only.</param>
    /// <exception cref="SettingsException">They are not valid. Nothing has changed.</exception>
    public Task ReloadAsync(Func<string> campaigns, Action? record)
    {
        var reload = _reload ?? throw NotStarted();
        return Task.Run(() => reload.Change(() => SettingsOverlay.Parse(Head.Overlay).WithCampaigns(campaigns()), record));
    }

    /// <summary>Changes the settings, in force and in the database: both or none.</summary>
    /// <param name="edit">The change.</param>
    /// <param name="author">Who changes them.</param>
    /// <param name="expected">The version that the author knows; <see langword="null"/> for any.</param>
    /// <param name="isDryRun">Whether to say only what would be changed.</param>
    /// <param name="scheduled">The scheduled change that this is.</param>
    /// <exception cref="SettingsException">They cannot be changed so. Nothing has changed.</exception>
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
        var changes = await Task.Run(() => reload.Change(() => next.WithCampaigns(campaigns = Campaigns.Compose()), isDryRun ? null : () => Add(write)));
        if (isDryRun)
        {
            return new SettingsResult(head.Number, changes);
        }

        SetInForce(head.Number + 1);
        Campaigns.SetInForce(campaigns);
        return new SettingsResult(head.Number + 1, changes);
    }

    /// <summary>Schedules a change, after a check that it could be made now.</summary>
    /// <returns>Its id, and what it would change now.</returns>
    /// <inheritdoc cref="ChangeAsync"/>
    /// <param name="edit">The change.</param>
    /// <param name="author">Who changes them.</param>
    /// <param name="at">When.</param>
    /// <param name="expected">The version that the author knows; <see langword="null"/> for any.</param>
    public async Task<(string Id, SettingsResult Result)> ScheduleAsync(SettingsEdit edit, SettingsAuthor author, DateTimeOffset at, long? expected)
    {
        var result = await ChangeAsync(edit, author, expected, isDryRun: true);
        var change = new ScheduledSettings(Guid.CreateVersion7().ToString("n"), at, database.Time.GetUtcNow(), author.Actor, author.Reason, edit.Operation, edit.Path,
            edit.Value?.ToJsonString() ?? "null", ScheduledSettings.Pending, Problem: null, Version: null);
        return await Store.ScheduleAsync(change, author.Address) ? (change.Id, result)
            : throw new SettingsException(TooManyScheduled, $"{SettingsStore.MaxPending} changes wait for their time. Cancel one.");
    }

    /// <summary>Makes the scheduled changes whose time has come. Of several engines, one makes each.</summary>
    public async Task RunDueAsync()
    {
        foreach (var change in Volatile.Read(ref _pending).Where(change => change.ApplyAt <= database.Time.GetUtcNow()))
        {
            try
            {
                await ChangeAsync(SettingsEdit.Of(change), new SettingsAuthor(change.By, change.Reason), scheduled: change.Id);
            }
            catch (SettingsException e) when (e.Code == VersionChanged)
            {
                // Another engine was first, or somebody changed another key: the next tick knows.
            }
            catch (SettingsException e)
            {
                var problem = e.Problems.Count == 0 ? e.Message : string.Join("; ", e.Problems);
                LogScheduledFailed(change.Id, problem);
                await Store.FailAsync(change.Id, problem.Length > MaxProblem ? problem[..MaxProblem] : problem);
            }
        }
    }

    /// <summary>Notes that a version is in force.</summary>
    public void SetInForce(long version)
    {
        Interlocked.Exchange(ref _inForce, version);
        Volatile.Write(ref _problem, null);
    }

    /// <summary>Notes that a version could not be put into force.</summary>
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
    }

    static SettingsException NotStarted() => new(NotReloadable, "This engine was not started from a file that it can load again, so its settings are fixed.");

    static SettingsException Changed(long version) => new(VersionChanged, $"The settings have version {version} now. Read them again, and send If-Match with their ETag.");

    // Within the reload, which blocks: nothing after it fails.
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
            // Also if a connection was lost: whether the version is there, the next poll knows.
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
                    // The next tick tries again; health says that the database does not answer.
                    LogScheduleUnread($"{e.GetType().Name}: {e.Message}");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The engine stops.
        }
    }

    [LoggerMessage(EventName = "config_overlay_rejected", Level = LogLevel.Error,
        Message = "The settings (version {Version}) or campaigns of the API do not fit the configuration file; {InForce}; change either: {Problem}")]
    partial void LogRejected(long version, string inForce, string problem);

    [LoggerMessage(EventName = "config_schedule_failed", Level = LogLevel.Error, Message = "The scheduled change {Id} of the settings could not be made: {Problem}")]
    partial void LogScheduledFailed(string id, string problem);

    [LoggerMessage(EventName = "config_schedule_unread", Level = LogLevel.Debug, Message = "Scheduled changes of the settings cannot be made now: {Problem}")]
    partial void LogScheduleUnread(string problem);
}
