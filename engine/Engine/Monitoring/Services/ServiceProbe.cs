using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Monitoring.Services;

/// <summary>Checks services. Each check opens a connection of its own, as a shopper's first request does. Thread-safe.</summary>
/// <param name="time">The clock.</param>
public sealed class ServiceProbe(TimeProvider time)
{
    const int MaxBody = 64 << 10, MaxDetail = 200;

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
#pragma warning disable CA1031 // What a stranger's answer makes a protocol's code throw is a failed check, and must not end the checks.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return new ServiceResult(at, ServiceLevel.Unhealthy, time.GetElapsedTime(began), Cut(e.InnerException?.Message ?? e.Message));
        }
    }

    static async Task<(string? Problem, string Detail, DateTimeOffset? Until)> GetAsync(ServiceCheck check, CancellationToken cancellation)
    {
        var seen = new SeenCertificate();
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            MaxResponseHeadersLength = 64,
            Proxy = new DirectOnLoopback(HttpClient.DefaultProxy),
            SslOptions = { RemoteCertificateValidationCallback = seen.Validate },
        };
        using var http = new HttpClient(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, check.Target);
        request.Headers.UserAgent.ParseAdd("cartrecovery");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        var status = (int)response.StatusCode;
        var isExpected = check.Status is { } expected ? status == expected : status is >= 200 and < 400;
        var problem = seen.Problem
            ?? (isExpected ? null : Text($"status {status}, expected {check.Status?.ToString(CultureInfo.InvariantCulture) ?? "200 to 399"}"))
            ?? (check.Contains is { } wanted && !await ContainsAsync(response, wanted, cancellation) ? $"the answer does not contain \"{wanted}\"" : null);
        return (problem, Text($"status {status}"), seen.Until);
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
        var seen = new SeenCertificate();
        await using var stream = new SslStream(client.GetStream());
        var options = new SslClientAuthenticationOptions { TargetHost = HostOf(check).Host, RemoteCertificateValidationCallback = seen.Validate };
        await stream.AuthenticateAsClientAsync(options, cancellation);
        return (seen.Problem, Text($"certificate until {seen.Until:yyyy-MM-dd}"), seen.Until);
    }

    static async Task<(string?, string, DateTimeOffset?)> ResolveAsync(ServiceCheck check, CancellationToken cancellation)
    {
        var addresses = await Dns.GetHostAddressesAsync(check.Target, cancellation);
        return addresses.Length == 0 ? ("the name has no address", "", null) : (null, string.Join(", ", addresses.Take(4)), null);
    }

    static async Task<TcpClient> OpenAsync(ServiceCheck check, CancellationToken cancellation)
    {
        var (host, port) = HostOf(check);
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

    static (string Host, int Port) HostOf(ServiceCheck check) =>
        ServiceTarget.TrySplit(check.Target, out var host, out var port) ? (host, port) : throw new ArgumentException($"expected host:port, got \"{check.Target}\"");

    static string Cut(string text) => text.Length <= MaxDetail ? text : text[..MaxDetail];

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // Accepts every certificate: nothing secret is sent, and the expiry of one that is not valid is worth knowing. The problem fails the check.
    sealed class SeenCertificate
    {
        public DateTimeOffset? Until { get; private set; }

        public string? Problem { get; private set; }

        public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            Until = certificate is X509Certificate2 full ? new DateTimeOffset(full.NotAfter.ToUniversalTime()) : null;
            Problem = errors == SslPolicyErrors.None ? null : $"the certificate is not valid: {errors}";
            return true;
        }
    }
}
