using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Monitoring.Services;

namespace CartRecovery.Tests.Monitoring.Services;

/// <summary>Checks real servers on this machine.</summary>
public sealed class ServiceProbeTests
{
    ServiceProbe _probe = null!;
    TcpListener _server = null!;

    string Address => $"127.0.0.1:{((IPEndPoint)_server.LocalEndpoint).Port}";

    [SetUp]
    public void SetUp()
    {
        _probe = new ServiceProbe(TimeProvider.System);
        _server = new TcpListener(IPAddress.Loopback, 0);
        _server.Start();
    }

    [TearDown]
    public void TearDown()
    {
        _server.Dispose();
    }

    [TestCase("200 OK", null, null, ServiceLevel.Healthy, "status 200")]
    [TestCase("302 Found", null, null, ServiceLevel.Healthy, "status 302")]
    [TestCase("503 Service Unavailable", null, null, ServiceLevel.Unhealthy, "status 503, expected 200 to 399")]
    [TestCase("401 Unauthorized", 401, null, ServiceLevel.Healthy, "status 401")]
    [TestCase("200 OK", 204, null, ServiceLevel.Unhealthy, "status 200, expected 204")]
    [TestCase("200 OK", null, "wor", ServiceLevel.Healthy, "status 200")]
    [TestCase("200 OK", null, "gone", ServiceLevel.Unhealthy, "the answer does not contain \"gone\"")]
    public async Task An_HTTP_service_answers_as_expected(string status, int? expected, string? contains, ServiceLevel level, string detail)
    {
        var serving = AnswerAsync($"HTTP/1.1 {status}\r\nContent-Length: 5\r\nConnection: close\r\n\r\nworks");
        var result = await _probe.RunAsync(Check(ServiceKind.Http, $"http://{Address}/live") with { Status = expected, Contains = contains }, default);
        Assert.That((result.Level, result.Detail), Is.EqualTo((level, detail)));
        Assert.That(await serving, Does.StartWith("GET /live HTTP/1.1\r\n"));
    }

    [Test]
    public async Task A_slow_answer_is_degraded_and_none_in_time_is_a_failure()
    {
        var serving = AnswerAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        Assert.That((await _probe.RunAsync(Check(ServiceKind.Http, $"http://{Address}/") with { Slow = TimeSpan.Zero }, default)).Level, Is.EqualTo(ServiceLevel.Degraded));
        await serving;

        var silent = await _probe.RunAsync(Check(ServiceKind.Http, $"http://{Address}/") with { Timeout = TimeSpan.FromMilliseconds(50) }, default);
        Assert.That((silent.Level, silent.Detail), Is.EqualTo((ServiceLevel.Unhealthy, "no answer within 0.05 s")));
    }

    [Test]
    public async Task A_port_is_open_or_not()
    {
        Assert.That((await _probe.RunAsync(Check(ServiceKind.Tcp, Address), default)).Level, Is.EqualTo(ServiceLevel.Healthy));
        var address = Address;
        _server.Stop();
        var closed = await _probe.RunAsync(Check(ServiceKind.Tcp, address), default);
        Assert.That(closed.Level, Is.EqualTo(ServiceLevel.Unhealthy));
        Assert.That(closed.Detail, Does.Contain("refused"));
    }

    [Test]
    public async Task A_certificate_that_nobody_trusts_is_a_failure_and_its_expiry_is_shown()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var until = TimeProvider.System.GetUtcNow().AddDays(3);
        using var made = new CertificateRequest("CN=shop.example", key, HashAlgorithmName.SHA256).CreateSelfSigned(until.AddDays(-10), until);
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null);
        var serving = Task.Run(async () =>
        {
            using var client = await _server.AcceptTcpClientAsync();
            await using var stream = new SslStream(client.GetStream());
            await stream.AuthenticateAsServerAsync(certificate);
        });
        var result = await _probe.RunAsync(Check(ServiceKind.Tls, Address), default);
        await serving;
        Assert.That(result.Level, Is.EqualTo(ServiceLevel.Unhealthy));
        Assert.That(result.Detail, Does.StartWith("the certificate is not valid: ").And.Contain("RemoteCertificateChainErrors"));
        Assert.That(result.CertificateUntil, Is.EqualTo(until).Within(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public async Task An_HTTPS_service_with_a_certificate_that_nobody_trusts_is_a_failure()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var until = TimeProvider.System.GetUtcNow().AddDays(3);
        using var made = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(until.AddDays(-10), until);
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null);
        var serving = Task.Run(async () =>
        {
            using var client = await _server.AcceptTcpClientAsync();
            await using var stream = new SslStream(client.GetStream());
            await stream.AuthenticateAsServerAsync(certificate);
            var bytes = new byte[4096];
            _ = await stream.ReadAsync(bytes);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
        });
        var result = await _probe.RunAsync(Check(ServiceKind.Http, $"https://{Address}/"), default);
        await serving;
        Assert.That((result.Level, result.CertificateUntil is not null), Is.EqualTo((ServiceLevel.Unhealthy, true)));
        Assert.That(result.Detail, Does.StartWith("the certificate is not valid: "));
    }

    [Test]
    public async Task A_name_has_an_address_or_none()
    {
        var known = await _probe.RunAsync(Check(ServiceKind.Dns, "localhost"), default);
        Assert.That((known.Level, known.Detail), Is.EqualTo((ServiceLevel.Healthy, known.Detail)));
        Assert.That(known.Detail, Does.Contain("127.0.0.1").Or.Contain("::1"));
        Assert.That((await _probe.RunAsync(Check(ServiceKind.Dns, "no-such-shop.invalid"), default)).Level, Is.EqualTo(ServiceLevel.Unhealthy));
    }

    [Test]
    public void A_check_that_is_stopped_has_no_result()
    {
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Assert.That(async () => await _probe.RunAsync(Check(ServiceKind.Tcp, Address), stopped.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [TestCase("db:5432", "db", 5432)]
    [TestCase("10.0.0.1:1", "10.0.0.1", 1)]
    [TestCase("[::1]:443", "::1", 443)]
    public void A_target_is_a_host_and_a_port(string target, string host, int port) =>
        Assert.That((ServiceTarget.TrySplit(target, out var found, out var number), found, number), Is.EqualTo((true, host, port)));

    [TestCase("db")]
    [TestCase("db:0")]
    [TestCase("db:65536")]
    [TestCase(":443")]
    [TestCase("::1:443")]
    [TestCase("db:x")]
    public void Another_target_is_refused(string target) => Assert.That(ServiceTarget.TrySplit(target, out _, out _), Is.False);

    static ServiceCheck Check(ServiceKind kind, string target) => new() { Name = "service", Kind = kind, Target = target };

    async Task<string> AnswerAsync(string answer)
    {
        using var client = await _server.AcceptTcpClientAsync();
        var stream = client.GetStream();
        var bytes = new byte[4096];
        var length = await stream.ReadAsync(bytes);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
        return Encoding.ASCII.GetString(bytes, 0, length);
    }
}
