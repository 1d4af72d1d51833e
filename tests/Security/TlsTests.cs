using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>The HTTP port over TLS, with a private key that is in no file.</summary>
[TestFixture]
public sealed class TlsTests
{
    [Test]
    public async Task A_key_from_a_secret_source_serves_and_browsers_are_told_to_stay_with_TLS()
    {
        using var scratch = new Scratch();
        using var certificate = Certificate();
        var tls = Write(certificate, scratch, "shop.pem");
        await using var engine = await InProcessEngine.StartAsync(config => config.Listen.HttpTls = tls);
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { certificate },
            RevocationMode = X509RevocationMode.NoCheck,
        };
        using var client = new HttpClient(handler) { BaseAddress = engine.Host.Addresses[0] };

        using var answer = await client.GetAsync("/live");

        Assert.That(answer.IsSuccessStatusCode, Is.True);
        Assert.That(answer.Headers.GetValues("Strict-Transport-Security"), Is.EqualTo(new[] { "max-age=31536000" }));
    }

    [Test]
    public async Task A_reload_replaces_the_certificates_of_both_ports_and_open_connections_stay()
    {
        using var scratch = new Scratch();
        using var first = Certificate();
        using var second = Certificate();
        var (before, after) = (Write(first, scratch, "first.pem"), Write(second, scratch, "second.pem"));
        await using var engine = await InProcessEngine.StartAsync(config => config.Listen.HttpTls = config.Listen.StreamTls = before);
        await using var open = await ConnectAsync(engine.Stream);
        Assert.That((await ThumbprintAsync(engine.HttpPort), Thumbprint(open)), Is.EqualTo((first.Thumbprint, first.Thumbprint)));

        engine.Reload(config => config.Listen.HttpTls = config.Listen.StreamTls = after);

        Assert.That((await ThumbprintAsync(engine.HttpPort), await ThumbprintAsync(engine.Stream)), Is.EqualTo((second.Thumbprint, second.Thumbprint)));
        await open.WriteAsync(EventJson.Utf8($"{{\"key\":\"{InProcessEngine.Secret}\"}}\n{EventJson.Of("c1")}\n"));
        using var reader = new StreamReader(open);
        Assert.That(await reader.ReadLineAsync(), Does.Contain("\"ack\""), "the connection of before");

        var foreign = new TlsConfig { Certificate = before.Certificate, Key = after.Key };
        Assert.That(() => engine.Reload(config => config.Listen.HttpTls = foreign), Throws.InstanceOf<CryptographicException>(), "a key of another certificate");
        Assert.That(await ThumbprintAsync(engine.HttpPort), Is.EqualTo(second.Thumbprint), "nothing changed");
    }

    [Test]
    public async Task Both_ports_send_the_intermediate_certificates_of_the_file_and_a_reload_replaces_them()
    {
        using var scratch = new Scratch();
        using var root = TestCertificates.Authority("CN=servers");
        await using var engine = await InProcessEngine.StartAsync(config => config.Listen.HttpTls = config.Listen.StreamTls = Chain("first"));
        Assert.That(await TrustedAsync(), Is.EqualTo((true, true)));
        engine.Reload(config => config.Listen.HttpTls = config.Listen.StreamTls = Chain("second"));
        Assert.That(await TrustedAsync(), Is.EqualTo((true, true)), "after a reload");

        TlsConfig Chain(string name)
        {
            using var intermediate = TestCertificates.Authority($"CN={name}", root);
            using var leaf = TestCertificates.Client(intermediate, "CN=localhost", purpose: TestCertificates.ForServers);
            return new TlsConfig
            {
                Certificate = scratch.Write($"{name}.pem", $"{leaf.ExportCertificatePem()}\n{intermediate.ExportCertificatePem()}\n"),
                Key = leaf.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(),
            };
        }

        async Task<(bool Http, bool Stream)> TrustedAsync() => (await IsTrustedAsync(engine.HttpPort, root), await IsTrustedAsync(engine.Stream, root));
    }

    static async Task<bool> IsTrustedAsync(IPEndPoint port, X509Certificate2 root)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(port);
        await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var errors = SslPolicyErrors.None;
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { root }, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true },
            RemoteCertificateValidationCallback = (_, _, _, problems) =>
            {
                errors = problems;
                return true;
            },
        });
        return errors == SslPolicyErrors.None;
    }

    static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    }

    static TlsConfig Write(X509Certificate2 certificate, Scratch scratch, string name)
    {
        using var key = certificate.GetRSAPrivateKey()!;
        return new TlsConfig { Certificate = scratch.Write(name, certificate.ExportCertificatePem()), Key = key.ExportPkcs8PrivateKeyPem() };
    }

    static async Task<SslStream> ConnectAsync(IPEndPoint port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(port);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = (_, _, _, _) => true });
        return stream;
    }

    static async Task<string> ThumbprintAsync(IPEndPoint port)
    {
        await using var stream = await ConnectAsync(port);
        return Thumbprint(stream);
    }

    static string Thumbprint(SslStream stream) => stream.RemoteCertificate!.GetCertHashString();
}
