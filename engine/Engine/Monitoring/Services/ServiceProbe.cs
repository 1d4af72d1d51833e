using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CartRecovery.Engine.Monitoring.Services;

/// <summary>Checks services. Each check opens a connection of its own, as a shopper's first request does. Thread-safe.</summary>
/// <param name="time">The clock.</param>
public sealed class ServiceProbe(TimeProvider time) : IDisposable
{
    const int MaxBody = 64 << 10, MaxDetail = 200;

    readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        MaxResponseHeadersLength = 64,
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Checks a service. Whatever goes wrong is the result.</summary>
    /// <param name="check">The check.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public async Task<ServiceResult> RunAsync(ServiceCheck check, CancellationToken cancellation)
    {
        var (at, began) = (time.GetUtcNow(), time.GetTimestamp());
        using var timeout = new CancellationTokenSource(check.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            var (problem, detail, until) = check.Kind switch
            {
                ServiceKind.Http => await GetAsync(check, both.Token),
                ServiceKind.Tls => await ShakeHandsAsync(check, both.Token),
                ServiceKind.Dns => await ResolveAsync(check, both.Token),
                _ => await ConnectAsync(check, both.Token),
            };
            var took = time.GetElapsedTime(began);
            if (problem is not null)
            {
                return new ServiceResult(at, ServiceLevel.Unhealthy, took, Cut(problem), until);
            }

            if (until is { } expires && expires - at < check.Expiry)
            {
                return new ServiceResult(at, ServiceLevel.Degraded, took, Text($"the certificate expires on {expires:yyyy-MM-dd}"), until);
            }

            return took > check.Slow ? new ServiceResult(at, ServiceLevel.Degraded, took, Text($"slower than {check.Slow.TotalMilliseconds:F0} ms"), until)
                : new ServiceResult(at, ServiceLevel.Healthy, took, Cut(detail), until);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new ServiceResult(at, ServiceLevel.Unhealthy, time.GetElapsedTime(began), Text($"no answer within {check.Timeout.TotalSeconds:0.###} s"));
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException or AuthenticationException or ArgumentException)
        {
            return new ServiceResult(at, ServiceLevel.Unhealthy, time.GetElapsedTime(began), Cut(e.InnerException?.Message ?? e.Message));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    async Task<(string? Problem, string Detail, DateTimeOffset? Until)> GetAsync(ServiceCheck check, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, check.Target);
        request.Headers.UserAgent.ParseAdd("cartrecovery");
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        var status = (int)response.StatusCode;
        var isExpected = check.Status == 0 ? status is >= 200 and < 400 : status == check.Status;
        if (!isExpected)
        {
            return (Text($"status {status}, expected {(check.Status == 0 ? "200 to 399" : check.Status)}"), "", null);
        }

        if (check.Contains is { } wanted && !await ContainsAsync(response, wanted, cancellation))
        {
            return (Text($"the answer does not contain \"{wanted}\""), "", null);
        }

        return (null, Text($"status {status}"), null);
    }

    static async Task<bool> ContainsAsync(HttpResponseMessage response, string wanted, CancellationToken cancellation)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var bytes = new byte[MaxBody];
        var length = await body.ReadAtLeastAsync(bytes, MaxBody, throwOnEndOfStream: false, cancellation);
        return bytes.AsSpan(0, length).IndexOf(Encoding.UTF8.GetBytes(wanted)) >= 0;
    }

    static async Task<(string?, string, DateTimeOffset?)> ConnectAsync(ServiceCheck check, CancellationToken cancellation)
    {
        using var client = await OpenAsync(check, cancellation);
        return (null, "connected", null);
    }

    static async Task<(string?, string, DateTimeOffset?)> ShakeHandsAsync(ServiceCheck check, CancellationToken cancellation)
    {
        using var client = await OpenAsync(check, cancellation);
        DateTimeOffset? until = null;
        var errors = SslPolicyErrors.None;
        await using var stream = new SslStream(client.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = HostOf(check.Target).Host,

            // Also of a certificate that is not valid, the expiry is shown.
            RemoteCertificateValidationCallback = (_, certificate, _, found) =>
            {
                errors = found;
                until = certificate is X509Certificate2 full ? full.NotAfter.ToUniversalTime() : null;
                return true;
            },
        };
        await stream.AuthenticateAsClientAsync(options, cancellation);
        return (errors == SslPolicyErrors.None ? null : $"the certificate is not valid: {errors}", Text($"certificate until {until:yyyy-MM-dd}"), until);
    }

    static async Task<(string?, string, DateTimeOffset?)> ResolveAsync(ServiceCheck check, CancellationToken cancellation)
    {
        var addresses = await Dns.GetHostAddressesAsync(check.Target, cancellation);
        return addresses.Length == 0 ? ("the name has no address", "", null) : (null, string.Join(", ", addresses.Take(4)), null);
    }

    static async Task<TcpClient> OpenAsync(ServiceCheck check, CancellationToken cancellation)
    {
        var (host, port) = HostOf(check.Target);
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync(host, port, cancellation);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Splits <c>host:port</c>; an IPv6 address stands in brackets.</summary>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public static (string Host, int Port) HostOf(string target)
    {
        var colon = target.LastIndexOf(':');
        return colon > 0 && int.TryParse(target.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535
            && (target[0] == '[') == (target[colon - 1] == ']') && (target[0] == '[' || !target[..colon].Contains(':', StringComparison.Ordinal))
            ? (target[..colon].Trim('[', ']'), port) : throw new ArgumentException($"expected host:port, got \"{target}\"");
    }

    static string Cut(string text) => text.Length <= MaxDetail ? text : text[..MaxDetail];

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
