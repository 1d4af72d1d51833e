using System.Net;
using System.Net.Http.Headers;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>
/// Sends requests to identity providers. Bounds the size and the time of an answer. Does not follow redirects: they could lead to another host. Thread-safe.
/// </summary>
/// <param name="proxy">The proxy for other machines; <see langword="null"/> for the environment's.</param>
public sealed class FederationHttp(IWebProxy? proxy = null) : IDisposable
{
    /// <summary>Timeout of a request.</summary>
    public static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        Proxy = new DirectOnLoopback(proxy ?? HttpClient.DefaultProxy),
        MaxConnectionsPerServer = 8,
        MaxResponseHeadersLength = 16,
        ConnectTimeout = RequestTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = RequestTimeout,
        MaxResponseContentBufferSize = JsonWebKeySet.MaxSize,
    };

    /// <summary>Fetches a document.</summary>
    /// <param name="address">The address.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <param name="authorization">The credentials; <see langword="null"/> for none.</param>
    /// <returns>The document, or why it cannot be fetched.</returns>
    public Task<(byte[]? Body, string? Problem)> GetAsync(Uri address, CancellationToken cancellation, AuthenticationHeaderValue? authorization = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = authorization;
        return SendAsync(request, cancellation);
    }

    /// <summary>Posts a form.</summary>
    /// <param name="address">The address.</param>
    /// <param name="form">The fields.</param>
    /// <param name="authorization">The client's credentials; <see langword="null"/> for none.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The answer's body, or why there is none.</returns>
    public Task<(byte[]? Body, string? Problem)> PostAsync(
        Uri address, IEnumerable<KeyValuePair<string, string>> form, AuthenticationHeaderValue? authorization, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(form) };
        request.Headers.Authorization = authorization;
        return SendAsync(request, cancellation);
    }

    /// <summary>Returns whether requests to an address are permitted: https, or http on loopback.</summary>
    public static bool IsAllowed(Uri address) => address.IsAbsoluteUri && address.UserInfo.Length == 0
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    async Task<(byte[]? Body, string? Problem)> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        using (request)
        {
            request.Headers.Accept.ParseAdd("application/json");
            try
            {
                using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellation);
                return answer.StatusCode == HttpStatusCode.OK ? (await answer.Content.ReadAsByteArrayAsync(cancellation), null)
                    : (null, $"{request.RequestUri!.Authority} answers {(int)answer.StatusCode}");
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return (null, $"{request.RequestUri!.Authority} does not answer within {RequestTimeout.TotalSeconds} s");
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                return (null, $"{request.RequestUri!.Authority}: {e.Message}");
            }
        }
    }
}
