using System.Security.Cryptography;
using System.Text.Json;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Escalation;
using CartRecovery.Engine.Monitoring.Forwarding;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Receivers;
using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Host.Composition;

namespace CartRecovery.Host.Alerting;

/// <summary>Reads the rule files and the routing file that the configuration names.</summary>
/// <param name="config">The configuration.</param>
/// <param name="time">The clock of the channels.</param>
sealed class AlertFiles(CartRecoveryConfig config, TimeProvider time)
{
    /// <summary>The label that names the receivers of a rule of the API, separated by commas.</summary>
    public const string ChannelsLabel = "notification_channels";

    const string BuiltIn = "monitoring.alerts";

    IReadOnlyList<string> _templates = [];

    /// <summary>The absolute paths of the rule files.</summary>
    public IReadOnlyList<string> RulePaths => [.. config.Monitoring.Alerts.Rules.Select(PathOf)];

    /// <summary>The absolute path of the routing file; null if there is none.</summary>
    public string? RoutingPath => config.Monitoring.Alerts.Routing is { } routing ? PathOf(routing) : null;

    /// <summary>The absolute path of the file of schedules; null if there is none.</summary>
    public string? OnCallPath => config.Monitoring.Alerts.OnCall is { } file ? PathOf(file) : null;

    /// <summary>The address of this engine for links; empty if it is not configured.</summary>
    public string ExternalUrl => config.Monitoring.Alerts.ExternalUrl?.TrimEnd('/') ?? "";

    /// <summary>Says when any of the files has changed: differs from what it was before.</summary>
    public string Stamp() => string.Join('\n', RulePaths.Append(RoutingPath ?? "").Append(OnCallPath ?? "").Concat(_templates).Where(path => path.Length > 0).Select(path =>
        new FileInfo(path) is { Exists: true } file ? $"{file.LastWriteTimeUtc.Ticks} {file.Length}"
            : new DirectoryInfo(path) is { Exists: true } folder ? $"{folder.LastWriteTimeUtc.Ticks}" : "missing"));

    /// <summary>Reads the rule files.</summary>
    /// <param name="problems">Receives the problems of all files.</param>
    /// <returns>The files without problems.</returns>
    public IReadOnlyList<RuleSource> ReadRules(List<ConfigProblem> problems)
    {
        List<RuleSource> sources = [];
        foreach (var path in RulePaths)
        {
            var file = RuleFileReader.Load(path);
            problems.AddRange(file.Problems);
            if (file.Problems.Count > 0)
            {
                continue;
            }

            try
            {
                sources.Add(new RuleSource(path, File.ReadAllText(path), [.. file.Groups.Select(WithoutDisabled)]));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problems.Add(config.Origin.ProblemOf(config.Monitoring.Alerts, "rules", $"monitoring.alerts.rules: {path} cannot be read: {e.Message}"));
            }
        }

        // Of files that cannot be read, the names are not known.
        var known = sources.SelectMany(source => source.Groups).SelectMany(group => group.Rules).OfType<AlertRule>().Select(rule => rule.Name).ToHashSet(StringComparer.Ordinal);
        problems.AddRange(config.Monitoring.Alerts.Disabled.Where(name => sources.Count == RulePaths.Count && !known.Contains(name))
            .Select(name => config.Origin.ProblemOf(config.Monitoring.Alerts, "disabled", $"monitoring.alerts.disabled: there is no alert \"{name}\" in the files of monitoring.alerts.rules")));
        return sources;
    }

    /// <summary>Reads the routes and makes the channels of their receivers.</summary>
    /// <param name="problems">Receives the problems of the file.</param>
    /// <returns>Null if there are problems.</returns>
    public (AlertmanagerConfig Config, IReadOnlyDictionary<string, INoticeChannel> Channels)? ReadRouting(List<ConfigProblem> problems)
    {
        var path = RoutingPath ?? BuiltIn;
        string text;
        try
        {
            text = RoutingPath is null ? Default() : File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(config.Origin.ProblemOf(config.Monitoring.Alerts, "routing", $"monitoring.alerts.routing: {path} cannot be read: {e.Message}"));
            return null;
        }

        var file = AlertmanagerConfigReader.Parse(text, path);
        problems.AddRange(file.Problems);
        _templates = file.TemplatePaths;
        if (file.Config is null)
        {
            return null;
        }

        var channels = new NoticeChannels(Sinks(), ExternalUrl, time).Create(file.Config, path, out var broken);
        problems.AddRange(broken);
        return broken.Count > 0 ? null : (WithChannels(file.Config), channels);
    }

    /// <summary>Reads who is on call.</summary>
    /// <param name="routing">The receivers that the file may name.</param>
    /// <param name="problems">Receives the problems of the file.</param>
    /// <returns>Nobody if there are problems.</returns>
    public OnCallConfig ReadOnCall(AlertmanagerConfig routing, List<ConfigProblem> problems)
    {
        if (OnCallPath is not { } path)
        {
            return OnCallConfig.None;
        }

        try
        {
            var file = OnCallFileReader.Parse(File.ReadAllText(path), path, [.. routing.Receivers.Keys]);
            problems.AddRange(file.Problems);
            return file.Config ?? OnCallConfig.None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(config.Origin.ProblemOf(config.Monitoring.Alerts, "onCall", $"monitoring.alerts.onCall: {path} cannot be read: {e.Message}"));
            return OnCallConfig.None;
        }
    }

    /// <summary>Creates the clients of the Alertmanagers.</summary>
    /// <param name="problems">Receives the problem of a certificate; there are no clients then.</param>
    public AlertForwarder CreateForwarder(List<ConfigProblem> problems)
    {
        try
        {
            return new AlertForwarder(config.Monitoring.Alerts.Alertmanagers, config.Folder, time);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            problems.Add(config.Origin.ProblemOfKey(config.Monitoring.Alerts, "alertmanagers", $"monitoring.alerts.alertmanagers: a certificate cannot be read: {e.Message}"));
            return new AlertForwarder([], config.Folder, time);
        }
    }

    /// <summary>Routes and receivers that send nothing, for an engine whose routing file cannot be used.</summary>
    public static AlertmanagerConfig None { get; } = AlertmanagerConfigReader.Parse("{route: {receiver: none}, receivers: [{name: none}]}", BuiltIn).Config!;

    RuleGroup WithoutDisabled(RuleGroup group) => config.Monitoring.Alerts.Disabled.Count == 0 ? group : group with
    {
        Rules = [.. group.Rules.Select(rule => rule is AlertRule alert && config.Monitoring.Alerts.Disabled.Contains(alert.Name) ? alert with { Enabled = false } : rule)],
    };

    string PathOf(string path) => Path.GetFullPath(path, config.Folder);

    // JSON is YAML.
    string Default() => config.Control.Notices is not { } notices ? "{route: {receiver: default}, receivers: [{name: default}]}"
        : $$"""
        route: {receiver: default, group_by: [alertname]}
        receivers:
        - name: default
          sink_configs:
          - {sink: "{{JsonEncodedText.Encode(notices.Sink)}}"{{(notices.To is null ? "" : $", to: \"{JsonEncodedText.Encode(notices.To)}\"")}}}
        """;

    List<SinkFactory> Sinks() => [.. SinkCatalog.Of(config).Select(sink => new SinkFactory(sink.Item1, sink.Item2.Type, sink.Item2.Address, () => sink.Item2.Create(sink.Item3).Sink))];

    // A rule of the API may name its receivers: those routes come before the others.
    static AlertmanagerConfig WithChannels(AlertmanagerConfig config) => config with
    {
        Route = config.Route with
        {
            Routes =
            [
                .. config.Receivers.Keys.Select((name, i) => config.Route with
                {
                    Id = $"{config.Route.Id}/channel-{i}",
                    Receiver = name,
                    Matchers = [NoticeMatchers.Of(ChannelsLabel, "=~", $"(.*,)?{System.Text.RegularExpressions.Regex.Escape(name)}(,.*)?")],
                    Continues = true,
                    Routes = [],
                }),
                .. config.Route.Routes,
            ],
        },
    };
}
