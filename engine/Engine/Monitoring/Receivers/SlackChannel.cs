using CartRecovery.Engine.Monitoring.Notices;

namespace CartRecovery.Engine.Monitoring.Receivers;

/// <summary>Posts notices to Slack over an incoming webhook: an attachment in red while something fires, else in green.</summary>
sealed class SlackChannel : HttpChannel
{
    const int MaxText = 3000;

    readonly Uri _url;
    readonly string? _channel;
    readonly string? _username;
    readonly NoticeWording _wording;

    public SlackChannel(ChannelSettings settings, TimeProvider time)
        : base(settings, time)
    {
        _url = settings.Url("api_url", settings.RequiredSecret("api_url", "slack_api_url"));
        (_channel, _username) = (settings.Find("channel"), settings.Find("username"));
        _wording = settings.Wording;
    }

    protected override HttpRequestMessage Request(Notice notice) => Post(_url, NoticeJson.Write(json =>
    {
        if (_channel is not null)
        {
            json.WriteString("channel", _channel);
        }

        if (_username is not null)
        {
            json.WriteString("username", _username);
        }

        json.WriteStartArray("attachments");
        json.WriteStartObject();
        json.WriteString("title", _wording.Write("title", notice, () => Escape(NoticeText.Title(notice)), MaxText, Escape));
        json.WriteString("fallback", _wording.Write("fallback", notice, () => Escape(NoticeText.Line(notice, MaxText)), MaxText, Escape));
        json.WriteString("text", _wording.Write("text", notice, () => Escape(NoticeText.Body(notice, MaxText)), MaxText, Escape));
        json.WriteString("color", notice.IsFiring ? "danger" : "good");
        json.WriteEndObject();
        json.WriteEndArray();
    }));

    // Or a label could mention a channel, or hide a link.
    static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal);
}
