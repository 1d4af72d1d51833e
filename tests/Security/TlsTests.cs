using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Engine.Configuration;
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
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        var file = scratch.Write("shop.pem", certificate.ExportCertificatePem());
        await using var engine = await InProcessEngine.StartAsync(config => config.Listen.HttpTls = new TlsConfig { Certificate = file, Key = key.ExportPkcs8PrivateKeyPem() });
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
}
