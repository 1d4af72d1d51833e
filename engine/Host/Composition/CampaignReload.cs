using CartRecovery.Engine.Configuration;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>
/// Takes campaigns and the contact policy over from the configuration's file when it changes, while the engine runs. A file with a mistake changes
/// nothing, and the log and <c>/health</c> say what is wrong with it. Everything else in the file counts at the next start.
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
    /// <param name="load">Loads it.</param>
    /// <param name="time">How often it is looked at.</param>
    /// <param name="log">Says what came of it.</param>
    public CampaignReload(EngineHost host, string path, Func<string, ConfigResult> load, TimeProvider time, ILogger log)
    {
        (_host, _path, _load, _time, _log) = (host, path, load, time, log);
        _seen = File.GetLastWriteTimeUtc(path);
        _timer = time.CreateTimer(_ => Look(), state: null, s_look, s_look);
    }

    /// <summary>Why the file as it is now does not count; <see langword="null"/> while it does.</summary>
    public string? Problem { get; private set; }

    /// <summary>How often new campaigns were taken.</summary>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    void Look()
    {
        if (Interlocked.Exchange(ref _looking, 1) == 1)
        {
            return;
        }

        // Taken only when it has not changed for a moment: whoever writes it may not be done.
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
        var problems = result.Config is { } config ? StrangersIn(config) : [.. result.Problems.Select(p => p.ToString())];
        Problem = problems.Count == 0 ? null : string.Join("; ", problems);
        if (Problem is not null)
        {
            LogRefused(Problem);
            return;
        }

        _host.Use(result.Config!.Decisions, result.Config.Contact);
        Count++;
        LogTaken(result.Config.Decisions.Campaigns.Count);
    }

    // A sink is made at the start, so a campaign cannot send to one that is new.
    List<string> StrangersIn(CartRecoveryConfig config) =>
    [
        .. config.Decisions.Campaigns.SelectMany(c => c.Variants.SelectMany(v => v.Steps).Concat(c.Variants.Count > 0 ? [] : c.StepsOrSingle),
                (campaign, step) => (campaign.Name, step.Channel))
            .Where(use => use.Channel != "socket" && !_host.Config.Sinks.ContainsKey(use.Channel)).Distinct()
            .Select(use => $"campaign '{use.Name}' sends to '{use.Channel}', a sink that is new: start the engine again for it"),
    ];

    [LoggerMessage(Level = LogLevel.Information, Message = "The configuration changed: {Campaigns} campaigns and the contact policy are in force")]
    partial void LogTaken(int campaigns);

    [LoggerMessage(Level = LogLevel.Error, Message = "The configuration changed and is not used, what was in force still is: {Problems}")]
    partial void LogRefused(string problems);
}
