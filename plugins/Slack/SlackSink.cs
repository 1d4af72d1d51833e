using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Plugins.Http;

namespace CartRecovery.Plugins;

/// <summary>Posts each intervention to a Slack channel, over an incoming webhook: the subject in bold, then the message.</summary>
public sealed class SlackSink : HttpSink
{
    readonly Uri _url;

    SlackSink(Uri url, TimeProvider time)
        : base(url, time) => _url = url;

    /// <summary>The <c>slack</c> sink type.</summary>
    public static SinkSpec Spec { get; } = new(
        "slack",
        "Posts each intervention to a Slack channel, for the shop's staff.",
        [SinkOption.Url("url", "The incoming webhook: https://hooks.slack.com/services/….", required: true, encrypted: true, secret: true)],
        settings => new SlackSink(settings.GetUrl("url"), settings.Time).Instance)
    {
        // Slack's rate limit for incoming webhooks.
        RateLimit = 1,
    };

    /// <inheritdoc/>
    protected override ValueTask<HttpRequestMessage> RequestAsync(Intervention intervention, CancellationToken cancellationToken)
    {
        var text = Escape(intervention.Message);
        if (intervention.Subject is { } subject)
        {
            text = $"*{Escape(subject)}*\n{text}";
        }

        var body = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("text"u8, text);
            json.WriteEndObject();
        }

        var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ReadOnlyMemoryContent(body.WrittenMemory) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return ValueTask.FromResult(request);
    }

    // Escaped, or a product's name could mention a channel or hide a link.
    static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal);
}
