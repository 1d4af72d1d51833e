using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Templates;

namespace CartRecovery.Engine.Monitoring.Receivers;

/// <summary>
/// The texts of an integration's notices: those of its templates, or else the built-in ones. A template that fails does not keep a notice back: the
/// built-in text is sent, with the reason.
/// </summary>
/// <param name="integration">The integration.</param>
/// <param name="templates">The templates that its settings may call.</param>
/// <param name="externalUrl">The address of this engine; may be empty.</param>
sealed class NoticeWording(NoticeIntegration integration, TemplateSet templates, string externalUrl)
{
    readonly Dictionary<string, GoTemplate> _parsed = NoticeTexts.Of(integration.Kind).Select(path => (path, Text: integration.Setting(path))).Where(setting => setting.Text is not null)
        .ToDictionary(setting => setting.path, setting => templates.Parse(setting.Text!), StringComparer.Ordinal);

    /// <summary>Writes a text.</summary>
    /// <param name="path">The setting that may have a template for it.</param>
    /// <param name="notice">The notice.</param>
    /// <param name="builtIn">Writes the built-in text.</param>
    /// <param name="max">The longest text.</param>
    /// <param name="escape">Makes values of labels and annotations harmless; the template's own text stays.</param>
    public string Write(string path, Notice notice, Func<string> builtIn, int max, Func<string, string>? escape = null)
    {
        if (!_parsed.TryGetValue(path, out var template))
        {
            return builtIn();
        }

        try
        {
            var text = template.ExpandNotice(DataOf(notice, escape ?? (value => value)), externalUrl);
            return string.IsNullOrWhiteSpace(text) ? builtIn() : NoticeText.Cut(text.Trim(), max);
        }
        catch (Exception e) when (e is TemplateException or System.Text.RegularExpressions.RegexMatchTimeoutException)
        {
            return NoticeText.Cut($"{builtIn()} (the template of {path} failed: {e.Message})", max);
        }
    }

    // The names are Alertmanager's; Title, Line and Body are ours.
    Dictionary<string, object?> DataOf(Notice notice, Func<string, string> escape)
    {
        var alerts = new TemplateList(notice.Alerts.Select(alert => DataOf(alert, escape)));
        alerts.Fields["Firing"] = new TemplateList(alerts.Where((_, i) => !notice.Alerts[i].IsResolved));
        alerts.Fields["Resolved"] = new TemplateList(alerts.Where((_, i) => notice.Alerts[i].IsResolved));
        return new(StringComparer.Ordinal)
        {
            ["Receiver"] = notice.Receiver,
            ["Status"] = notice.IsFiring ? "firing" : "resolved",
            ["Alerts"] = alerts,
            ["GroupLabels"] = Escaped(notice.GroupLabels, escape),
            ["CommonLabels"] = Escaped(NoticeText.CommonLabels(notice), escape),
            ["CommonAnnotations"] = Escaped(NoticeText.CommonAnnotations(notice), escape),
            ["ExternalURL"] = externalUrl,
            ["Title"] = escape(NoticeText.Title(notice)),
            ["Line"] = escape(NoticeText.Line(notice, GoTemplate.MaxOutput / 4)),
            ["Body"] = escape(NoticeText.Body(notice, GoTemplate.MaxOutput / 4)),
        };
    }

    static Dictionary<string, object?> DataOf(AlertMessage alert, Func<string, string> escape) => new(StringComparer.Ordinal)
    {
        ["Status"] = alert.IsResolved ? "resolved" : "firing",
        ["Labels"] = Escaped(alert.Labels, escape),
        ["Annotations"] = Escaped(alert.Annotations, escape),
        ["StartsAt"] = NoticeJson.Time(alert.StartsAt),
        ["EndsAt"] = alert.IsResolved ? NoticeJson.Time(alert.EndsAt) : "",
        ["GeneratorURL"] = escape(alert.GeneratorUrl),
        ["Fingerprint"] = LabelText.Fingerprint(alert.Labels).ToString("x16", System.Globalization.CultureInfo.InvariantCulture),
    };

    static SeriesLabels Escaped(SeriesLabels labels, Func<string, string> escape) => SeriesLabels.Of(labels.Select(label => KeyValuePair.Create(label.Key, escape(label.Value))));
}
