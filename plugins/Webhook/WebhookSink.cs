using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Plugins.Http;

namespace CartRecovery.Plugins;

/// <summary>
/// Posts each intervention to an HTTP endpoint, signed per Standard Webhooks 1.0, or several of them in a request. <c>webhook-id</c> is the
/// intervention's id, the same on every try, so that the receiver can detect duplicates; of several, a hash of their ids.
/// </summary>
public sealed class WebhookSink : HttpSink
{
    const int MaxPerRequest = 256;

    readonly Uri _url;
    readonly WebhookSigner _signer;
    readonly IReadOnlyDictionary<string, Secret> _headers;
    readonly int _perRequest;

    WebhookSink(Uri url, WebhookSigner signer, IReadOnlyDictionary<string, Secret> headers, int perRequest, TimeProvider time)
        : base(url, time)
    {
        _perRequest = perRequest;
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
            SinkOption.Integer("perRequest",
                "Interventions per request. Several have the type interventions.decided, and data is a list.",
                min: 1, max: MaxPerRequest, defaultValue: 1),
        ],
        Create);

    /// <inheritdoc/>
    protected override int GroupSize => _perRequest;

    /// <inheritdoc/>
    protected override ValueTask<HttpRequestMessage> RequestAsync(Intervention intervention, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Request(intervention.Id, Body(intervention)));

    /// <inheritdoc/>
    protected override HttpRequestMessage GroupRequest(IReadOnlyList<Intervention> interventions) =>
        Request(IdOf(interventions), Body(interventions));

    HttpRequestMessage Request(string id, ReadOnlyMemory<byte> body)
    {
        var timestamp = Time.GetUtcNow().ToUnixTimeSeconds();
        var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.TryAddWithoutValidation("webhook-id", id);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("webhook-signature", _signer.Sign(id, timestamp, body.Span));
        foreach (var (name, value) in _headers)
        {
            request.Headers.TryAddWithoutValidation(name, value.Reveal());
        }

        return request;
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

        return new WebhookSink(url, signer!, headers, (int)settings.GetInteger("perRequest"), settings.Time).Instance;
    }

    static bool IsReserved(string header) =>
        header.StartsWith("webhook-", StringComparison.OrdinalIgnoreCase) || header.StartsWith("content-", StringComparison.OrdinalIgnoreCase)
        || header.ToLowerInvariant() is "host" or "connection" or "transfer-encoding" or "expect" or "upgrade";

    // The same interventions are the same request, whenever it is tried again.
    static string IdOf(IReadOnlyList<Intervention> interventions)
    {
        var ids = Encoding.UTF8.GetBytes(string.Join('\n', interventions.Select(i => i.Id)));
        return "batch_" + Convert.ToHexStringLower(SHA256.HashData(ids).AsSpan(0, 16));
    }

    // The timestamp is the time of the decision, of several the first, so that the body is identical on every try.
    static ReadOnlyMemory<byte> Body(Intervention intervention)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using var json = Begin(body, "intervention.decided"u8, intervention);
        JsonSerializer.Serialize(json, intervention, ContractsJson.Default.Intervention);
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    static ReadOnlyMemory<byte> Body(IReadOnlyList<Intervention> interventions)
    {
        var body = new ArrayBufferWriter<byte>(interventions.Count * 1024);
        using var json = Begin(body, "interventions.decided"u8, interventions[0]);
        json.WriteStartArray();
        foreach (var intervention in interventions)
        {
            JsonSerializer.Serialize(json, intervention, ContractsJson.Default.Intervention);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    static Utf8JsonWriter Begin(ArrayBufferWriter<byte> body, ReadOnlySpan<byte> type, Intervention first)
    {
        var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        json.WriteString("timestamp"u8, first.DecidedAt.UtcDateTime);
        json.WritePropertyName("data"u8);
        return json;
    }
}
