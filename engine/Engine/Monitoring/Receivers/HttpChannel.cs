using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using CartRecovery.Engine.Monitoring.Notices;

namespace CartRecovery.Engine.Monitoring.Receivers;

/// <summary>Delivers a notice with one HTTP request. 2xx is delivered; 408, 429 and 5xx are tried again, others are rejected.</summary>
abstract class HttpChannel : INoticeChannel
{
    readonly HttpClient _http;
    readonly AuthenticationHeaderValue? _authorization;
    readonly TimeProvider _time;

    /// <summary>Creates a channel.</summary>
    /// <param name="settings">The integration's settings; those below <c>http_config</c> say how it authorises.</param>
    /// <param name="time">The clock for dates in <c>Retry-After</c>.</param>
    protected HttpChannel(ChannelSettings settings, TimeProvider time)
    {
        _time = time;
        _authorization = AuthorizationOf(settings);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            // The sender has a limit of its own.
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("CartRecovery/1.0");
    }

    /// <inheritdoc/>
    public async ValueTask<NoticeVerdict> SendAsync(Notice notice, CancellationToken cancellationToken)
    {
        using var request = Request(notice);
        request.Headers.Authorization ??= _authorization;
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return Judge(response);
        }
        catch (HttpRequestException e)
        {
            // Without the address, which may be a secret.
            return NoticeVerdict.Retry(e.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => "the name did not resolve",
                HttpRequestError.ConnectionError => "could not connect",
                HttpRequestError.SecureConnectionError => "TLS failed",
                _ => "the connection failed",
            });
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return default;
    }

    /// <summary>Creates the request.</summary>
    protected abstract HttpRequestMessage Request(Notice notice);

    /// <summary>Creates a POST of JSON.</summary>
    protected static HttpRequestMessage Post(Uri url, ReadOnlyMemory<byte> json)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ReadOnlyMemoryContent(json) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return request;
    }

    NoticeVerdict Judge(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        var detail = string.Create(CultureInfo.InvariantCulture, $"the receiver answered {status}");
        return response.IsSuccessStatusCode ? NoticeVerdict.Delivered
            : status is 408 or 429 or >= 500 ? NoticeVerdict.Retry(detail, RetryAfter(response.Headers.RetryAfter))
            : NoticeVerdict.Rejected(detail);
    }

    TimeSpan? RetryAfter(RetryConditionHeaderValue? header) => header switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _time.GetUtcNow(),
        _ => null,
    };

    static AuthenticationHeaderValue? AuthorizationOf(ChannelSettings settings)
    {
        if (settings.Secret("http_config.authorization.credentials") is { } credentials)
        {
            return new AuthenticationHeaderValue(settings.Find("http_config.authorization.type") ?? "Bearer", credentials);
        }

        if (settings.Find("http_config.basic_auth.username") is { } user)
        {
            var password = settings.Secret("http_config.basic_auth.password") ?? "";
            return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        }

        return settings.Secret("http_config.bearer_token") is { } token ? new AuthenticationHeaderValue("Bearer", token) : null;
    }
}
