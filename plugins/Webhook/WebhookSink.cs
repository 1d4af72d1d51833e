using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Plugins.Http;

namespace CartRecovery.Plugins;

/// <summary>
/// Posts each intervention to an HTTP endpoint, signed per Standard Webhooks 1.0. <c>webhook-id</c> is the intervention's id, the same
/// on every try, so that the receiver can detect duplicates.
/// </summary>
public sealed class WebhookSink : HttpSink
{
    readonly Uri _url;
    readonly WebhookSigner _signer;
    readonly IReadOnlyDictionary<string, Secret> _headers;

    WebhookSink(Uri url, WebhookSigner signer, IReadOnlyDictionary<string, Secret> headers, TimeProvider time)
        : base(url, time)
    {
        _url = url;
        _signer = signer;
        _headers = headers;
    }

    /// <summary>The <c>webhook</c> sink type.</summary>
    public static SinkSpec Spec { get; } = new(
        "webhook",
        "Posts each intervention to an HTTP endpoint, signed per Standard Webhooks 1.0.",
        [
            SinkOption.Url("url", "The endpoint's URL.", required: true),
            SinkOption.Secret("secret", "The signing secret: whsec_ and the base64 of 24 to 64 bytes. Several, separated by spaces, during a rotation.", required: true),
            SinkOption.Headers("headers", "Headers to send with each request, such as Authorization. Requires an https URL."),
        ],
        Create);

    /// <inheritdoc/>
    protected override ValueTask<HttpRequestMessage> RequestAsync(Intervention intervention, CancellationToken cancellationToken)
    {
        var body = Body(intervention);
        var timestamp = Time.GetUtcNow().ToUnixTimeSeconds();
        var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", intervention.Id);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", _signer.Sign(intervention.Id, timestamp, body.Span));
        foreach (var (name, value) in _headers)
        {
            request.Headers.TryAddWithoutValidation(name, value.Reveal());
        }

        return ValueTask.FromResult(request);
    }

    // Standard Webhooks: the receiver wants no more.
    /// <inheritdoc/>
    protected override HttpVerdict Judge(int status, ReadOnlyMemory<byte> body) =>
        status == 410 ? new(DeliveryOutcome.Disabled, "answered 410 Gone") : base.Judge(status, body);

    static SinkInstance Create(SinkSettings settings)
    {
        var problems = new SinkProblems();
        if (WebhookSigner.TryParse(settings.GetSecret("secret"), out var signer) is { } problem)
        {
            problems.Add(new SinkConfigurationException("secret", problem));
        }

        var (url, headers) = (settings.GetUrl("url"), settings.GetHeaders("headers"));
        if (headers.Count > 0 && !UrlOption.IsConfidential(url))
        {
            problems.Add(SinkConfigurationException.Expected("url", "an https URL, because 'headers' are sent"));
        }

        if (headers.Keys.FirstOrDefault(IsReserved) is { } reserved)
        {
            problems.Add(new SinkConfigurationException("headers", $"the sink sets '{reserved}' itself; remove it"));
        }

        problems.ThrowIfAny();

        return new WebhookSink(url, signer!, headers, settings.Time).Instance;
    }

    static bool IsReserved(string header) =>
        header.StartsWith("webhook-", StringComparison.OrdinalIgnoreCase) || header.StartsWith("content-", StringComparison.OrdinalIgnoreCase)
        || header.ToLowerInvariant() is "host" or "connection" or "transfer-encoding" or "expect" or "upgrade";

    // The timestamp is the time of the decision, so that the body is identical on every try.
    static ReadOnlyMemory<byte> Body(Intervention intervention)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("type"u8, "intervention.decided"u8);
        json.WriteString("timestamp"u8, intervention.DecidedAt.UtcDateTime);
        json.WritePropertyName("data"u8);
        JsonSerializer.Serialize(json, intervention, ContractsJson.Default.Intervention);
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }
}
