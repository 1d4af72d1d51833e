using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace CartRecovery.Tests.Support;

/// <summary>A client with a certificate, on either port of an engine.</summary>
/// <param name="engine">The engine.</param>
/// <param name="certificate">The certificate; null for none.</param>
/// <param name="chain">The intermediate certificates that it sends.</param>
sealed class MutualTls(InProcessEngine engine, X509Certificate2? certificate, params X509Certificate2[] chain) : IDisposable
{
    HttpClient? _client;

    /// <summary>An HTTP client that keeps its connection.</summary>
    public HttpClient Http => _client ??= new HttpClient(new SocketsHttpHandler { SslOptions = Options() }) { BaseAddress = engine.Host.Addresses[0], Timeout = Eventually.Deadline };

    public void Dispose() => _client?.Dispose();

    /// <summary>Asks, and returns the status and the problem's code.</summary>
    public async Task<(int Status, string? Code)> GetAsync(string path = "/v1/carts", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await Http.SendAsync(request);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        return ((int)answer.StatusCode, json.RootElement.TryGetProperty("code", out var code) ? code.GetString() : null);
    }

    /// <summary>Connects to the stream port.</summary>
    public Task<SslStream> ConnectAsync() => ConnectAsync(engine.Stream);

    /// <summary>Connects to a port.</summary>
    public async Task<SslStream> ConnectAsync(IPEndPoint port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(port);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(Options());
        return stream;
    }

    /// <summary>Sends a line to the stream port and reads one.</summary>
    public async Task<string> FirstLineAsync(string line)
    {
        await using var stream = await ConnectAsync();
        await stream.WriteAsync(EventJson.Utf8(line + "\n"));
        using var reader = new StreamReader(stream);
        return await reader.ReadLineAsync() ?? throw new IOException("closed");
    }

    SslClientAuthenticationOptions Options() => new()
    {
        TargetHost = "localhost",
        ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, [.. chain], offline: true),
        RemoteCertificateValidationCallback = (_, _, _, _) => true,
    };
}
