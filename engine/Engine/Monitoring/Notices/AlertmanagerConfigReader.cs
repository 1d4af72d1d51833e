using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Engine.Monitoring.Templates;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>Reads Alertmanager's configuration: routes, receivers, inhibition, time intervals. What has no effect here is named.</summary>
public sealed class AlertmanagerConfigReader
{
    const int MaxRoutes = 10_000;

    static readonly string[] s_kinds = ["email", "slack", "pagerduty", "opsgenie", "webhook", "sms", "sink"];

    // Settings that are sent as they are written: a template in them would reach people.
    static readonly string[] s_sent = ["url", "to", "channel", "username", "api_url", "routing_key", "severity", "client", "client_url", "priority", "tags", "sink"];

    static readonly string[] s_global =
        ["resolve_timeout", "slack_api_url", "slack_api_url_file", "pagerduty_url", "opsgenie_api_url", "opsgenie_api_key", "opsgenie_api_key_file"];

    readonly string _file;
    readonly ConfigProblems _problems;
    readonly ConfigProblems _unknown;
    TemplateSet _templates = new();
    IReadOnlyList<string> _templatePaths = [];
    int _routes;

    AlertmanagerConfigReader(string file) => (_file, _problems, _unknown) = (file, new ConfigProblems(file), new ConfigProblems(file));

    /// <summary>Reads the text of a file. Never throws because of it.</summary>
    public static AlertmanagerFile Parse(string text, string file) => new AlertmanagerConfigReader(file).Read(text);

    AlertmanagerFile Read(string text)
    {
        AlertmanagerConfig? config = null;
        if (YamlTree.Parse(text, _problems) is { } root && YamlFields.Of(root, "Alertmanager's configuration", _problems) is { } fields)
        {
            config = Config(fields);
        }

        var problems = _problems.Sorted();
        return new AlertmanagerFile(problems.Count == 0 ? config : null, problems, _unknown.Sorted()) { TemplatePaths = _templatePaths };
    }

    AlertmanagerConfig? Config(YamlFields fields)
    {
        (_templates, _templatePaths) = NoticeTemplateFiles.Read(fields, _file, _problems);
        Dictionary<string, NoticeReceiver> receivers = new(StringComparer.Ordinal);
        foreach (var receiver in Maps(fields, "receivers"))
        {
            var read = Receiver(receiver);
            if (!receivers.TryAdd(read.Name, read))
            {
                _problems.Add(receiver.Where("name"), $"duplicate receiver \"{read.Name}\"");
            }
        }

        Dictionary<string, IReadOnlyList<NoticeInterval>> intervals = new(StringComparer.Ordinal);
        foreach (var named in Maps(fields, "time_intervals").Concat(Maps(fields, "mute_time_intervals")))
        {
            intervals[named.Required("name", "a time interval")] = [.. Maps(named, "time_intervals").Select(interval => NoticeIntervalReader.Read(interval, _problems))];
            named.ReportUnknown("a time interval");
        }

        if (fields.Has("tracing"))
        {
            _unknown.Add(fields.Where("tracing"), "tracing has no effect here");
        }

        Dictionary<string, string> global = new(StringComparer.Ordinal);
        if (fields.Item("global") is { } section)
        {
            Flatten(section, "", global);
            foreach (var key in global.Keys.Where(key => !s_global.Contains(key)))
            {
                _unknown.Add(section.At, $"global: {key} has no effect here: {(key.StartsWith("smtp_", StringComparison.Ordinal) ? "e-mails go through a sink of the type email" : "it is not supported")}");
            }
        }

        List<InhibitRule> rules = [.. Maps(fields, "inhibit_rules").Select(Inhibit)];
        Route? route = null;
        if (fields.Item("route") is { } item && YamlFields.Of(item, "the route", _problems) is { } root)
        {
            route = ReadRoute(root, null, "0", receivers, intervals);
        }
        else
        {
            _problems.Add(fields.At, "no route: expected 'route' with a 'receiver'");
        }

        fields.ReportUnknown("Alertmanager's configuration");
        return route is null ? null : new AlertmanagerConfig { Route = route, Receivers = receivers, InhibitRules = rules, Intervals = intervals, Global = global, Templates = _templates };
    }

    Route ReadRoute(YamlFields fields, Route? parent, string id, Dictionary<string, NoticeReceiver> receivers, Dictionary<string, IReadOnlyList<NoticeInterval>> intervals)
    {
        if (++_routes == MaxRoutes + 1)
        {
            _problems.Add(fields.At, $"at most {MaxRoutes} routes");
        }

        var receiver = fields.Text("receiver") ?? parent?.Receiver ?? "";
        if (!receivers.ContainsKey(receiver))
        {
            _problems.Add(fields.Where("receiver"), receiver.Length == 0 ? "the root route needs 'receiver'" : $"undefined receiver \"{receiver}\" used in route");
        }

        var matchers = Matchers(fields, "match", "match_re", "matchers");
        if (parent is null && matchers.Count > 0)
        {
            _problems.Add(fields.At, "the root route must not have any matchers");
        }

        var groupBy = fields.Has("group_by") ? fields.Texts("group_by") : parent is null ? [] : parent.GroupBy;
        var route = new Route
        {
            Id = id,
            Receiver = receiver,
            GroupBy = groupBy is ["..."] ? null : groupBy,
            GroupWait = fields.Duration("group_wait", parent?.GroupWait ?? 30_000),
            GroupInterval = Positive(fields, "group_interval", parent?.GroupInterval ?? 300_000),
            RepeatInterval = Positive(fields, "repeat_interval", parent?.RepeatInterval ?? 4 * 3_600_000),
            Matchers = matchers,
            Continues = fields.Truth("continue", false),
            MuteTimes = Named(fields, "mute_time_intervals", intervals),
            ActiveTimes = Named(fields, "active_time_intervals", intervals),
        };
        List<Route> below = [];
        foreach (var child in Maps(fields, "routes").TakeWhile(_ => _routes <= MaxRoutes))
        {
            below.Add(ReadRoute(child, route, $"{id}/{below.Count}", receivers, intervals));
        }

        fields.ReportUnknown("a route");
        return route with { Routes = below };
    }

    long Positive(YamlFields fields, string key, long otherwise)
    {
        var value = fields.Duration(key, otherwise);
        if (value <= 0)
        {
            _problems.Add(fields.Where(key), $"{key} must be more than 0");
        }

        return Math.Max(1, value);
    }

    IReadOnlyList<string> Named(YamlFields fields, string key, Dictionary<string, IReadOnlyList<NoticeInterval>> intervals)
    {
        var names = fields.Texts(key);
        foreach (var name in names.Where(name => !intervals.ContainsKey(name)))
        {
            _problems.Add(fields.Where(key), $"undefined time interval \"{name}\" used in route");
        }

        return names;
    }

    InhibitRule Inhibit(YamlFields fields)
    {
        var rule = new InhibitRule(Matchers(fields, "source_match", "source_match_re", "source_matchers"),
            Matchers(fields, "target_match", "target_match_re", "target_matchers"), fields.Texts("equal"));
        fields.ReportUnknown("an inhibition rule");
        return rule;
    }

    NoticeReceiver Receiver(YamlFields fields)
    {
        var name = fields.Required("name", "a receiver");
        List<NoticeIntegration> integrations = [];
        foreach (var kind in s_kinds)
        {
            var index = 0;
            foreach (var item in fields.List(kind + "_configs"))
            {
                Dictionary<string, string> settings = new(StringComparer.Ordinal);
                Flatten(item, "", settings);
                CheckTexts(item, kind, settings);

                // Slack and e-mail say nothing of what has resolved unless asked to.
                var sendsResolved = settings.TryGetValue("send_resolved", out var sends) ? sends == "true" : kind is not ("email" or "slack");
                integrations.Add(new NoticeIntegration(name, kind, index++, sendsResolved) { Settings = settings, At = item.At });
            }
        }

        foreach (var other in new[] { "wechat", "victorops", "pushover", "sns", "telegram", "webex", "discord", "msteams", "jira", "rocketchat", "incidentio" }
            .Select(kind => kind + "_configs").Where(fields.Has))
        {
            _unknown.Add(fields.Where(other), $"{other}: there is no such sink here");
        }

        var receiver = new NoticeReceiver(name, integrations);
        fields.ReportUnknown("a receiver");
        return receiver;
    }

    void CheckTexts(YamlItem item, string kind, Dictionary<string, string> settings)
    {
        var texts = NoticeTexts.Of(kind);
        foreach (var path in texts.Where(settings.ContainsKey))
        {
            try
            {
                _templates.Parse(settings[path]);
            }
            catch (TemplateException e)
            {
                _problems.Add(item.At, $"{kind}_configs: {path}: {e.Message}");
            }
        }

        kind = $"{kind}_configs";
        foreach (var (path, _) in settings.Where(setting => setting.Value.Contains("{{", StringComparison.Ordinal) && !texts.Contains(setting.Key)))
        {
            if (s_sent.Contains(path) || path.StartsWith("responders.", StringComparison.Ordinal))
            {
                _problems.Add(item.At, $"{kind}: {path}: templates are not supported; write the value itself");
            }
            else
            {
                _unknown.Add(item.At, $"{kind}: {path} has no effect here: {(texts.Count == 0 ? "it has no texts of its own" : $"the texts of notices are {string.Join(", ", texts)}")}");
            }
        }
    }

    static void Flatten(YamlItem item, string path, Dictionary<string, string> settings)
    {
        switch (item)
        {
            case YamlText text:
                settings[path] = text.Value;
                break;
            case YamlMap map:
                foreach (var (key, entry) in map.Entries)
                {
                    Flatten(entry.Value, path.Length == 0 ? key : $"{path}.{key}", settings);
                }

                break;
            case YamlList list:
                for (var i = 0; i < list.Items.Count; i++)
                {
                    Flatten(list.Items[i], $"{path}.{i}", settings);
                }

                break;
        }
    }

    List<LabelMatcher> Matchers(YamlFields fields, string equal, string pattern, string both)
    {
        List<LabelMatcher> matchers = [];
        foreach (var (name, value, at) in fields.Pairs(equal).Select(pair => pair))
        {
            Add(at, () => [NoticeMatchers.Of(name, "=", value)]);
        }

        foreach (var (name, value, at) in fields.Pairs(pattern))
        {
            Add(at, () => [NoticeMatchers.Of(name, "=~", value)]);
        }

        foreach (var text in fields.Texts(both))
        {
            Add(fields.Where(both), () => NoticeMatchers.Parse(text));
        }

        return matchers;

        void Add(SourceLocation at, Func<IReadOnlyList<LabelMatcher>> read)
        {
            try
            {
                matchers.AddRange(read());
            }
            catch (FormatException e)
            {
                _problems.Add(at, e.Message);
            }
        }
    }

    IEnumerable<YamlFields> Maps(YamlFields fields, string key) => fields.List(key).Select(item => YamlFields.Of(item, $"an item of {key}", _problems)).OfType<YamlFields>();
}
