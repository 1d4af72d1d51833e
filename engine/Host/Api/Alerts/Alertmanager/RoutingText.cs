using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Monitoring.Notices;

namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>Writes routes as YAML, as tools expect them: without the receivers' settings, which hold secrets.</summary>
static class RoutingText
{
    /// <summary>Writes a configuration.</summary>
    public static string Of(AlertmanagerConfig config)
    {
        var text = new StringBuilder("route:\n");
        Write(config.Route, text, "  ");
        text.Append("receivers:\n");
        foreach (var name in config.Receivers.Keys)
        {
            text.Append("- name: ").Append(Quoted(name)).Append('\n');
        }

        return text.ToString();
    }

    static void Write(Route route, StringBuilder text, string indent)
    {
        text.Append(indent).Append("receiver: ").Append(Quoted(route.Receiver)).Append('\n');
        text.Append(indent).Append("group_by: [").AppendJoin(", ", (route.GroupBy ?? ["..."]).Select(Quoted)).Append("]\n");
        text.Append(CultureInfo.InvariantCulture, $"{indent}continue: {(route.Continues ? "true" : "false")}\n");
        text.Append(CultureInfo.InvariantCulture, $"{indent}group_wait: {route.GroupWait / 1000}s\n{indent}group_interval: {route.GroupInterval / 1000}s\n");
        text.Append(CultureInfo.InvariantCulture, $"{indent}repeat_interval: {route.RepeatInterval / 1000}s\n");
        if (route.Matchers.Count > 0)
        {
            text.Append(indent).Append("matchers: [").AppendJoin(", ", route.Matchers.Select(matcher => Quoted(NoticeMatchers.Format([matcher])))).Append("]\n");
        }

        if (route.Routes.Count > 0)
        {
            text.Append(indent).Append("routes:\n");
            foreach (var below in route.Routes)
            {
                text.Append(indent).Append("-\n");
                Write(below, text, $"{indent}  ");
            }
        }
    }

    // JSON is YAML.
    static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
