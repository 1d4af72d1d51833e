using CartRecovery.Engine.Configuration;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>
/// Applies changes of campaigns and contact policy from the configuration file while the engine runs. A file with errors changes nothing;
/// the log and
/// <c>/health</c> report the errors. Other settings take effect at the next start.
/// </summary>
sealed partial class CampaignReload : IDisposable
{
    static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    readonly EngineHost _host;
    readonly string _path;
    readonly Func<string, ConfigResult> _load;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly ITimer _timer;
    DateTime _seen;
    int _looking;

    /// <param name="host">The engine.</param>
    /// <param name="path">The file.</param>
    /// <param name="load">Loads the file.</param>
    /// <param name="time">The clock for polling.</param>
    /// <param name="log">Receives the outcome of each reload.</param>
    public CampaignReload(EngineHost host, string path, Func<string, ConfigResult> load, TimeProvider time, ILogger log)
    {
        (_host, _path, _load, _time, _log) = (host, path, load, time, log);
        _seen = File.GetLastWriteTimeUtc(path);
        _timer = time.CreateTimer(_ => Look(), state: null, s_look, s_look);
    }

    /// <summary>Why the changed file was not applied; <see langword="null"/> if it was.</summary>
    public string? Problem { get; private set; }

    /// <summary>The number of reloads applied.</summary>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    void Look()
    {
        if (Interlocked.Exchange(ref _looking, 1) == 1)
        {
            return;
        }

        // Read only once the last write is half a polling interval old, because its writer may not have finished.
        var written = File.GetLastWriteTimeUtc(_path);
        if (written != _seen && _time.GetUtcNow().UtcDateTime - written > s_look / 2)
        {
            _seen = written;
            Load();
        }

        Volatile.Write(ref _looking, 0);
    }

    void Load()
    {
        var result = _load(_path);
        var problems = result.Config is { } config ? UnknownChannelsIn(config) : [.. result.Problems.Select(p => p.ToString())];
        Problem = problems.Count == 0 ? null : string.Join("; ", problems);
        if (Problem is not null)
        {
            LogRejected(Problem);
            return;
        }

        _host.ApplyCampaigns(result.Config!.Decisions, result.Config.Contact);
        Count++;
        LogTaken(result.Config.Decisions.Campaigns.Count);
    }

    // Sinks are created at the start, so a campaign cannot use a new one.
    List<string> UnknownChannelsIn(CartRecoveryConfig config) =>
    [
        .. config.Decisions.Campaigns.SelectMany(c => c.Variants.SelectMany(v => v.Steps).Concat(c.Variants.Count > 0 ? [] : c.StepsOrSingle),
                (campaign, step) => (campaign.Name, step.Channel))
            .Where(use => use.Channel != "socket" && !_host.Config.Sinks.ContainsKey(use.Channel)).Distinct()
            .Select(use => $"campaign '{use.Name}' sends to '{use.Channel}', a new sink; restart the engine to use it"),
    ];

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Configuration reloaded: {Campaigns} campaigns and the contact policy are in force")]
    partial void LogTaken(int campaigns);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Configuration reload failed; the previous campaigns and contact policy stay in force: {Problems}")]
    partial void LogRejected(string problems);
}
