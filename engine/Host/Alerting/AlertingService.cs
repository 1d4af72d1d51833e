using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Escalation;
using CartRecovery.Engine.Monitoring.Forwarding;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Host.Data;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Alerting;

/// <summary>
/// Alerting in the engine: evaluates the rules of the files and of the API over the metric history, and sends notices. Changed files are read
/// again within 15 seconds; one with mistakes changes nothing.
/// </summary>
sealed partial class AlertingService : IAsyncDisposable
{
    static readonly TimeSpan s_look = TimeSpan.FromSeconds(15);

    readonly AlertFiles _files;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly Lock _gate = new();
    IReadOnlyList<RuleSource> _fileRules = [];
    ITimer? _timer;
    string _stamp = "";
    volatile string? _fileProblem;
    bool _isDisposed;

    /// <summary>Opens the state and reads the files. Mistakes in them are logged and shown by <see cref="Problem"/>: the engine starts all the same.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="files">Where the state is kept.</param>
    /// <param name="source">The series that rules query.</param>
    /// <param name="sink">Takes the series that rules produce.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    /// <param name="secret">Signs links.</param>
    /// <exception cref="IOException">The state cannot be read.</exception>
    public AlertingService(CartRecoveryConfig config, FolderFiles files, ISeriesSource source, ISeriesSink sink, TimeProvider time, ILogger log, byte[] secret)
    {
        (_files, _time, _log) = (new AlertFiles(config, time), time, log);
        Queries = new PromQlEngine(source, new PromQlOptions { Timeout = TimeSpan.FromSeconds(30), MaxSamples = config.Monitoring.Query.MaxSamples }, time);
        Managed = new ManagedRuleStore(files.Notices);
        List<ConfigProblem> problems = [];
        _stamp = _files.Stamp();
        _fileRules = _files.ReadRules(problems);
        var routing = _files.ReadRouting(problems);
        var routes = routing?.Config ?? AlertFiles.None;
        Links = new AcknowledgeLinks(secret, _files.ExternalUrl);
        Alerts = new AlertManager(new NoticeDatabase(files.Notices), routes, routing?.Channels ?? new Dictionary<string, INoticeChannel>(), time,
            new AlertManagerOptions { AcknowledgeUrl = Links.Of }, routing is null ? null : _files.ReadOnCall(routes, problems))
        {
            OnFailed = (notice, reason) => LogNoticeFailed(notice.Integration.Key, reason),
        };
        Forwarder = _files.CreateForwarder(problems);
        Rules = new RuleManager(Queries, sink, new AlertStore(files.Alerts), new AlertingOptions { ExternalUrl = _files.ExternalUrl }, time, Send)
        {
            OnFailure = e => LogRulesFailed($"{e.GetType().Name}: {e.Message}"),
        };
        Report(problems);
        ApplyRules();
    }

    /// <summary>Evaluates queries over the history.</summary>
    public PromQlEngine Queries { get; }

    /// <summary>The links by which people acknowledge alerts.</summary>
    public AcknowledgeLinks Links { get; }

    /// <summary>Takes alerts and sends notices.</summary>
    public AlertManager Alerts { get; }

    /// <summary>Sends the alerts of the rules to Alertmanagers.</summary>
    public AlertForwarder Forwarder { get; }

    /// <summary>Evaluates the rules.</summary>
    public RuleManager Rules { get; }

    /// <summary>The rules of the API.</summary>
    public ManagedRuleStore Managed { get; }

    /// <summary>When the service was created.</summary>
    public DateTimeOffset StartedAt { get; } = TimeProvider.System.GetUtcNow();

    /// <summary>What is wrong; null if nothing is.</summary>
    public string? Problem => _fileProblem ?? Rules.Problem ?? Alerts.Problem
        ?? (Alerts.Problems.FirstOrDefault() is { Key: { } key } failed ? $"notices to {key} are not delivered: {failed.Value}" : Forwarder.Problem);

    /// <summary>Starts to evaluate, to send, and to look for changes of the files.</summary>
    public void Start()
    {
        Rules.Start();
        Alerts.Start();
        _timer = _time.CreateTimer(_ => TryLook(), null, s_look, s_look);
    }

    /// <summary>Puts the rules of the files and of the API in force.</summary>
    public void ApplyRules()
    {
        lock (_gate)
        {
            Rules.Apply([.. _fileRules, .. Managed.All.Select(RuleDocument.Read).OfType<RuleSource>()]);
        }
    }

    /// <summary>Reads the files again if they have changed.</summary>
    public void Look()
    {
        lock (_gate)
        {
            var stamp = _files.Stamp();
            if (_isDisposed || stamp == _stamp)
            {
                return;
            }

            _stamp = stamp;
            List<ConfigProblem> problems = [];
            var rules = _files.ReadRules(problems);
            var routing = _files.ReadRouting(problems);
            var onCall = routing is null ? OnCallConfig.None : _files.ReadOnCall(routing.Value.Config, problems);
            Report(problems);
            if (problems.Count > 0 || routing is not { } read)
            {
                return;
            }

            _fileRules = rules;
            _ = Alerts.ApplyAsync(read.Config, read.Channels, onCall);
        }

        ApplyRules();
        LogReloaded();
    }

    void TryLook()
    {
        try
        {
            Look();
        }
#pragma warning disable CA1031 // A timer's exception would end the process. The next look tries again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _fileProblem = $"the files of alerts cannot be read: {e.Message}";
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        if (_timer is not null)
        {
            await _timer.DisposeAsync();
        }

        Rules.Dispose();
        await Forwarder.DisposeAsync();
        await Alerts.DisposeAsync();
        Managed.Dispose();
    }

    void Send(IReadOnlyList<AlertMessage> alerts)
    {
        Forwarder.Send(alerts);
        Alerts.Take(alerts);
    }

    void Report(List<ConfigProblem> problems)
    {
        _fileProblem = problems.Count == 0 ? null : $"{problems[0]}{(problems.Count == 1 ? "" : $" and {problems.Count - 1} more")}";
        foreach (var problem in problems.Take(20))
        {
            LogFileRejected(problem.ToString());
        }
    }

    [LoggerMessage(EventName = "alert_file_rejected", Level = LogLevel.Error, Message = "Alerts: {Problem}")]
    partial void LogFileRejected(string problem);

    [LoggerMessage(EventName = "alert_files_reloaded", Level = LogLevel.Information, Message = "Alerts: the rule files and the routes were read again")]
    partial void LogReloaded();

    [LoggerMessage(EventName = "alert_notice_failed", Level = LogLevel.Warning, Message = "A notice to {Integration} was not delivered, and is tried again after group_interval: {Problem}")]
    partial void LogNoticeFailed(string integration, string problem);

    [LoggerMessage(EventName = "alert_rules_failed", Level = LogLevel.Error, Message = "The rules could not be evaluated; the next evaluation follows on their interval: {Problem}")]
    partial void LogRulesFailed(string problem);
}
