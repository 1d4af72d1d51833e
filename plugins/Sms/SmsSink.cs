using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Plugins.Http;

namespace CartRecovery.Plugins;

/// <summary>
/// Sends each intervention's message as a text message, over Twilio's Messages API or a compatible one. The API has no idempotency key, so
/// a request whose response was lost is retried and may arrive twice.
/// </summary>
public sealed class SmsSink : HttpSink
{
    readonly Uri _url;
    readonly AuthenticationHeaderValue _credentials;
    readonly KeyValuePair<string, string> _sender;

    SmsSink(Uri url, string account, Secret token, string from, TimeProvider time)
        : base(url, time)
    {
        _url = new Uri($"{url.AbsoluteUri.TrimEnd('/')}/2010-04-01/Accounts/{account}/Messages.json");
        _credentials = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{account}:{token.Reveal()}")));
        _sender = new(IsSid(from, "MG") ? "MessagingServiceSid" : "From", from);
    }

    /// <summary>The <c>sms</c> sink type.</summary>
    public static SinkSpec Spec { get; } = new(
        "sms",
        "Sends each intervention as a text message, over Twilio or a compatible API.",
        [
            SinkOption.Text("account", "The account's SID: AC and 32 hexadecimal digits.", required: true),
            SinkOption.Secret("token", "The account's auth token.", required: true),
            SinkOption.Text("from", "The sender: a number in E.164 (+15005550006), a name, or a messaging service's SID (MG…).", required: true),
            SinkOption.Url("url", "The API's base URL.", defaultValue: "https://api.twilio.com", encrypted: true),
        ],
        Create)
    {
        Address = AddressKind.Phone,
    };

    /// <inheritdoc/>
    protected override string? Reject(Intervention intervention) =>
        intervention.Recipient?.Phone is null ? "the recipient has no phone number" : null;

    /// <inheritdoc/>
    protected override ValueTask<HttpRequestMessage> RequestAsync(Intervention intervention, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _url)
        {
            Content = new FormUrlEncodedContent([new("To", intervention.Recipient!.Phone), _sender, new("Body", intervention.Message)]),
        };
        request.Headers.Authorization = _credentials;
        return ValueTask.FromResult(request);
    }

    /// <inheritdoc/>
    protected override HttpVerdict Judge(int status, ReadOnlyMemory<byte> body)
    {
        var code = CodeOf(body);
        var reason = code is null ? $"answered {status}" : $"answered {status} with code {code}";
        return (status, code) switch
        {
            (_, 21211) => new(DeliveryOutcome.Bounced, $"{reason}: no such number"),
            (_, 21614) => new(DeliveryOutcome.Bounced, $"{reason}: not a mobile number"),
            (_, 21610) => new(DeliveryOutcome.Bounced, $"{reason}: the recipient has unsubscribed"),
            // Wrong credentials: retry, so that messages go out once they are fixed.
            (401 or 403, _) => new(DeliveryOutcome.Retry, reason),
            _ => HttpVerdict.Of(status) with { Reason = reason },
        };
    }

    static SinkInstance Create(SinkSettings settings)
    {
        var account = settings.GetText("account");
        if (!IsSid(account, "AC"))
        {
            throw SinkConfigurationException.Expected("account", "AC and 32 hexadecimal digits");
        }

        return new SmsSink(settings.GetUrl("url"), account, settings.GetSecret("token"), settings.GetText("from"), settings.Time).Instance;
    }

    static bool IsSid(string text, string kind) =>
        text.Length == 34 && text.StartsWith(kind, StringComparison.Ordinal) && text.AsSpan(2).IndexOfAnyExcept("0123456789abcdef") < 0;

    static int? CodeOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var response = JsonDocument.Parse(body);
            return response.RootElement.ValueKind == JsonValueKind.Object
                && response.RootElement.TryGetProperty("code"u8, out var code) && code.ValueKind == JsonValueKind.Number && code.TryGetInt32(out var number)
                ? number
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
