using System.Globalization;
using System.Text;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Receivers;

/// <summary>Writes a notice for people.</summary>
static class NoticeText
{
    // Alerts that are described; the others are counted.
    const int MaxAlerts = 20;
    const int MaxTitle = 250;

    /// <summary>The labels that all alerts of a notice have with the same value.</summary>
    public static SeriesLabels CommonLabels(Notice notice) => Common(notice.Alerts.Select(alert => alert.Labels));

    /// <summary>The annotations that all alerts of a notice have with the same value.</summary>
    public static SeriesLabels CommonAnnotations(Notice notice) => Common(notice.Alerts.Select(alert => alert.Annotations));

    /// <summary>The title: <c>[FIRING:2] HighLatency (critical checkout)</c>.</summary>
    public static string Title(Notice notice)
    {
        var common = CommonLabels(notice);
        var more = common.Where(name => notice.GroupLabels[name].Length == 0 && name != SeriesLabels.Name && name != "alertname");
        var firing = notice.Alerts.Count(alert => !alert.IsResolved);
        var name = common["alertname"] is { Length: > 0 } alertname ? alertname : $"{notice.Alerts.Count} alerts";
        var group = notice.GroupLabels.Where(label => label != "alertname").Select(label => label.Value);
        var text = new StringBuilder(firing > 0 ? string.Create(CultureInfo.InvariantCulture, $"[FIRING:{firing}] {name}") : $"[RESOLVED] {name}");
        foreach (var value in group)
        {
            text.Append(' ').Append(value);
        }

        if (more.Count > 0)
        {
            text.Append(" (").AppendJoin(' ', more.Select(label => label.Value)).Append(')');
        }

        return Cut(text.Replace('\n', ' ').Replace('\r', ' ').ToString(), MaxTitle);
    }

    /// <summary>What fires and what has resolved, with summary, description, runbook, labels and times.</summary>
    /// <param name="notice">The notice.</param>
    /// <param name="max">The longest text.</param>
    public static string Body(Notice notice, int max)
    {
        var text = new StringBuilder();
        foreach (var isResolved in new[] { false, true })
        {
            var alerts = notice.Alerts.Where(alert => alert.IsResolved == isResolved).ToList();
            if (alerts.Count == 0)
            {
                continue;
            }

            text.Append(isResolved ? "Resolved:\n" : "Firing:\n");
            foreach (var alert in alerts.Take(MaxAlerts))
            {
                Describe(alert, text);
            }

            if (alerts.Count > MaxAlerts)
            {
                text.Append(CultureInfo.InvariantCulture, $"… and {alerts.Count - MaxAlerts} more\n");
            }

            text.Append('\n');
        }

        return Cut(text.ToString().TrimEnd(), max);
    }

    /// <summary>One line: the title, and what the first alert says.</summary>
    public static string Line(Notice notice, int max)
    {
        var summary = notice.Alerts[0].Annotations["summary"];
        var link = notice.Alerts[0].Annotations["acknowledge_url"];
        var line = Cut(summary.Length == 0 ? Title(notice) : $"{Title(notice)}: {summary}", link.Length == 0 ? max : Math.Max(20, max - link.Length - 1));
        return link.Length == 0 ? line : $"{line} {link}";
    }

    /// <summary>Shortens a text, not in the middle of a character.</summary>
    public static string Cut(string text, int max)
    {
        if (text.Length <= max)
        {
            return text;
        }

        var length = max - 1 - (char.IsHighSurrogate(text[max - 2]) ? 1 : 0);
        return $"{text.AsSpan(0, length)}…";
    }

    static void Describe(AlertMessage alert, StringBuilder text)
    {
        var (labels, annotations) = (alert.Labels, alert.Annotations);
        var summary = annotations["summary"] is { Length: > 0 } said ? said : labels["alertname"];
        text.Append("- ").Append(summary).Append('\n');
        foreach (var name in (ReadOnlySpan<string>)["description", "runbook_url", "acknowledge_url"])
        {
            if (annotations[name] is { Length: > 0 } value)
            {
                text.Append(name == "acknowledge_url" ? "  Acknowledge: " : "  ").Append(value).Append('\n');
            }
        }

        text.Append("  ").AppendJoin(", ", labels.Select(label => $"{label.Key}={label.Value}")).Append('\n');
        text.Append("  since ").Append(NoticeJson.Time(alert.StartsAt));
        text.Append(alert.IsResolved ? $", until {NoticeJson.Time(alert.EndsAt)}\n" : "\n");
    }

    static SeriesLabels Common(IEnumerable<SeriesLabels> all)
    {
        SeriesLabels? common = null;
        foreach (var labels in all)
        {
            common = common is null ? labels : common.Where(name => labels[name] == common[name]);
        }

        return common ?? SeriesLabels.Empty;
    }
}
