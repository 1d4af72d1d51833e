using System.Text.Json;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Host.Settings;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>
/// Reloads the configuration when its file or the file of exchange rates changes, or on request. A file with errors changes nothing; the
/// log and <c>/health</c> report them. Keys that require a restart keep their values; the log and <c>/health</c> name them.
/// </summary>
sealed partial class ConfigReload : ISettingsReload
{
    // Maximum number of changed keys in an audit entry.
    const int MaxRecorded = 20;

    // Maximum length of the entry's other details.
    const int Frame = 100;

    static readonly TimeSpan s_pollInterval = TimeSpan.FromSeconds(1);

    readonly EngineHost _host;
    readonly string _path;
    readonly Func<string, SettingsOverlay, (CartRecoveryConfig? Config, IReadOnlyList<ConfigProblem> Problems)> _load;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly ITimer _timer;
    (DateTime Config, DateTime Rates) _seen;
    readonly Lock _gate = new();

    // Held while a configuration is loaded and applied.
    readonly Lock _loading = new();
    Task _running = Task.CompletedTask;
    bool _isRequested;
    long _refreshed;
    volatile bool _isRefresh;
    bool _isStopped;

    /// <param name="host">The engine.</param>
    /// <param name="path">The configuration file.</param>
    /// <param name="load">Loads the file with the overlay of the settings API, and checks it and everything it refers to.</param>
    /// <param name="time">The clock for polling.</param>
    /// <param name="log">Receives the outcome of each reload.</param>
    public ConfigReload(
        EngineHost host, string path, Func<string, SettingsOverlay, (CartRecoveryConfig? Config, IReadOnlyList<ConfigProblem> Problems)> load, TimeProvider time,
        ILogger log)
    {
        (_host, _path, _load, _time, _log) = (host, path, load, time, log);
        _seen = Written();
        _refreshed = time.GetTimestamp();
        _timer = time.CreateTimer(_ => Poll(), state: null, s_pollInterval, s_pollInterval);
    }

    /// <summary>Why the last reload was rejected; <see langword="null"/> if it was applied.</summary>
    public string? Problem { get; private set; }

    /// <summary>The changed keys that require a restart.</summary>
    public IReadOnlyList<string> NeedsRestart { get; private set; } = [];

    /// <summary>
    /// Requests a reload on another thread, even if the file is unchanged: a file that it refers to may have changed. Requests during a
    /// reload cause one more.
    /// </summary>
    public void Request()
    {
        lock (_gate)
        {
            if (_isStopped || _isRequested)
            {
                return;
            }

            _isRequested = true;
            if (_running.IsCompleted)
            {
                _running = Task.Run(Run);
            }
        }
    }

    /// <inheritdoc/>
    public void RequestQuietly()
    {
        _isRefresh = true;
        Request();
    }

    /// <inheritdoc/>
    public IReadOnlyList<SettingsChange> Change(Func<SettingsOverlay> overlay, Action? record)
    {
        lock (_loading)
        {
            var config = Load(overlay);
            var before = SettingsView.Of(_host.Config, Commands.ConfigFile.Catalog);
            try
            {
                if (record is null)
                {
                    _host.Try(config);
                }
                else
                {
                    (var applied, NeedsRestart) = _host.Apply(config, record);
                    Problem = null;
                    LogChanged(Names(applied));
                }
            }
            catch (Exception e) when (e is not (SettingsException or Engine.ControlPlane.Database.ControlDatabaseException or Engine.ControlPlane.ControlRefusalException))
            {
                throw new SettingsException(SettingsException.Invalid, $"The settings cannot be applied: {e.Message}");
            }

            return SettingsChange.Between(before, SettingsView.Of(config, Commands.ConfigFile.Catalog));
        }
    }

    /// <inheritdoc/>
    public CartRecoveryConfig Load(Func<SettingsOverlay> overlay)
    {
        lock (_loading)
        {
            var (config, problems) = _load(_path, overlay());
            return config ?? throw new SettingsException(problems.Select(problem => problem.Code).FirstOrDefault(code => code is not null) ?? SettingsException.Invalid, problems[0].ToString())
            {
                Problems = [.. problems.Select(problem => problem.ToString())],
            };
        }
    }

    /// <summary>Stops reloading, and waits for a running reload.</summary>
    /// <param name="deadline">Maximum wait.</param>
    public async Task StopAsync(TimeSpan deadline)
    {
        _timer.Dispose();
        Task running;
        lock (_gate)
        {
            (_isStopped, _isRequested) = (true, false);
            running = _running;
        }

        await running.WaitAsync(deadline, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Waits until the last write is half a polling interval old: the writer may not have finished.
    void Poll()
    {
        var written = Written();
        var latest = written.Config > written.Rates ? written.Config : written.Rates;
        if (written != _seen && _time.GetUtcNow().UtcDateTime - latest > s_pollInterval / 2)
        {
            _seen = written;
            Request();
        }
        else if (_host.Config.Secrets.Refresh is { } interval && _time.GetElapsedTime(_refreshed) >= interval.Value)
        {
            // Secrets may have changed where they are stored. Logs only if the reload changes anything: nobody requested it.
            _refreshed = _time.GetTimestamp();
            _isRefresh = true;
            Request();
        }
    }

    // The file of exchange rates may appear or disappear independently.
    (DateTime Config, DateTime Rates) Written() => (File.GetLastWriteTimeUtc(_path),
        _host.Config.Decisions.ExchangeRatesFile is { } rates ? File.GetLastWriteTimeUtc(Path.Combine(_host.Config.Folder, rates)) : default);

    void Run()
    {
        while (TryBegin())
        {
            lock (_loading)
            {
                Load();
            }
        }
    }

    bool TryBegin()
    {
        lock (_gate)
        {
            var isRequested = _isRequested;
            _isRequested = false;
            if (!isRequested)
            {
                // A later request must start another task, although this one has not returned yet.
                _running = Task.CompletedTask;
            }

            return isRequested;
        }
    }

    void Load()
    {
        var (isRefresh, former) = (_isRefresh, Problem);
        _isRefresh = false;
        IReadOnlyList<string> problems, applied = [];
        var (settings, campaigns) = (_host.Settings.Head, _host.Campaigns.Compose());
        try
        {
            _seen = Written();
            var overlay = SettingsOverlay.Parse(settings.Overlay);
            var fit = CampaignFit.Load(campaigns, some => _load(_path, overlay.WithCampaigns(some)));
            problems = [.. fit.Problems.Select(problem => problem.ToString())];
            if (fit.Config is { } config)
            {
                (applied, NeedsRestart) = _host.Apply(config);
                _host.Settings.SetInForce(settings.Number);
                _host.Settings.Report(fit.Unfit.Where(unfit => !_host.Campaigns.Unfit.ContainsKey(unfit.Key)));
                _host.Campaigns.SetInForce(campaigns, fit.Unfit);
            }
        }
#pragma warning disable CA1031 // Any exception, also of a sink's factory: the engine continues with the configuration in force.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (Volatile.Read(ref _isStopped))
            {
                return;
            }

            problems = [e.Message];
        }

        Problem = problems.Count == 0 ? null : string.Join("; ", problems);
        if (Problem is not null)
        {
            _host.Settings.SetProblem(settings.Number, Problem);
        }

        if (isRefresh && applied.Count == 0 && Problem == former)
        {
            return;
        }

        Record(applied);
        if (Problem is not null)
        {
            LogRejected(_path, Problem);
        }
        else if (NeedsRestart.Count > 0)
        {
            LogPartlyApplied(_path, Names(applied), Names(NeedsRestart));
        }
        else
        {
            LogApplied(_path, Names(applied));
        }
    }

    void Record(IReadOnlyList<string> applied)
    {
        var (outcome, keys) = Problem is null ? ("applied", NamesOf(applied)) : ("rejected", "");
        _ = _host.Audit.RecordDoneAsync(new AuditEvent(AuditEvent.Engine, "config.reload", "",
            Details: $$"""{"outcome":"{{outcome}}","changed":{{applied.Count}},"keys":"{{JsonEncodedText.Encode(keys)}}"}"""));
    }

    /// <summary>Returns as many of the first keys as fit into an audit entry.</summary>
    internal static string NamesOf(IReadOnlyList<string> paths)
    {
        var names = "";
        foreach (var path in paths.Take(MaxRecorded))
        {
            var longer = names.Length == 0 ? path : $"{names}, {path}";
            if (JsonEncodedText.Encode(longer).EncodedUtf8Bytes.Length > AuditLog.MaxDetails - Frame)
            {
                break;
            }

            names = longer;
        }

        return names;
    }

    static string Names(IReadOnlyList<string> paths) => paths.Count == 0 ? "none" : string.Join(", ", paths);

    [LoggerMessage(EventName = "configuration_reloaded", Level = LogLevel.Information, Message = "Reloaded {Path}. Applied: {Applied}")]
    partial void LogApplied(string path, string applied);

    [LoggerMessage(EventName = "settings_changed", Level = LogLevel.Information, Message = "Changed settings. Applied: {Applied}")]
    partial void LogChanged(string applied);

    [LoggerMessage(EventName = "configuration_needs_restart", Level = LogLevel.Warning,
        Message = "Reloaded {Path}. Applied: {Applied}. Restart required: {Restart}")]
    partial void LogPartlyApplied(string path, string applied, string restart);

    [LoggerMessage(EventName = "configuration_rejected", Level = LogLevel.Error,
        Message = "Rejected {Path}; the running configuration is unchanged: {Problems}")]
    partial void LogRejected(string path, string problems);
}
