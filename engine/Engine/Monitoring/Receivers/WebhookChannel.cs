using CartRecovery.Engine.Monitoring.Notices;

namespace CartRecovery.Engine.Monitoring.Receivers;

/// <summary>Posts notices in Alertmanager's webhook format, version 4.</summary>
sealed class WebhookChannel : HttpChannel
{
    const int DefaultMaxAlerts = 1000;

    readonly Uri _url;
    readonly string _externalUrl;
    readonly int _max;

    public WebhookChannel(ChannelSettings settings, string externalUrl, TimeProvider time)
        : base(settings, time)
    {
        _url = settings.Url("url", settings.RequiredSecret("url"));
        _externalUrl = externalUrl;
        _max = settings.Number("max_alerts", 0) is > 0 and var max ? max : DefaultMaxAlerts;
    }

    protected override HttpRequestMessage Request(Notice notice)
    {
        var request = Post(_url, NoticeJson.Write(json =>
        {
            json.WriteString("version", "4");
            json.WriteString("groupKey", notice.GroupKey);
            json.WriteNumber("truncatedAlerts", Math.Max(0, notice.Alerts.Count - _max));
            json.WriteString("status", notice.IsFiring ? "firing" : "resolved");
            json.WriteString("receiver", notice.Receiver);
            json.WriteLabels("groupLabels", notice.GroupLabels);
            json.WriteLabels("commonLabels", NoticeText.CommonLabels(notice));
            json.WriteLabels("commonAnnotations", NoticeText.CommonAnnotations(notice));
            json.WriteString("externalURL", _externalUrl);
            json.WriteAlerts(notice, _max);
        }));
        request.Headers.Add("Idempotency-Key", notice.Id);
        return request;
    }
}
