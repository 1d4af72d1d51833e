using System.Net.Http.Headers;
using CartRecovery.Engine.Monitoring.Notices;

namespace CartRecovery.Engine.Monitoring.Receivers;

/// <summary>
/// Sends notices to Opsgenie's alert API: a group is one alert, which the group's key identifies, and which is closed when nothing fires
/// (https://docs.opsgenie.com/docs/alert-api).
/// </summary>
sealed class OpsgenieChannel : HttpChannel
{
    const int MaxMessage = 130, MaxDescription = 15_000;

    readonly Uri _url;
    readonly string _key;
    readonly string? _priority;
    readonly string[] _tags;
    readonly NoticeWording _wording;
    readonly List<(string Field, string Value, string Type)> _responders = [];

    public OpsgenieChannel(ChannelSettings settings, TimeProvider time)
        : base(settings, time)
    {
        var root = settings.Find("api_url", "opsgenie_api_url") ?? "https://api.opsgenie.com/";
        _url = settings.Url("api_url", root.EndsWith('/') ? root : $"{root}/");
        _key = settings.RequiredSecret("api_key", "opsgenie_api_key");
        (_priority, _wording) = (settings.Find("priority"), settings.Wording);
        _tags = (settings.Find("tags") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; settings.Find($"responders.{i}.type") is { } type; i++)
        {
            var field = new[] { "id", "name", "username" }.FirstOrDefault(name => settings.Find($"responders.{i}.{name}") is not null)
                ?? throw new ChannelException($"opsgenie_configs: responders: number {i + 1} needs 'id', 'name' or 'username'");
            _responders.Add((field, settings.Find($"responders.{i}.{field}")!, type));
        }
    }

    protected override HttpRequestMessage Request(Notice notice)
    {
        var alias = GroupHash.Of(notice);
        var request = notice.IsFiring ? Post(new Uri(_url, "v2/alerts"), Alert(notice, alias))
            : Post(new Uri(_url, $"v2/alerts/{alias}/close?identifierType=alias"), NoticeJson.Write(json => json.WriteString("source", "CartRecovery")));
        request.Headers.Authorization = new AuthenticationHeaderValue("GenieKey", _key);
        return request;
    }

    ReadOnlyMemory<byte> Alert(Notice notice, string alias) => NoticeJson.Write(json =>
    {
        var common = NoticeText.CommonLabels(notice);
        json.WriteString("alias", alias);
        json.WriteString("message", _wording.Write("message", notice, () => NoticeText.Cut(NoticeText.Title(notice), MaxMessage), MaxMessage));
        json.WriteString("description", _wording.Write("description", notice, () => NoticeText.Body(notice, MaxDescription), MaxDescription));
        json.WriteString("source", "CartRecovery");
        json.WriteString("priority", _priority ?? common["severity"] switch { "critical" => "P1", "warning" => "P3", "info" => "P5", _ => "P3" });
        json.WriteLabels("details", common);
        if (_tags.Length > 0)
        {
            json.WriteStartArray("tags");
            foreach (var tag in _tags)
            {
                json.WriteStringValue(tag);
            }

            json.WriteEndArray();
        }

        if (_responders.Count > 0)
        {
            json.WriteStartArray("responders");
            foreach (var (field, value, type) in _responders)
            {
                json.WriteStartObject();
                json.WriteString(field, value);
                json.WriteString("type", type);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
    });
}
