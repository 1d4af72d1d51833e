using System.Formats.Asn1;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Api.Access.Certificates;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>Chains of client certificates on both ports: what is trusted, named, revoked and expired, and that a client cannot make the engine fetch anything.</summary>
[TestFixture]
sealed class ClientChainTests
{
    const string Server = "CN=shop-server, O=Shop", Ops = "spiffe://shop.example/ops", Pinned = "spiffe://partner.example/sync";

    static readonly DateTimeOffset s_now = TimeProvider.System.GetUtcNow();

    Scratch _scratch = null!;
    X509Certificate2 _root = null!, _partner = null!, _intermediate = null!;
    InProcessEngine _engine = null!;
    string _certificate = "", _key = "";

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _scratch = new Scratch();
        _root = TestCertificates.Authority("CN=root");
        _partner = TestCertificates.Authority("CN=partner");
        _intermediate = TestCertificates.Authority("CN=intermediate", _root);
        _scratch.Write("ca.pem", $"{_root.ExportCertificatePem()}\n{_partner.ExportCertificatePem()}\n");
        _scratch.Write("partner.pem", _partner.ExportCertificatePem());
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(s_now.AddDays(-1), s_now.AddDays(1));
        var (file, pem) = (_scratch.Write("server.pem", certificate.ExportCertificatePem()), key.ExportPkcs8PrivateKeyPem());
        (_certificate, _key) = (file, pem);
        _engine = await StartAsync(time: null);
    }

    Task<InProcessEngine> StartAsync(TimeProvider? time)
    {
        return InProcessEngine.StartAsync(config => (config.Listen.HttpTls, config.Listen.StreamTls, config.Listen.TcpKey) = (Tls(), Tls(), null), time);

        TlsConfig Tls() => new()
        {
            Certificate = _certificate,
            Key = _key,
            Clients = new ClientCertificatesConfig
            {
                Ca = _scratch.PathOf("ca.pem"),
                Identities =
                {
                    [Ops] = new ClientIdentityConfig { Roles = "operator@demo" },
                    [Server] = new ClientIdentityConfig { Key = InProcessEngine.Secret },
                    [Pinned] = new ClientIdentityConfig { Key = InProcessEngine.Secret, Ca = _scratch.PathOf("partner.pem") },
                },
            },
        };
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        _root.Dispose();
        _partner.Dispose();
        _intermediate.Dispose();
        _scratch.Dispose();
    }

    [Test]
    public void A_client_cannot_make_the_engine_fetch_issuers()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/ca.crt";
        using var other = TestCertificates.Authority("CN=other");
        using var certificate = TestCertificates.Client(other, Server, more: new X509AuthorityInformationAccessExtension([address], [address]));
        Refused(new MutualTls(_engine, certificate));
        Assert.That(listener.Pending(), Is.False, "a connection to the address in the certificate");
    }

    [Test]
    public async Task Intermediates_that_a_client_sends_complete_its_chain()
    {
        using var certificate = TestCertificates.Client(_intermediate, Server);
        using var client = new MutualTls(_engine, certificate, _intermediate);
        Assert.That(await client.GetAsync(), Is.EqualTo((200, (string?)null)));
        await using var stream = await client.ConnectAsync();
        await stream.WriteAsync(EventJson.Utf8(EventJson.Of("chain-1") + "\n"));
        using var lines = new StreamReader(stream);
        Assert.That(await lines.ReadLineAsync(), Does.Contain("\"ack\""));

        // A reload checks open connections again, with the intermediates of the handshake.
        _engine.Reload(_ => { });
        await stream.WriteAsync(EventJson.Utf8(EventJson.Of("chain-2") + "\n"));
        Assert.That(await lines.ReadLineAsync(), Does.Contain("\"ack\""), "it stays open");
        Refused(new MutualTls(_engine, certificate));
        using var foreign = TestCertificates.Authority("CN=foreign");
        using var unknown = TestCertificates.Client(foreign, Server);
        Refused(new MutualTls(_engine, unknown, foreign));
    }

    [Test]
    public async Task Every_list_of_the_file_counts_and_for_every_certificate_of_the_chain()
    {
        using var one = TestCertificates.Client(_root, Server);
        using var two = TestCertificates.Client(_partner, Server);
        using var three = TestCertificates.Client(_partner, Server);
        using var below = TestCertificates.Client(_intermediate, Server);
        Revoke(TestCertificates.List(_root, revoked: one), TestCertificates.List(_partner, revoked: two));
        Refused(new MutualTls(_engine, one));
        Refused(new MutualTls(_engine, two));
        Assert.That(await new MutualTls(_engine, three).GetAsync(), Is.EqualTo((200, (string?)null)));
        Assert.That(await new MutualTls(_engine, below, _intermediate).GetAsync(), Is.EqualTo((200, (string?)null)));

        Revoke(TestCertificates.List(_root, revoked: _intermediate));
        Refused(new MutualTls(_engine, below, _intermediate));
        _engine.Reload(_ => { });
    }

    [Test]
    public async Task An_authority_without_a_list_is_named_once()
    {
        var named = new List<string>();
        var clients = _engine.Host.Certificates.HttpClients;
        var former = clients.OnUnlisted;
        try
        {
            clients.OnUnlisted = (port, authority) => named.Add($"{port} {authority}");
            _engine.Reload(_ => { });
            Assert.That(named, Is.Empty, "without lists, none is missing");
            Revoke(TestCertificates.List(_root));
            Assert.That(named, Is.EqualTo(new[] { "http CN=partner" }), "at the reload");

            using var below = TestCertificates.Client(_intermediate, Server);
            for (var i = 0; i < 2; i++)
            {
                using var client = new MutualTls(_engine, below, _intermediate);
                Assert.That(await client.GetAsync(), Is.EqualTo((200, (string?)null)));
            }

            Assert.That(named, Is.EqualTo(new[] { "http CN=partner", "http CN=intermediate" }), "one that the file 'ca' does not have");
            Revoke(TestCertificates.List(_root), TestCertificates.List(_partner));
            Assert.That(named, Has.Count.EqualTo(2));
        }
        finally
        {
            clients.OnUnlisted = former;
            _engine.Reload(_ => { });
        }
    }

    [Test]
    public async Task A_request_over_a_connection_whose_certificate_has_expired_is_refused_though_the_connection_is_open()
    {
        // Timers do not follow a jump of the clock, as after a suspended machine wakes up.
        var time = new JumpingTime();
        await using var engine = await StartAsync(time);
        using var certificate = TestCertificates.Client(_root, Server);
        using var client = new MutualTls(engine, certificate);
        Assert.That(await client.GetAsync(), Is.EqualTo((200, (string?)null)));
        time.Jump(certificate.NotAfter - TimeProvider.System.GetUtcNow().LocalDateTime + TimeSpan.FromMinutes(1));
        Assert.That(await client.GetAsync(), Is.EqualTo((403, "client_certificate_refused")));
    }

    [Test]
    public void A_list_is_refused_that_is_not_an_authoritys_own_complete_list()
    {
        using var noLists = TestCertificates.Authority("CN=root", usage: X509KeyUsageFlags.KeyCertSign);
        using var renamed = new CertificateRequest("CN=another name", _root.GetECDsaPrivateKey()!, HashAlgorithmName.SHA256).CreateSelfSigned(s_now.AddDays(-1), s_now.AddDays(1));
        Assert.That(() => Load(_root, TestCertificates.List(_root)), Throws.Nothing);
        Assert.That(() => Load(_root, "nothing"), Throws.InstanceOf<CryptographicException>());
        Assert.That(() => Load(noLists, WithExtension(noLists, "2.5.29.20", [2, 1, 1])), Throws.InstanceOf<CryptographicException>().With.Message.Contains("authorities"), "the key may not sign lists");
        Assert.That(() => Load(renamed, TestCertificates.List(_root)), Throws.InstanceOf<CryptographicException>().With.Message.Contains("authorities"), "another authority's name");
        Assert.That(() => Load(_root, TestCertificates.List(_root) + "\n" + TestCertificates.List(_partner)), Throws.InstanceOf<CryptographicException>().With.Message.Contains("CN=partner"));
        Assert.That(() => Load(_root, TestCertificates.List(_root, s_now.AddMinutes(-1))), Throws.InstanceOf<CryptographicException>().With.Message.Contains("expired"));
        Assert.That(() => Load(_root, WithExtension(_root, "2.5.29.27", [2, 1, 1])), Throws.InstanceOf<CryptographicException>().With.Message.Contains("2.5.29.27"), "a delta list");
        Assert.That(() => Load(_root, WithExtension(_root, "2.5.29.28", [0x30, 3, 0x84, 1, 0xff])), Throws.InstanceOf<CryptographicException>().With.Message.Contains("indirect"));
        Assert.That(() => Load(_root, WithExtension(_root, "2.5.29.28", [0x30, 3, 0x81, 1, 0xff])), Throws.Nothing, "a list for users' certificates");
        Assert.That(() => Load(_root, WithExtension(_root, "1.2.3.4", [5, 0])), Throws.InstanceOf<CryptographicException>().With.Message.Contains("1.2.3.4"));

        RevocationLists Load(X509Certificate2 authority, string lists) => RevocationLists.Load(_scratch.Write("some.crl", lists), [authority], s_now);
    }

    [Test]
    public async Task After_a_list_has_expired_its_authoritys_certificates_are_refused_and_health_says_so()
    {
        using var root = TestCertificates.Client(_root, Server);
        using var partner = TestCertificates.Client(_partner, Server);
        var until = TimeProvider.System.GetUtcNow().AddSeconds(6);
        Revoke(TestCertificates.List(_root, until), TestCertificates.List(_partner));
        using var client = new MutualTls(_engine, certificate: null);
        await Eventually.Is(() => Health().GetProperty("status").GetString() == "degraded", "the list has expired");
        Assert.That(Health().GetProperty("detail").GetString(), Does.StartWith("http: the revocation list of CN=root").And.Contain("expired"));
        Refused(new MutualTls(_engine, root));
        Assert.That(await new MutualTls(_engine, partner).GetAsync(), Is.EqualTo((200, (string?)null)), "the other authority has a current list");
        Revoke(TestCertificates.List(_root));
        Assert.That(Health().GetProperty("status").GetString(), Is.EqualTo("ok"));
        Assert.That(await new MutualTls(_engine, root).GetAsync(), Is.EqualTo((200, (string?)null)));
        _engine.Reload(_ => { });

        System.Text.Json.JsonElement Health()
        {
            using var answer = client.Http.GetAsync("/health").GetAwaiter().GetResult();
            using var json = System.Text.Json.JsonDocument.Parse(answer.Content.ReadAsStringAsync().GetAwaiter().GetResult());
            return json.RootElement.GetProperty("parts").GetProperty("certificates").Clone();
        }
    }

    [Test]
    public async Task A_certificate_that_expires_loses_its_connections()
    {
        var until = TimeProvider.System.GetUtcNow().AddSeconds(6);
        using var certificate = TestCertificates.Client(_root, Server, until);
        using var client = new MutualTls(_engine, certificate);
        await using var stream = await client.ConnectAsync();
        await using var http = await client.ConnectAsync(_engine.HttpPort);
        await stream.WriteAsync(EventJson.Utf8(EventJson.Of("expiry-1") + "\n"));
        using var lines = new StreamReader(stream);
        Assert.That(await lines.ReadLineAsync(), Does.Contain("\"ack\""));
        Assert.That(await ClosedAsync(lines), Is.True);
        Assert.That(await ClosedAsync(new StreamReader(http)), Is.True);
        Assert.That(TimeProvider.System.GetUtcNow(), Is.GreaterThanOrEqualTo(until.AddSeconds(-1)), "not before");

        static async Task<bool> ClosedAsync(StreamReader reader)
        {
            try
            {
                return await reader.ReadLineAsync() is null;
            }
            catch (IOException)
            {
                return true;
            }
        }
    }

    [Test]
    public async Task An_identity_with_an_authority_of_its_own_is_only_that_authoritys()
    {
        using var own = TestCertificates.Client(_partner, "CN=x", names: TestCertificates.Names(Pinned));
        using var forged = TestCertificates.Client(_root, "CN=x", names: TestCertificates.Names(Pinned));
        Assert.That(await new MutualTls(_engine, own).GetAsync(), Is.EqualTo((200, (string?)null)));
        Assert.That(await new MutualTls(_engine, forged).GetAsync(), Is.EqualTo((403, "client_certificate_unknown")));
        Assert.That(await new MutualTls(_engine, forged).FirstLineAsync(EventJson.Of("pin-1")), Does.Contain("unknown_key"));
    }

    static IEnumerable<TestCaseData> Unnamed()
    {
        yield return Case("another URI besides", TestCertificates.Names(Ops, "https://shop.example/"));
        yield return Case("capitals with another URI", Uris("SPIFFE://shop.example/other", "https://shop.example/"));
        yield return Case("a query", Uris($"{Ops}?x=1"));
        yield return Case("a port", Uris("spiffe://shop.example:80/ops"));
        yield return Case("a dot segment", Uris("spiffe://shop.example/x/../ops"));
        yield return Case("no trust domain", Uris("spiffe:///ops"));
        yield return Case("malformed names", new X509Extension("2.5.29.17", [0x30, 0x05, 0x86], critical: false));

        static TestCaseData Case(string name, X509Extension names) => new TestCaseData(names).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Unnamed))]
    public void A_malformed_SPIFFE_id_is_no_name_and_the_subject_does_not_replace_it(X509Extension names)
    {
        using var certificate = TestCertificates.Client(_root, Server, names: names);
        Assert.That(CertificateName.Of(certificate), Is.Null);
    }

    [Test]
    public void A_SPIFFE_id_is_compared_without_the_case_of_scheme_and_trust_domain()
    {
        using var certificate = TestCertificates.Client(_root, Server, names: Uris("Spiffe://SHOP.example/ops"));
        Assert.That(CertificateName.Of(certificate), Is.EqualTo(Ops));
        Assert.That(CertificateName.Normalize("SPIFFE://shop.Example/ops"), Is.EqualTo(Ops));
        Assert.That(CertificateName.Normalize("spiffe://shop.example/ops/"), Is.Null);
    }

    [Test]
    public void An_authoritys_certificate_is_not_a_clients()
    {
        using var authority = TestCertificates.Client(_root, Server, more: new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        using var signer = TestCertificates.Client(_root, Server, more: new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, critical: true));
        Refused(new MutualTls(_engine, authority));
        Refused(new MutualTls(_engine, signer));
    }

    [TestCase(Ops, null)]
    [TestCase(null, Server)]
    public async Task Pages_of_other_origins_cannot_use_the_browsers_certificate(string? id, string? subject)
    {
        using var certificate = TestCertificates.Client(_root, subject ?? "CN=browser", names: id is null ? null : TestCertificates.Names(id));
        using var client = new MutualTls(_engine, certificate);
        Assert.That(await client.GetAsync("/v1/carts", ("Sec-Fetch-Site", "cross-site")), Is.EqualTo((403, "cross_origin")));
        Assert.That(await client.GetAsync("/v1/carts", ("Sec-Fetch-Site", "same-site")), Is.EqualTo((403, "cross_origin")));
        Assert.That(await client.GetAsync("/v1/carts", ("Origin", "https://evil.example")), Is.EqualTo((403, "cross_origin")));
        Assert.That(await client.GetAsync("/v1/carts", ("Sec-Fetch-Site", "same-origin")), Is.EqualTo((200, (string?)null)));
        Assert.That(await client.GetAsync("/v1/carts", ("Sec-Fetch-Site", "none")), Is.EqualTo((200, (string?)null)));
        Assert.That(await client.GetAsync(), Is.EqualTo((200, (string?)null)));
    }

    [Test]
    public async Task A_sign_out_ends_the_session_of_the_refresh_token_though_a_certificate_authenticates()
    {
        using var certificate = TestCertificates.Client(_root, "CN=x", names: TestCertificates.Names(Ops));
        using var client = new MutualTls(_engine, certificate);
        using var passwords = new Passwords();
        var users = new UserStore(_engine.Host.Control);
        var (_, link) = await users.InviteAsync("ada@shop.example", [new Grant("viewer", null)], "cli");
        await users.AcceptAsync(link, await passwords.HashAsync("correct horse battery"), address: null);
        using var login = await PostAsync("/v1/auth/login", """{"email":"ada@shop.example","password":"correct horse battery"}""");
        using var tokens = System.Text.Json.JsonDocument.Parse(await login.Content.ReadAsStringAsync());
        var refresh = $$"""{"refreshToken":"{{tokens.RootElement.GetProperty("refreshToken").GetString()}}"}""";
        using var logout = await PostAsync("/v1/auth/logout", refresh);
        Assert.That(logout.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        using var again = await PostAsync("/v1/auth/refresh", refresh);
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), "the session has ended");

        Task<HttpResponseMessage> PostAsync(string path, string json) => client.Http.PostAsync(path, new StringContent(json, System.Text.Encoding.UTF8, "application/json"));
    }

    [Test]
    public void Reloads_during_handshakes_leave_no_connection_with_a_revoked_certificate()
    {
        for (var round = 0; round < 8; round++)
        {
            using var certificate = TestCertificates.Client(_root, Server);
            using var client = new MutualTls(_engine, certificate);
            var handshakes = Enumerable.Range(0, 8).Select(_ => Task.Run(client.ConnectAsync)).ToList();
            Revoke(TestCertificates.List(_root, revoked: certificate));
            foreach (var handshake in handshakes)
            {
                // With TLS 1.3 a client learns only afterwards that it was refused: every connection must end.
                Assert.That(async () =>
                {
                    await using var stream = await handshake;
                    using var lines = new StreamReader(stream);
                    for (var i = 0; i < 1000; i++)
                    {
                        await stream.WriteAsync(EventJson.Utf8(EventJson.Of($"race-{i}") + "\n"));
                        if (await lines.ReadLineAsync() is null)
                        {
                            throw new IOException("closed");
                        }
                    }
                }, Throws.InstanceOf<IOException>().Or.InstanceOf<AuthenticationException>());
            }
        }

        _engine.Reload(_ => { });
    }

    void Revoke(params string[] lists)
    {
        var path = _scratch.Write("revoked.crl", string.Join('\n', lists));
        _engine.Reload(config => config.Listen.HttpTls!.Clients!.Crl = config.Listen.StreamTls!.Clients!.Crl = path);
    }

    static void Refused(MutualTls client)
    {
        using (client)
        {
            Assert.That(async () => await client.GetAsync(), Throws.InstanceOf<HttpRequestException>());
            Assert.That(async () => await client.FirstLineAsync(EventJson.Of("refused")), Throws.InstanceOf<IOException>().Or.InstanceOf<AuthenticationException>());
        }
    }

    static X509Extension Uris(params string[] uris)
    {
        var names = new AsnWriter(AsnEncodingRules.DER);
        using (names.PushSequence())
        {
            foreach (var uri in uris)
            {
                names.WriteCharacterString(UniversalTagNumber.IA5String, uri, new Asn1Tag(TagClass.ContextSpecific, 6));
            }
        }

        return new X509Extension("2.5.29.17", names.Encode(), critical: false);
    }

    // The builder of .NET adds no such extensions: the list of BouncyCastle does.
    static string WithExtension(X509Certificate2 authority, string id, byte[] value)
    {
        var list = new Org.BouncyCastle.X509.X509V2CrlGenerator();
        list.SetIssuerDN(new Org.BouncyCastle.X509.X509CertificateParser().ReadCertificate(authority.RawData).SubjectDN);
        list.SetThisUpdate(s_now.UtcDateTime.AddDays(-1));
        list.SetNextUpdate(s_now.UtcDateTime.AddDays(1));
        list.AddExtension(new Org.BouncyCastle.Asn1.DerObjectIdentifier(id), critical: true, Org.BouncyCastle.Asn1.Asn1Object.FromByteArray(value));
        using var key = authority.GetECDsaPrivateKey()!;
        var pair = Org.BouncyCastle.Security.PrivateKeyFactory.CreateKey(key.ExportPkcs8PrivateKey());
        return new string(PemEncoding.Write("X509 CRL", list.Generate(new Org.BouncyCastle.Crypto.Operators.Asn1SignatureFactory("SHA256withECDSA", pair)).GetEncoded()));
    }
}
