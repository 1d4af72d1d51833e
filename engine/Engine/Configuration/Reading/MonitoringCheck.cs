using System.Text.RegularExpressions;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Checks the section <c>monitoring</c>.</summary>
sealed class MonitoringCheck(ConfigCheck check)
{
    const int MaxServiceName = 64;

    static readonly string[] s_ownLabels = ["job", "instance", "__name__"];

    public static void Run(ConfigCheck check, MonitoringConfig monitoring)
    {
        var history = monitoring.History;
        if (TimeSpan.FromHours(2).Ticks % monitoring.Interval.Value.Ticks != 0)
        {
            check.Report(monitoring, "interval", "monitoring.interval must divide 2 hours, like 10s, 15s or 30s");
        }

        if (history.KeepMinutes.Value <= history.Keep.Value)
        {
            check.Report(history, "keepMinutes", "monitoring.history.keepMinutes must be longer than keep");
        }

        if (history.KeepFiveMinutes.Value <= history.KeepMinutes.Value)
        {
            check.Report(history, "keepFiveMinutes", "monitoring.history.keepFiveMinutes must be longer than keepMinutes");
        }

        var own = new MonitoringCheck(check);
        foreach (var (name, target) in monitoring.Targets)
        {
            own.Source(target, $"monitoring.targets.{name}", target.Url, target.Interval, target.Timeout);
            own.Labels(target, $"monitoring.targets.{name}", target.Labels);
        }

        foreach (var (name, service) in monitoring.Services)
        {
            own.Service(monitoring, service, name);
        }

        foreach (var (name, component) in monitoring.Status.Components)
        {
            own.Component(monitoring, component, name);
        }

        foreach (var (name, collector) in monitoring.Collectors)
        {
            own.Source(collector, $"monitoring.collectors.{name}", collector.Url, collector.Interval, collector.Timeout);
            foreach (var metric in collector.Metrics)
            {
                own.Metric(metric, $"monitoring.collectors.{name}.metrics");
            }
        }

        foreach (var target in monitoring.Alerts.Alertmanagers)
        {
            own.Alertmanager(target);
        }

        foreach (var target in monitoring.Alerts.Alertmanagers.Where(target => Uri.TryCreate(target.Url, UriKind.Absolute, out _))
            .GroupBy(target => new Uri(target.Url).Authority, StringComparer.OrdinalIgnoreCase).SelectMany(same => same.Skip(1)))
        {
            // Metrics name an Alertmanager by both.
            check.Report(target, "url", "monitoring.alerts.alertmanagers.url: another one has this host and port");
        }
    }

    void Source(object section, string path, string url, Duration interval, Duration timeout)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            check.Report(section, "url", $"{path}.url must be an http or https address");
        }

        if (timeout.Value >= interval.Value)
        {
            check.Report(section, "timeout", $"{path}.timeout must be less than interval");
        }
    }

    void Alertmanager(AlertmanagerTargetConfig target)
    {
        const string path = "monitoring.alerts.alertmanagers";
        if (!Uri.TryCreate(target.Url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0)
        {
            check.Report(target, "url", $"{path}.url must be an http or https address without a user: use 'username' and 'password'");
        }

        if (target.Token is not null && target.Username is not null)
        {
            check.Report(target, "token", $"{path}: use either 'token' or 'username'");
        }

        if (target.Password is not null && target.Username is null)
        {
            check.Report(target, "password", $"{path}.password needs 'username'");
        }

        if (target.Certificate is null != target.Key is null)
        {
            check.Report(target, target.Key is null ? "certificate" : "key", $"{path}: 'certificate' and 'key' need each other");
        }

        if (target.Labels.Keys.FirstOrDefault(label => !IsName(label, allowsColon: false)) is { } wrong)
        {
            check.Report(target, "labels", $"{path}.labels: '{wrong}' is no name of a label: letters, digits and '_', no digit first");
        }
    }

    void Service(MonitoringConfig monitoring, ServiceConfig service, string name)
    {
        var path = $"monitoring.services.{name}";
        if (name.Length > MaxServiceName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            check.Report(monitoring, "services", $"monitoring.services: '{name}' is no name of a service: up to {MaxServiceName} letters, digits, '-', '_' and '.'");
        }

        var problem = service.Kind switch
        {
            ServiceKind.Http => Uri.TryCreate(service.Target, UriKind.Absolute, out var address) && (address.Scheme is "http" or "https") && address.UserInfo.Length == 0
                ? null : "must be an http or https address without a user",
            ServiceKind.Dns => Uri.CheckHostName(service.Target) == UriHostNameType.Dns ? null : "must be a name like shop.example",
            _ => ServiceTarget.TrySplit(service.Target, out _, out _) ? null : "must be HOST:PORT",
        };
        if (problem is not null)
        {
            check.Report(service, "target", $"{path}.target {problem}");
        }

        if (service.Timeout.Value >= service.Interval.Value)
        {
            check.Report(service, "timeout", $"{path}.timeout must be less than interval");
        }

        if (service.Slow.Value > service.Timeout.Value)
        {
            check.Report(service, "slow", $"{path}.slow must not be more than timeout");
        }

        if (service.Kind != ServiceKind.Http && (service.Status is not null || service.Contains is not null))
        {
            check.Report(service, service.Status is null ? "contains" : "status", $"{path}: status and contains are of kind http");
        }
    }

    void Component(MonitoringConfig monitoring, StatusComponentConfig component, string name)
    {
        var path = $"monitoring.status.components.{name}";
        if (name.Length is 0 or > MaxServiceName)
        {
            check.Report(monitoring.Status, "components", $"monitoring.status.components: a component's name has 1 to {MaxServiceName} characters");
        }

        if (component.Services.Count + component.Parts.Count == 0)
        {
            check.Report(component, "services", $"{path}: names neither 'services' nor 'parts'");
        }

        if (component.Services.FirstOrDefault(service => !monitoring.Services.ContainsKey(service)) is { } unknown)
        {
            check.Report(component, "services", $"{path}.services: '{unknown}' is not in monitoring.services");
        }

        if (component.Parts.FirstOrDefault(part => !StatusComponentConfig.IsPart(part)) is { } wrong)
        {
            check.Report(component, "parts", $"{path}.parts: '{wrong}' is no part of /health. A '*' at the end matches several, like partition-*");
        }
    }

    void Metric(ResponseMetricConfig metric, string path)
    {
        if (!IsName(metric.Name, allowsColon: true))
        {
            check.Report(metric, "name", $"{path}: '{metric.Name}' is no name of a metric: letters, digits, '_' and ':', no digit first");
        }

        if (metric.Value is null == metric.Pattern is null)
        {
            check.Report(metric, "value", $"{path}: '{metric.Name}' needs either a value (a JSON path) or a pattern");
        }

        Path(metric, "items", path, metric.Items);
        Path(metric, "value", path, metric.Value);
        try
        {
            _ = metric.Pattern is null ? null : new Regex(metric.Pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            check.Report(metric, "pattern", $"{path}.pattern: {e.Message}");
        }

        Labels(metric, path, metric.Labels);
        foreach (var text in metric.Labels.Values.Where(text => text.StartsWith('$')))
        {
            Path(metric, "labels", path, text);
        }
    }

    void Labels(object section, string path, Dictionary<string, string> labels)
    {
        if (labels.Keys.FirstOrDefault(label => !IsName(label, allowsColon: false) || s_ownLabels.Contains(label)) is { } wrong)
        {
            check.Report(section, "labels", $"{path}.labels: '{wrong}' is no name of a label: letters, digits and '_', no digit first, and not job or instance");
        }
    }

    void Path(object section, string key, string path, string? text)
    {
        try
        {
            _ = text is null ? null : JsonPath.Parse(text);
        }
        catch (FormatException e)
        {
            check.Report(section, key, $"{path}.{key}: {e.Message}");
        }
    }

    static bool IsName(string name, bool allowsColon) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_' || (allowsColon && c == ':'));
}
