using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using CartRecovery.Contracts;

namespace CartRecovery.Plugins;

/// <summary>
/// Posts each intervention to an HTTP endpoint, signed as Standard Webhooks 1.0 says. <c>webhook-id</c> is the intervention's id, the same
/// on every try, so that the receiver can tell a repetition.
/// </summary>
public sealed class WebhookSink : ISink
{
    // Posts of one batch that are under way at once.
    const int Concurrency = 8;

    // What is read of an answer at most; the connection is closed where there is more.
    const int AnswerBytes = 64 * 1024;

    readonly Uri _url;
    readonly WebhookSigner _signer;
    readonly TimeProvider _time;
    readonly HttpClient _http;
    volatile SinkHealth _health;

    WebhookSink(Uri url, WebhookSigner signer, TimeProvider time)
    {
        _url = url;
        _signer = signer;
        _time = time;
        _health = new SinkHealth(Healthy: true, $"nothing sent to {url.Authority} yet");
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // New connections now and then, so that a change of the receiver's address is seen.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseDrainSize = AnswerBytes,
        })
        {
            // The engine has the timeout.
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("CartRecovery", "1.0"));
    }

    /// <summary>The kind of sink called <c>webhook</c>.</summary>
    public static SinkSpec Spec { get; } = new(
        "webhook",
        "Posts each intervention to an HTTP endpoint, signed as Standard Webhooks 1.0 says.",
        [
            new SinkOption("url", "Where to post: an absolute http or https address.", Required: true),
            new SinkOption("secret", "The signing secret, whsec_ and the base64 of 24 to 64 bytes; several, separated by spaces, while one " +
                "is being replaced.", Required: true, Secret: true),
        ],
        Create);

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public async ValueTask WriteAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken };
        try
        {
            await Parallel.ForAsync(0, batch.Items.Count, options, (index, token) => PostAsync(batch, index, token));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Out of time: what was not posted is not marked, and there is no connection to make again.
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return default;
    }

    static SinkInstance Create(SinkSettings settings)
    {
        if (!Uri.TryCreate(settings.Get("url"), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new SinkConfigurationException("url", "must be an absolute http or https address");
        if (url.UserInfo.Length > 0)
            throw new SinkConfigurationException("url", "must not hold a user name or password");
        if (WebhookSigner.TryParse(settings.Get("secret"), out var signer) is { } problem)
            throw new SinkConfigurationException("secret", problem);
        var sink = new WebhookSink(url, signer!, settings.Time);
        return new SinkInstance(sink, _ => ValueTask.FromResult(sink._health));
    }

    async ValueTask PostAsync(DeliveryBatch batch, int index, CancellationToken cancellationToken)
    {
        var intervention = batch.Items[index];
        try
        {
            using var request = Request(intervention);
            // Disposing the answer reads what is left of a short one, and cuts a long one off.
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            Judge(batch, index, response);
        }
        catch (HttpRequestException error)
        {
            // The error's kind and not its text, which may quote the address.
            var reason = error.HttpRequestError == HttpRequestError.Unknown ? "the connection failed" : Words(error.HttpRequestError);
            batch.Retry(index, reason);
            Keep(healthy: false, reason);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            batch.Retry(index, "no answer in time");
            Keep(healthy: false, "no answer in time");
        }
    }

    HttpRequestMessage Request(Intervention intervention)
    {
        var body = Body(intervention);
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds();
        var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", intervention.Id);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", _signer.Sign(intervention.Id, timestamp, body.Span));
        return request;
    }

    // The timestamp is when it was decided, so the body is the same on every try.
    static ReadOnlyMemory<byte> Body(Intervention intervention)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("type"u8, "intervention.decided"u8);
        json.WriteString("timestamp"u8, intervention.DecidedAt);
        json.WritePropertyName("data"u8);
        JsonSerializer.Serialize(json, intervention, ContractsJson.Default.Intervention);
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    void Judge(DeliveryBatch batch, int index, HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode)
        {
            batch.Deliver(index);
            Keep(healthy: true, $"answered {status}");
            return;
        }

        var reason = status is >= 300 and < 400 ? $"answered {status}; redirects are not followed" : $"answered {status}";
        if (status is 408 or 409 or 425 or 429 or >= 500)
            batch.Retry(index, reason, RetryAfter(response));
        else
            batch.Reject(index, reason);
        Keep(healthy: false, reason);
    }

    TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _time.GetUtcNow(),
        _ => null,
    };

    void Keep(bool healthy, string lastAttempt)
    {
        var detail = $"{_url.Authority}: {lastAttempt}";
        if (_health.Healthy != healthy || _health.Detail != detail)
            _health = new SinkHealth(healthy, detail);
    }

    static string Words(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => "the name did not resolve",
        HttpRequestError.ConnectionError => "could not connect",
        HttpRequestError.SecureConnectionError => "TLS failed",
        HttpRequestError.ResponseEnded => "the connection was closed without an answer",
        _ => error.ToString(),
    };
}
