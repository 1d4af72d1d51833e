using System.Globalization;
using System.Net;
using System.Text;
using CartRecovery.Host.Api.Storefront;

namespace CartRecovery.Host.Api.Status;

/// <summary>Renders the public status as a page without scripts, for light and dark screens.</summary>
static class StatusPage
{
    // Of a bar and of the distance between two, in units of the drawing.
    const int Step = 10, Width = 7, Height = 34;

    static readonly string s_style = WebAsset.Read("status.css").ReplaceLineEndings("\n");

    /// <summary>The page's policy: its own style, and nothing else.</summary>
    public static string Policy { get; } = $"default-src 'none'; style-src '{SecurityHeaders.HashOf(s_style)}'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>Renders the page.</summary>
    public static byte[] Render(StatusReport report)
    {
        var body = new StringBuilder();
        body.Append(CultureInfo.InvariantCulture, $"""
            <header><h1>{Text(report.Title)}</h1><p class="overall {report.Status}">{Overall(report.Status)}</p></header>
            """);
        var ongoing = report.Incidents.Where(incident => incident.Status == "ongoing").ToList();
        AppendIncidents(body, "Current incidents", ongoing);
        if (report.Components.Count > 0)
        {
            body.Append("<section aria-labelledby=\"components\"><h2 id=\"components\">Components</h2>");
            foreach (var component in report.Components)
            {
                AppendComponent(body, component);
            }

            body.Append("</section>");
        }

        AppendIncidents(body, "Past incidents", [.. report.Incidents.Except(ongoing)]);
        if (report.Incidents.Count == 0)
        {
            body.Append("<p class=\"soft\">No incidents in the last 14 days.</p>");
        }

        return Encoding.UTF8.GetBytes($"""
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark"><title>{Text(report.Title)}: {Overall(report.Status)}</title><style>{s_style}</style></head>
            <body><main>{body}</main><footer><p>As of {Time(report.UpdatedAt)}. Days are in UTC. The same as JSON: this address with <code>Accept: application/json</code>.</p></footer></body></html>
            """);
    }

    static void AppendComponent(StringBuilder body, StatusComponent component)
    {
        var known = component.Days.Where(day => day.Uptime is not null).ToList();
        var summary = known.Count == 0 ? $"No checks in {Days(component.Days.Count)}"
            : $"{Percent(component.Uptime)} uptime in {Days(component.Days.Count)}{(known.Count < component.Days.Count ? $", {Days(known.Count)} with checks" : "")}";
        body.Append(CultureInfo.InvariantCulture, $"""
            <article><div class="row"><h3>{Text(component.Name)}</h3><span class="state {component.Status}">{Name(component.Status)}</span></div>
            <svg role="img" aria-label="{summary}" viewBox="0 0 {(component.Days.Count * Step) - Step + Width} {Height}" preserveAspectRatio="none">
            """);
        for (var i = 0; i < component.Days.Count; i++)
        {
            // A day without checks is a short bar, so that it differs by more than its colour.
            var day = component.Days[i];
            var height = day.Uptime is null ? Height / 4 : Height;
            body.Append(CultureInfo.InvariantCulture, $"""
                <rect class="{Class(day.Uptime)}" x="{i * Step}" y="{Height - height}" width="{Width}" height="{height}"><title>{day.Date:yyyy-MM-dd}: {Percent(day.Uptime)}</title></rect>
                """);
        }

        body.Append(CultureInfo.InvariantCulture, $"</svg><p class=\"soft\">{summary}</p>");
        var bad = known.Where(day => day.Uptime < 100).Reverse().ToList();
        if (bad.Count > 0)
        {
            body.Append(CultureInfo.InvariantCulture, $"""
                <details><summary>{Days(bad.Count)} below 100%<span class="hidden"> of {Text(component.Name)}</span></summary>
                <table><thead><tr><th scope="col">Day</th><th scope="col">Uptime</th></tr></thead><tbody>
                """);
            foreach (var day in bad)
            {
                body.Append(CultureInfo.InvariantCulture, $"<tr><td>{day.Date:yyyy-MM-dd}</td><td>{Percent(day.Uptime)}</td></tr>");
            }

            body.Append("</tbody></table></details>");
        }

        body.Append("</article>");
    }

    static void AppendIncidents(StringBuilder body, string title, IReadOnlyList<StatusIncident> incidents)
    {
        if (incidents.Count == 0)
        {
            return;
        }

        body.Append(CultureInfo.InvariantCulture, $"<section><h2>{title}</h2>");
        foreach (var incident in incidents)
        {
            var affected = incident.Components.Count == 0 ? "" : $" Affects {Text(string.Join(", ", incident.Components))}.";
            body.Append(CultureInfo.InvariantCulture, $"""
                <article><div class="row"><h3>{Text(incident.Title)}</h3><span class="state {incident.Status}">{(incident.Status == "ongoing" ? "Ongoing" : "Resolved")}</span></div>
                <p class="soft">Since {Time(incident.StartedAt)}{(incident.ResolvedAt is { } resolved ? $", resolved {Time(resolved)}" : "")}.{affected}</p><ol>
                """);
            foreach (var update in incident.Updates)
            {
                body.Append(CultureInfo.InvariantCulture, $"<li><p class=\"soft\">{Time(update.At)}</p><p class=\"text\">{Text(update.Text.Trim())}</p></li>");
            }

            body.Append("</ol></article>");
        }

        body.Append("</section>");
    }

    static string Overall(string status) => status switch
    {
        "operational" => "All systems work",
        "degraded" => "Some systems work with limits",
        "outage" => "Some systems do not work",
        _ => "Not yet checked",
    };

    static string Name(string status) => status switch
    {
        "operational" => "Works",
        "degraded" => "Works with limits",
        "outage" => "Does not work",
        _ => "Not yet checked",
    };

    static string Class(double? uptime) => uptime switch
    {
        null => "none",
        >= 99.9 => "good",
        >= 99 => "fair",
        _ => "bad",
    };

    static string Days(int count) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "day" : "days")}");

    static string Percent(double? uptime) => uptime is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value:0.###}%") : "no checks";

    static string Time(DateTimeOffset time) => string.Create(CultureInfo.InvariantCulture, $"<time datetime=\"{time.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}\">{time.UtcDateTime:d MMMM yyyy, HH:mm} UTC</time>");

    static string Text(string text) => WebUtility.HtmlEncode(text);
}
