using System.Globalization;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Escalation;
using CartRecovery.Engine.Monitoring.Incidents;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Silences;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>
/// Takes alerts from rules and from other programs, keeps who acknowledged and resolved them, and sends notices as the routes say. All of
/// it is durable. Thread-safe.
/// </summary>
public sealed class AlertManager : IAsyncDisposable
{
    /// <summary>The name of the alert that announces the end of a silence.</summary>
    public const string SilenceEnds = "SilenceEndsSoon";

    // All alerts are looked at for each.
    const long EscalationInterval = 5000;

    static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);
    static readonly long s_upkeep = (long)TimeSpan.FromHours(1).TotalMilliseconds;

    readonly Lock _gate = new();
    readonly TimeProvider _time;
    readonly AlertManagerOptions _options;
    readonly NoticeDatabase _database;
    readonly NoticeLedger _ledger;
    readonly SilenceStore _silences;
    readonly AlertLog _log;
    readonly IncidentStore _incidents;
    NoticeDispatcher _dispatcher;
    Escalator _escalator;
    NoticeSender _sender;
    ITimer? _timer;
    long _nextUpkeep, _nextEscalation;
    int _isTicking;
    string? _failure;

    /// <summary>Opens the manager's state and takes up the alerts that fired before.</summary>
    /// <param name="database">The database; the manager disposes it.</param>
    /// <param name="config">Routes, receivers and inhibition.</param>
    /// <param name="channels">The channels of the receivers by the keys of their integrations; the manager disposes them.</param>
    /// <param name="time">The clock.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="onCall">Schedules and escalations; null for none.</param>
    /// <exception cref="IOException">The database cannot be read.</exception>
    public AlertManager(
        NoticeDatabase database, AlertmanagerConfig config, IReadOnlyDictionary<string, INoticeChannel> channels, TimeProvider time, AlertManagerOptions? options = null,
        OnCallConfig? onCall = null)
    {
        (_database, _time, _options) = (database, time, options ?? new AlertManagerOptions());
        (_ledger, _silences, _log) = (new NoticeLedger(database), new SilenceStore(database), new AlertLog(database, Now));
        _incidents = new IncidentStore(database, _log.Active);
        _log.OnChange = _incidents.Follow;
        (_dispatcher, _sender) = Create(config, channels);
        _escalator = new Escalator(onCall ?? OnCallConfig.None, config.Receivers, _ledger, _options.AcknowledgeUrl);
    }

    /// <summary>The routes, receivers and inhibition in force.</summary>
    public AlertmanagerConfig Config => _dispatcher.Config;

    /// <summary>How many notices ended how, by kind of integration.</summary>
    public IReadOnlyDictionary<(string Kind, string Outcome), long> Counts => _sender.Counts;

    /// <summary>Why the last notice of an integration failed, by the integration's key.</summary>
    public IReadOnlyDictionary<string, string> Problems => _sender.Problems;

    /// <summary>Why the database cannot be written; null if it can.</summary>
    public string? Problem { get; private set; }

    /// <summary>How many alerts were not taken because there were too many.</summary>
    public long Dropped => _dispatcher.Dropped + _log.Dropped;

    /// <summary>How many alerts fire.</summary>
    public int Firing => Read((log, _, _) => log.Active.Count);

    /// <summary>Receives each notice that was not delivered, and why.</summary>
    public Action<Notice, string>? OnFailed { get; set; }

    long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Starts to send what is due, each second.</summary>
    public void Start() => _timer = _time.CreateTimer(_ => TickOnce(), null, s_tick, s_tick);

    /// <summary>Puts other routes and receivers in force. What was said before stays known; tries under way are ended, and the former channels disposed.</summary>
    /// <param name="config">Routes, receivers and inhibition.</param>
    /// <param name="channels">The channels of the receivers by the keys of their integrations; the manager disposes them.</param>
    /// <param name="onCall">Schedules and escalations; null for none.</param>
    public async Task ApplyAsync(AlertmanagerConfig config, IReadOnlyDictionary<string, INoticeChannel> channels, OnCallConfig? onCall = null)
    {
        NoticeSender former;
        lock (_gate)
        {
            former = _sender;
            (_dispatcher, _sender) = Create(config, channels);
            _escalator = new Escalator(onCall ?? OnCallConfig.None, config.Receivers, _ledger, _options.AcknowledgeUrl);
        }

        await former.DisposeAsync();
    }

    /// <summary>Takes alerts.</summary>
    /// <exception cref="IOException">The database cannot be written; the alerts are sent all the same.</exception>
    public void Take(IReadOnlyList<AlertMessage> messages)
    {
        var now = Now;
        lock (_gate)
        {
            var passed = messages;
            try
            {
                passed = _log.Take(messages, now);
            }
            finally
            {
                Dispatch(passed, now);
            }
        }
    }

    /// <summary>Sends what is due now. The timer calls it each second; a test calls it instead of starting it.</summary>
    public void Tick()
    {
        var now = Now;
        IReadOnlyList<Notice> due = [];
        lock (_gate)
        {
            // Each on its own: a full disk must not keep notices back.
            Guard(() => due = _dispatcher.TakeDue(now));
            _failure ??= _dispatcher.Failure?.Message;
            if (now >= _nextEscalation)
            {
                _nextEscalation = now + EscalationInterval;
                due = [.. due, .. _escalator.TakeDue(_log.Active, labels => _silences.IsSilenced(labels, now) || _dispatcher.InhibitorOf(labels, now) is not null, now)];
            }

            Guard(() => _log.Expire(now));
            Guard(() =>
            {
                foreach (var silence in _silences.TakeEnding(now, (long)_options.SilenceWarning.TotalMilliseconds))
                {
                    Announce(silence, now);
                }
            });
            if (now >= _nextUpkeep)
            {
                Guard(() => Prune(now));
            }

            (Problem, _failure) = (_failure, null);
        }

        foreach (var notice in due)
        {
            _sender.TrySend(notice);
        }
    }

    /// <summary>Reads the state under the lock. The function must be quick, and keep no reference to what is not immutable.</summary>
    public T Read<T>(Func<AlertLog, SilenceStore, NoticeDispatcher, T> read)
    {
        lock (_gate)
        {
            return read(_log, _silences, _dispatcher);
        }
    }

    /// <summary>Reads or changes incidents under the lock.</summary>
    public T WithIncidents<T>(Func<IncidentStore, T> use)
    {
        lock (_gate)
        {
            return use(_incidents);
        }
    }

    /// <summary>Acknowledges an alert that fires.</summary>
    /// <returns>The alert; null if it does not fire.</returns>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public AlertOccurrence? Acknowledge(string id, string who, string? note)
    {
        lock (_gate)
        {
            return _log.Acknowledge(id, who, note, Now);
        }
    }

    /// <summary>Resolves an alert that fires, and has its end sent. While its rule still returns it, it stays quiet.</summary>
    /// <returns>The alert; null if it does not fire.</returns>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public AlertOccurrence? Resolve(string id, string who, string? note)
    {
        var now = Now;
        lock (_gate)
        {
            var alert = _log.Resolve(id, who, note, now);
            if (alert is not null)
            {
                _dispatcher.Take(MessageOf(alert) with { IsResolved = true, EndsAt = now }, now);
            }

            return alert;
        }
    }

    /// <summary>Creates or changes a silence.</summary>
    /// <exception cref="SilenceException">It is invalid.</exception>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public Silence SetSilence(Silence silence)
    {
        lock (_gate)
        {
            return _silences.Set(silence, Now);
        }
    }

    /// <summary>Ends a silence.</summary>
    /// <returns>The silence; null if there is none that has not ended.</returns>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public Silence? ExpireSilence(string id)
    {
        lock (_gate)
        {
            return _silences.Expire(id, Now);
        }
    }

    /// <summary>Waits until no notice is under way.</summary>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public Task DrainAsync(CancellationToken cancellationToken) => _sender.DrainAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_timer is not null)
        {
            await _timer.DisposeAsync();
        }

        await _sender.DisposeAsync();
        lock (_gate)
        {
            _database.Dispose();
        }
    }

    (NoticeDispatcher Dispatcher, NoticeSender Sender) Create(AlertmanagerConfig config, IReadOnlyDictionary<string, INoticeChannel> channels)
    {
        var now = Now;
        var dispatcher = new NoticeDispatcher(config, _ledger, _silences.IsSilenced, _log.IsAcknowledged);
        foreach (var alert in _log.Active)
        {
            dispatcher.Take(MessageOf(alert), now);
        }

        return (dispatcher, new NoticeSender(channels, _time, _options.Sending) { OnDelivered = Confirm, OnFailed = (notice, reason) => OnFailed?.Invoke(notice, reason) });
    }

    void Dispatch(IReadOnlyList<AlertMessage> messages, long now)
    {
        foreach (var message in messages)
        {
            _dispatcher.Take(message, now);
        }
    }

    void Confirm(Notice notice)
    {
        lock (_gate)
        {
            Guard(() => _dispatcher.Confirm(notice, Now));
        }
    }

    // A tick that takes longer than a second is not run twice at once.
    void TickOnce()
    {
        if (Interlocked.Exchange(ref _isTicking, 1) == 1)
        {
            return;
        }

        try
        {
            Tick();
        }
#pragma warning disable CA1031 // A timer's exception would end the process. The next second tries again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Problem = $"{e.GetType().Name}: {e.Message}";
        }
        finally
        {
            Volatile.Write(ref _isTicking, 0);
        }
    }

    void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (IOException e)
        {
            _failure = e.Message;
        }
    }

    void Prune(long now)
    {
        _nextUpkeep = now + s_upkeep;
        var before = now - (long)_options.Retention.TotalMilliseconds;
        _log.Prune(before, _options.MaxHistory);
        _silences.Prune(before);
        _incidents.Prune(before);
        _ledger.Expire(before);
    }

    void Announce(Silence silence, long now)
    {
        var hidden = _log.Active.Count(alert => silence.Matches(alert.Labels));
        var labels = SeriesLabels.Of([new("alertname", SilenceEnds), new("silence", silence.Id), new("severity", "info"), new("created_by", silence.CreatedBy)]);
        var end = DateTimeOffset.FromUnixTimeMilliseconds(silence.EndsAt).UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        var annotations = SeriesLabels.Of([new("summary", $"The silence {NoticeMatchers.Format(silence.Matchers)} of {silence.CreatedBy} ends at {end} UTC and hides {hidden} alerts that fire"),
            new("description", silence.Comment)]);
        AlertMessage message = new(labels, annotations, now, silence.EndsAt, false, "");
        Dispatch(_log.Take([message], now), now);
    }

    static AlertMessage MessageOf(AlertOccurrence alert) =>
        new(alert.Labels, alert.Annotations, alert.StartedAt, alert.EndsAt, false, alert.GeneratorUrl) { Value = alert.Value, Rule = alert.Rule };
}
