namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>
/// The templates that files define for notices, by name, with built-in ones for the names of Alertmanager's. Immutable once all files are added.
/// </summary>
public sealed class TemplateSet
{
    // What Alertmanager's own names give here. .Title, .Line and .Body are the built-in texts.
    const string BuiltIn = """
        {{ define "__alertmanager" }}CartRecovery{{ end }}
        {{ define "__alertmanagerURL" }}{{ .ExternalURL }}{{ end }}
        {{ define "__subject" }}{{ .Title }}{{ end }}
        {{ define "__description" }}{{ .Line }}{{ end }}
        {{ define "__text_alert_list" }}{{ range . }}- {{ .Labels.alertname }}{{ with .Annotations.summary }}: {{ . }}{{ end }}{{ "\n" }}{{ end }}{{ end }}
        {{ define "slack.default.title" }}{{ .Title }}{{ end }}
        {{ define "slack.default.fallback" }}{{ .Line }}{{ end }}
        {{ define "slack.default.text" }}{{ .Body }}{{ end }}
        {{ define "email.default.subject" }}{{ .Title }}{{ end }}
        {{ define "pagerduty.default.description" }}{{ .Line }}{{ end }}
        {{ define "opsgenie.default.message" }}{{ .Title }}{{ end }}
        {{ define "opsgenie.default.description" }}{{ .Body }}{{ end }}
        """;

    readonly Dictionary<string, IReadOnlyList<TemplateNode>> _defined = new(StringComparer.Ordinal);

    /// <summary>Creates a set of the built-in templates.</summary>
    public TemplateSet() => Add(BuiltIn);

    /// <summary>Adds what a file defines; a name that is there already is replaced.</summary>
    /// <exception cref="TemplateException">The file is invalid; nothing was added.</exception>
    public void Add(string text)
    {
        Dictionary<string, IReadOnlyList<TemplateNode>> defined = new(StringComparer.Ordinal);
        TemplateParser.Parse(text, defined, ["$"], isNotice: true);
        foreach (var (name, nodes) in defined)
        {
            _defined[name] = nodes;
        }
    }

    /// <summary>Parses a text that may call the templates.</summary>
    /// <exception cref="TemplateException">It is invalid, or calls one that is not defined.</exception>
    public GoTemplate Parse(string text)
    {
        var template = GoTemplate.OfNotice(text, _defined);
        return template.Calls().FirstOrDefault(call => !_defined.ContainsKey(call.Name)) is { } missing
            ? throw new TemplateException($"template \"{missing.Name}\" not defined") { Line = missing.Line } : template;
    }

    /// <summary>Checks that all templates that a file calls are defined.</summary>
    /// <exception cref="TemplateException">One is not.</exception>
    public void Check(string text)
    {
        Dictionary<string, IReadOnlyList<TemplateNode>> defined = new(StringComparer.Ordinal);
        TemplateParser.Parse(text, defined, ["$"], isNotice: true);
        if (defined.Values.SelectMany(GoTemplate.CallsOf).FirstOrDefault(call => !_defined.ContainsKey(call.Name)) is { } missing)
        {
            throw new TemplateException($"template \"{missing.Name}\" not defined") { Line = missing.Line };
        }
    }
}
