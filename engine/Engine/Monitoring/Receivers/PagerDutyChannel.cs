using CartRecovery.Engine.Monitoring.Notices;

namespace CartRecovery.Engine.Monitoring.Receivers;

/// <summary>
/// Sends notices to PagerDuty's Events API v2: a group is one incident, which the group's key identifies, and which is resolved when nothing
/// fires (https://developer.pagerduty.com/docs/events-api-v2/trigger-events/).
/// </summary>
sealed class PagerDutyChannel : HttpChannel
{
    // PagerDuty's limits: the summary, and the whole event with its details.
    const int MaxSummary = 1024, MaxDetails = 100_000;

    static readonly string[] s_severities = ["critical", "error", "warning", "info"];

    readonly Uri _url;
    readonly string _routingKey;
    readonly string? _severity;
    readonly string _client;
    readonly string _clientUrl;
    readonly NoticeWording _wording;

    public PagerDutyChannel(ChannelSettings settings, string externalUrl, TimeProvider time)
        : base(settings, time)
    {
        _url = settings.Url("url", settings.Find("url", "pagerduty_url") ?? "https://events.pagerduty.com/v2/enqueue");
        _routingKey = settings.Secret("routing_key") ?? throw new ChannelException(settings.Secret("service_key") is null
            ? "pagerduty_configs needs 'routing_key' or 'routing_key_file'"
            : "pagerduty_configs: service_key is of the Events API v1; create an Events API v2 integration and write its key as 'routing_key'");
        (_severity, _wording) = (settings.Find("severity"), settings.Wording);
        (_client, _clientUrl) = (settings.Find("client") ?? "CartRecovery", settings.Find("client_url") ?? externalUrl);
    }

    protected override HttpRequestMessage Request(Notice notice) => Post(_url, NoticeJson.Write(json =>
    {
        json.WriteString("routing_key", _routingKey);
        json.WriteString("dedup_key", GroupHash.Of(notice));
        json.WriteString("event_action", notice.IsFiring ? "trigger" : "resolve");
        json.WriteString("client", _client);
        if (_clientUrl.Length > 0)
        {
            json.WriteString("client_url", _clientUrl);
        }

        var common = NoticeText.CommonLabels(notice);
        json.WriteStartObject("payload");
        json.WriteString("summary", _wording.Write("description", notice, () => NoticeText.Line(notice, MaxSummary), MaxSummary));
        json.WriteString("source", common["instance"] is { Length: > 0 } instance ? instance : "CartRecovery");
        json.WriteString("severity", Severity(_severity ?? common["severity"]));
        json.WriteString("timestamp", NoticeJson.Time(notice.Alerts.Min(alert => alert.StartsAt)));
        if (common["service"] is { Length: > 0 } service)
        {
            json.WriteString("component", service);
        }

        if (common["alertname"] is { Length: > 0 } name)
        {
            json.WriteString("class", name);
        }

        json.WriteStartObject("custom_details");
        json.WriteNumber("num_firing", notice.Alerts.Count(alert => !alert.IsResolved));
        json.WriteNumber("num_resolved", notice.Alerts.Count(alert => alert.IsResolved));
        json.WriteString("text", NoticeText.Body(notice, MaxDetails));
        json.WriteEndObject();
        json.WriteEndObject();
    }));

    // Of several severities, the alerts have none in common.
    static string Severity(string text) => s_severities.Contains(text) ? text : text is "page" or "fatal" ? "critical" : text is "none" ? "info" : "error";
}
