using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Plugins.Http;

namespace CartRecovery.Plugins;

/// <summary>
/// Sends each intervention as a push notification, over Firebase Cloud Messaging's HTTP v1 API. Subject and message are displayed; the
/// intervention, the cart and its restore link are data for the app.
/// </summary>
public sealed class PushSink : HttpSink
{
    readonly Uri _url;
    readonly AccessTokens _tokens;

    PushSink(Uri url, string credentials, TimeProvider time)
        : base(url, time)
    {
        _url = url;
        _tokens = new AccessTokens(credentials, Http, time);
    }

    /// <summary>The <c>push</c> sink type.</summary>
    public static SinkSpec Spec { get; } = new(
        "push",
        "Sends each intervention as a push notification, over Firebase Cloud Messaging.",
        [
            SinkOption.File("credentials", "The service account's JSON file from the Firebase console.", required: true),
            SinkOption.Url("url", "The API's base URL.", defaultValue: "https://fcm.googleapis.com", encrypted: true),
        ],
        settings => new PushSink(settings.GetUrl("url"), Path.GetFullPath(settings.GetText("credentials")), settings.Time).Instance)
    {
        Address = AddressKind.Push,
    };

    /// <inheritdoc/>
    public override async ValueTask ConnectAsync(CancellationToken cancellationToken) => await _tokens.GetAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose() => _tokens.Dispose();

    /// <inheritdoc/>
    protected override string? Reject(Intervention intervention) =>
        intervention.Recipient?.PushToken is null ? "the recipient has no push token" : null;

    /// <inheritdoc/>
    protected override async ValueTask<HttpRequestMessage> RequestAsync(Intervention intervention, CancellationToken cancellationToken)
    {
        var token = await _tokens.GetAsync(cancellationToken);
        var request = new HttpRequestMessage(HttpMethod.Post, $"{_url.AbsoluteUri.TrimEnd('/')}/v1/projects/{token.Project}/messages:send")
        {
            Content = new ReadOnlyMemoryContent(Body(intervention)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        return request;
    }

    /// <inheritdoc/>
    protected override HttpVerdict Judge(int status, ReadOnlyMemory<byte> body)
    {
        var (kind, code) = ErrorOf(body);
        var reason = (code ?? kind) is { } word ? $"answered {status}, {word}" : $"answered {status}";
        switch (status)
        {
            // A 404 without the API's error code means a wrong URL, not a wrong token.
            case 404 when kind == "NOT_FOUND" || code == "UNREGISTERED":
                return new(DeliveryOutcome.Bounced, reason);
            case 401:
                _tokens.Discard();
                return new(DeliveryOutcome.Retry, reason);
            // The token belongs to another sender.
            case 403 when code == "SENDER_ID_MISMATCH":
                return new(DeliveryOutcome.Rejected, reason);
            case 403:
                return new(DeliveryOutcome.Retry, reason);
            default:
                return HttpVerdict.Of(status) with { Reason = reason };
        }
    }

    static ReadOnlyMemory<byte> Body(Intervention intervention)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteStartObject("message"u8);
        json.WriteString("token"u8, intervention.Recipient!.PushToken);
        json.WriteStartObject("notification"u8);
        if (intervention.Subject is { } subject)
        {
            json.WriteString("title"u8, subject);
        }

        json.WriteString("body"u8, intervention.Message);
        json.WriteEndObject();
        json.WriteStartObject("data"u8);
        json.WriteString("intervention"u8, intervention.Id);
        json.WriteString("cart"u8, intervention.CartId);
        if (intervention.Links?.Restore is { } link)
        {
            json.WriteString("link"u8, link);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    // {"error":{"status":"NOT_FOUND","details":[{"errorCode":"UNREGISTERED"}]}}
    static (string? Kind, string? Code) ErrorOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            var error = JsonSerializer.Deserialize(body.Span, PushJson.Default.FcmResponse)?.Error;
            return (Word(error?.Status), Word(error?.Details?.FirstOrDefault(detail => detail.ErrorCode is not null)?.ErrorCode));
        }
        catch (JsonException)
        {
            return default;
        }
    }

    // Accept only the form of the API's error names, never arbitrary text.
    static string? Word(string? text) =>
        text is { Length: > 0 and < 50 } && text.All(c => char.IsAsciiLetterUpper(c) || c == '_') ? text : null;
}
