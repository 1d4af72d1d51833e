using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Host.Api.Access.Certificates;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>Client certificates on both ports: who they stand for, which are refused, and what a reload changes.</summary>
[TestFixture]
sealed class ClientCertificateTests
{
    const string Operator = "spiffe://shop.example/ops", Server = "CN=shop-server, O=Shop";

    static readonly DateTimeOffset s_now = TimeProvider.System.GetUtcNow();

    Scratch _scratch = null!;
    X509Certificate2 _authority = null!;
    InProcessEngine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _scratch = new Scratch();
        _authority = Authority("CN=clients");
        _scratch.Write("ca.pem", _authority.ExportCertificatePem());
        _engine = await InProcessEngine.StartAsync(config => (config.Listen.HttpTls, config.Listen.StreamTls, config.Listen.TcpKey) = (Tls(), Tls(), null));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        _authority.Dispose();
        _scratch.Dispose();
    }

    [Test]
    public async Task A_certificate_stands_for_roles_or_a_stores_key()
    {
        using var ops = Certificate(_authority, "CN=whoever", Operator);
        using var server = Certificate(_authority, "CN=shop-server,O=Shop");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await GetAsync("/v1/carts", ops), Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await GetAsync("/v1/auth/me", ops), Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await GetAsync("/v1/audit", ops), Is.EqualTo(HttpStatusCode.Forbidden), "a role in one store");
            Assert.That(await GetAsync("/v1/carts", server), Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await GetAsync("/v1/auth/me", server), Is.EqualTo(HttpStatusCode.Forbidden), "a store's key is no user");
            Assert.That(await GetAsync("/v1/carts", certificate: null), Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(await GetAsync("/v1/carts", certificate: null, InProcessEngine.Secret), Is.EqualTo(HttpStatusCode.OK), "keys go on");
            Assert.That(await FirstLineAsync(server, EventJson.Of("mtls-1")), Does.Contain("\"ack\""), "a stream needs no key");
            Assert.That(await FirstLineAsync(certificate: null, EventJson.Of("mtls-2")), Does.Contain("\"unknown_key\""));
        }
    }

    [Test]
    public async Task A_certificate_that_stands_for_nobody_says_so_and_may_come_with_a_key()
    {
        using var unknown = Certificate(_authority, "CN=unknown");
        using var two = Certificate(_authority, "CN=shop-server, O=Shop", Operator, "spiffe://shop.example/other");
        Assert.That(await CodeAsync(unknown), Is.EqualTo("client_certificate_unknown"));
        Assert.That(await CodeAsync(two), Is.EqualTo("client_certificate_unknown"), "two SPIFFE ids are none");
        Assert.That(await GetAsync("/v1/carts", unknown, InProcessEngine.Secret), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_certificate_that_is_not_trusted_cannot_connect()
    {
        using var other = Authority("CN=clients");
        using var foreign = Certificate(other, "CN=shop-server, O=Shop");
        using var expired = Certificate(_authority, "CN=shop-server, O=Shop", until: s_now.AddMinutes(-1));
        using var forServers = Certificate(_authority, "CN=shop-server, O=Shop", purpose: "1.3.6.1.5.5.7.3.1");
        using var itself = Authority("CN=shop-server, O=Shop");
        foreach (var certificate in (X509Certificate2[])[foreign, expired, forServers, itself])
        {
            Assert.That(async () => await GetAsync("/v1/carts", certificate), Throws.InstanceOf<HttpRequestException>());
            Assert.That(async () => await FirstLineAsync(certificate, EventJson.Of("mtls-3")), Throws.InstanceOf<IOException>().Or.InstanceOf<AuthenticationException>());
        }
    }

    [Test]
    public async Task A_reload_takes_an_identity_or_a_certificate_away_and_closes_its_connections()
    {
        using var server = Certificate(_authority, "CN=shop-server, O=Shop");
        using var ops = Certificate(_authority, "CN=whoever", Operator);
        await using var open = await ConnectAsync(server);
        await open.WriteAsync(EventJson.Utf8(EventJson.Of("mtls-4") + "\n"));
        using var lines = new StreamReader(open);
        Assert.That(await lines.ReadLineAsync(), Does.Contain("\"ack\""));

        _engine.Reload(config =>
        {
            config.Listen.StreamTls!.Clients!.Identities.Remove(Server);
            config.Listen.HttpTls!.Clients!.Identities.Remove(Server);
        });
        Assert.That(async () => await lines.ReadLineAsync(), Throws.InstanceOf<IOException>().Or.Null);
        Assert.That(await CodeAsync(server), Is.EqualTo("client_certificate_unknown"));

        _engine.Reload(config => config.Listen.HttpTls!.Clients!.Crl = Revoke(_authority, ops));
        Assert.That(async () => await GetAsync("/v1/carts", ops), Throws.InstanceOf<HttpRequestException>());
        Assert.That(await GetAsync("/v1/carts", server), Is.EqualTo(HttpStatusCode.OK), "others stay");

        using var other = Authority("CN=clients");
        Assert.That(() => _engine.Reload(config => config.Listen.HttpTls!.Clients!.Crl = Revoke(other, ops)), Throws.InstanceOf<CryptographicException>(), "another authority's list");
        Assert.That(() => _engine.Reload(config => config.Listen.HttpTls!.Clients!.Crl = Revoke(_authority, ops, s_now.AddMinutes(-1))), Throws.InstanceOf<CryptographicException>(), "an old list");
        Assert.That(async () => await GetAsync("/v1/carts", ops), Throws.InstanceOf<HttpRequestException>(), "nothing changed");
        _engine.Reload(_ => { });
        Assert.That(await GetAsync("/v1/carts", ops), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public void A_list_in_force_that_expires_refuses_every_certificate()
    {
        using var revoked = Certificate(_authority, "CN=revoked");
        using var server = Certificate(_authority, "CN=shop-server, O=Shop");
        var clients = Tls().Clients!;
        clients.Crl = Revoke(_authority, revoked, s_now.AddHours(1));
        var trust = ClientTrust.Load(clients, _scratch.Folder, s_now)!;
        Assert.That((ProblemOf(server, 59), ProblemOf(revoked, 59)), Is.EqualTo(((string?)null, "it is revoked")));
        Assert.That((ProblemOf(server, 61), ProblemOf(revoked, 61)), Is.EqualTo(("the revocation list of CN=clients has expired; get the next one, and reload", "it is revoked")));

        string? ProblemOf(X509Certificate2 certificate, int minutes) => trust.Verify(certificate, [], s_now.AddMinutes(minutes)).Problem;
    }

    [Test]
    public async Task Where_certificates_are_required_nobody_connects_without()
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Listen.HttpTls = Tls();
            config.Listen.HttpTls.Clients!.Required = true;
        });
        using var server = Certificate(_authority, "CN=shop-server, O=Shop");
        Assert.That(async () => await GetAsync("/v1/carts", certificate: null, InProcessEngine.Secret, engine), Throws.InstanceOf<HttpRequestException>());
        Assert.That(await GetAsync("/v1/carts", server, engine: engine), Is.EqualTo(HttpStatusCode.OK));
    }

    TlsConfig Tls()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(s_now.AddDays(-1), s_now.AddDays(1));
        return new TlsConfig
        {
            Certificate = _scratch.Write($"{Guid.NewGuid()}.pem", certificate.ExportCertificatePem()),
            Key = key.ExportPkcs8PrivateKeyPem(),
            Clients = new ClientCertificatesConfig
            {
                Ca = _scratch.PathOf("ca.pem"),
                Identities = { [Operator] = new ClientIdentityConfig { Roles = "operator@demo" }, [Server] = new ClientIdentityConfig { Key = InProcessEngine.Secret } },
            },
        };
    }

    string Revoke(X509Certificate2 authority, X509Certificate2 certificate, DateTimeOffset? until = null)
    {
        var list = new CertificateRevocationListBuilder();
        list.AddEntry(certificate);
        var end = until ?? s_now.AddDays(1);
        File.WriteAllBytes(_scratch.PathOf("revoked.crl"), list.Build(authority, 1, end, HashAlgorithmName.SHA256, thisUpdate: end.AddDays(-2)));
        return _scratch.PathOf("revoked.crl");
    }

    static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(s_now.AddDays(-10), s_now.AddDays(10));
    }

    static X509Certificate2 Certificate(X509Certificate2 authority, string subject, params string[] ids) => Certificate(authority, subject, s_now.AddDays(1), "1.3.6.1.5.5.7.3.2", ids);

    static X509Certificate2 Certificate(X509Certificate2 authority, string subject, DateTimeOffset? until = null, string purpose = "1.3.6.1.5.5.7.3.2", params string[] ids)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("client.example");
        foreach (var id in ids)
        {
            names.AddUri(new Uri(id));
        }

        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(authority, s_now.AddDays(-5), until ?? s_now.AddDays(1), RandomNumberGenerator.GetBytes(16));
        using var withKey = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), password: null);
    }

    async Task<HttpStatusCode> GetAsync(string path, X509Certificate2? certificate, string? key = null, InProcessEngine? engine = null)
    {
        using var answer = await AskAsync(path, certificate, key, engine ?? _engine);
        return answer.StatusCode;
    }

    async Task<string?> CodeAsync(X509Certificate2 certificate)
    {
        using var answer = await AskAsync("/v1/carts", certificate, key: null, _engine);
        using var json = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        return json.RootElement.GetProperty("code").GetString();
    }

    static async Task<HttpResponseMessage> AskAsync(string path, X509Certificate2? certificate, string? key, InProcessEngine engine)
    {
        using var handler = new SocketsHttpHandler();
        handler.SslOptions = Options(certificate);
        using var client = new HttpClient(handler) { BaseAddress = engine.Host.Addresses[0], Timeout = Eventually.Deadline };
        if (key is not null)
        {
            client.DefaultRequestHeaders.Add("X-Api-Key", key);
        }

        return await client.GetAsync(path);
    }

    async Task<string?> FirstLineAsync(X509Certificate2? certificate, string line)
    {
        await using var stream = await ConnectAsync(certificate);
        await stream.WriteAsync(EventJson.Utf8(line + "\n"));
        using var reader = new StreamReader(stream);
        return await reader.ReadLineAsync() ?? throw new IOException("closed");
    }

    async Task<SslStream> ConnectAsync(X509Certificate2? certificate)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_engine.Stream);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(Options(certificate));
        return stream;
    }

    static SslClientAuthenticationOptions Options(X509Certificate2? certificate) => new()
    {
        TargetHost = "localhost",
        ClientCertificates = certificate is null ? [] : [certificate],
        LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate!,
        RemoteCertificateValidationCallback = (_, _, _, _) => true,
    };
}
