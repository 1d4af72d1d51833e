using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane.Federation;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.ControlPlane.Federation;

/// <summary>Which JSON Web Tokens of another issuer are accepted.</summary>
[TestFixture]
sealed class ForeignTokensTests
{
    const string Issuer = "https://login.example/";

    static readonly DateTimeOffset s_now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    static readonly string s_claims = $$"""
        {"iss":"{{Issuer}}","aud":["cartrecovery","other"],"sub":"svc","iat":{{Seconds(0)}},"exp":{{Seconds(300)}},"realm":{"roles":["ops","nobody"] } }
        """;

    Scratch _scratch = null!;
    FederationHttp _http = null!;
    TokenIssuer _issuer = null!;
    ManualTime _time = null!;
    ForeignTokens _tokens = null!;
    IReadOnlyList<TrustedIssuer> _trusted = [];

    [SetUp]
    public void Start()
    {
        (_scratch, _http, _issuer, _time) = (new Scratch(), new FederationHttp(), new TokenIssuer(), new ManualTime(s_now.ToUnixTimeMilliseconds()));
        var roles = new Dictionary<string, IReadOnlyList<Grant>>(StringComparer.Ordinal) { ["ops"] = [new Grant("operator", "shop"), new Grant("viewer", null)] };
        _tokens = new ForeignTokens(_http, _time, subject => HMACSHA256.HashData("key"u8, Encoding.UTF8.GetBytes(subject)));
        _trusted = [new TrustedIssuer("platform", new JwtRules(Issuer, "cartrecovery"), new Uri(_scratch.Write("keys.json", _issuer.KeySet)), new RoleMap("realm.roles", roles))];
        _tokens.Update(_trusted);
    }

    [TearDown]
    public void Stop()
    {
        _issuer.Dispose();
        _http.Dispose();
        _scratch.Dispose();
    }

    [Test]
    public async Task A_token_gives_the_roles_of_its_claims()
    {
        var (user, problem) = await FindAsync(_issuer.Sign(s_claims));
        Assert.That(problem, Is.Null);
        Assert.That(user!.Actor, Is.EqualTo("jwt:platform/svc"));
        Assert.That(user.User.Grants, Is.EquivalentTo([new Grant("operator", "shop"), new Grant("viewer", null)]));
        Assert.That((user.Has("carts:read", "shop"), user.Has("carts:read", "other"), user.Has("campaigns:read", "other")), Is.EqualTo((true, false, true)));
        Assert.That((await FindAsync(_issuer.Sign(TokenIssuer.With(s_claims, ("realm", null))))).User!.User.Grants, Is.Empty);
        Assert.That((await FindAsync(_issuer.Sign(TokenIssuer.With(s_claims, ("sub", "ada@shop.example"))))).User!.Actor, Is.EqualTo($"jwt:platform/{Convert.ToHexStringLower(HMACSHA256.HashData("key"u8, "ada@shop.example"u8).AsSpan(0, 8))}"), "a keyed hash, not an address");
        Assert.That((await FindAsync(_issuer.Sign(TokenIssuer.With(s_claims, ("aud", "cartrecovery"))))).Problem, Is.Null, "one audience");
        Assert.That((await FindAsync(_issuer.Sign(s_claims, ",\"typ\":\"at+jwt\""))).Problem, Is.Null);
    }

    static IEnumerable<TestCaseData> Refused()
    {
        yield return Case("another issuer", "its issuer is unknown", ("iss", "https://login.example"));
        yield return Case("no issuer", "it is malformed", ("iss", null));
        yield return Case("another audience", "its audience does not match", ("aud", "cartrecovery2"));
        yield return Case("no audience", "its audience does not match", ("aud", null));
        yield return Case("expired", "it has expired", ("exp", Seconds(-61)));
        yield return Case("endless", "it has no expiry", ("exp", null));
        yield return Case("an end that is no time", "its times are malformed", ("exp", "2030"));
        yield return Case("an end beyond all times", "its times are malformed", ("exp", 1e300));
        yield return Case("not valid yet", "it is not valid yet", ("nbf", Seconds(61)));
        yield return Case("of the future", "it was issued in the future", ("iat", Seconds(61)));
        yield return Case("no subject", "it names no subject", ("sub", null));
        foreach (var name in (string[])["nonce", "at_hash", "c_hash", "s_hash"])
        {
            yield return Case($"an ID token with {name}", "it is an ID token or a security event, not an access token", (name, "x"));
        }

        yield return Case("a security event", "it is an ID token or a security event, not an access token", ("events", new JsonObject()));
        yield return Case("bound to a key", "it is bound to a key of its sender, which is not supported", ("cnf", new JsonObject { ["jkt"] = "x" }));

        static TestCaseData Case(string name, string problem, params (string, JsonNode?)[] changes) =>
            new TestCaseData(TokenIssuer.With(s_claims, changes), problem).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Refused))]
    public async Task Claims_are_refused(string claims, string problem) => Assert.That((await FindAsync(_issuer.Sign(claims))).Problem, Is.EqualTo(problem));

    [Test]
    public async Task An_issuer_may_be_limited_to_access_tokens()
    {
        _tokens.Update([_trusted[0] with { Rules = new JwtRules(Issuer, "cartrecovery") { IsType = JwtRules.IsAccessToken } }]);
        Assert.That((await FindAsync(_issuer.Sign(s_claims))).Problem, Is.EqualTo("its type is not accepted"));
        Assert.That((await FindAsync(_issuer.Sign(s_claims, ",\"typ\":\"JWT\""))).Problem, Is.EqualTo("its type is not accepted"));
        Assert.That((await FindAsync(_issuer.Sign(s_claims, ",\"typ\":\"at+jwt\""))).Problem, Is.Null);
    }

    [TestCase(-59, 59)]
    public async Task The_issuers_clock_may_be_off_by_a_minute(int exp, int nbf) =>
        Assert.That((await FindAsync(_issuer.Sign(TokenIssuer.With(s_claims, ("exp", Seconds(exp)), ("nbf", Seconds(nbf)), ("iat", Seconds(nbf)))))).Problem, Is.Null);

    [Test]
    public async Task A_token_that_the_issuer_did_not_sign_is_rejected()
    {
        using var other = new TokenIssuer();
        var good = _issuer.Sign(s_claims);
        const string Signature = "its signature is invalid", Malformed = "it is malformed";
        using (Assert.EnterMultipleScope())
        {
            Assert.That((await FindAsync(other.Sign(s_claims))).Problem, Is.EqualTo(Signature));
            Assert.That((await FindAsync(_issuer.SignedWithPublicKey(s_claims))).Problem, Is.EqualTo(Signature));
            Assert.That((await FindAsync(_issuer.Unsigned(s_claims))).Problem, Is.EqualTo(Malformed));
            Assert.That((await FindAsync(_issuer.Unsigned(s_claims) + "AA")).Problem, Is.EqualTo(Signature));
            Assert.That((await FindAsync(_issuer.Sign(s_claims, ",\"crit\":[\"exp\"]"))).Problem, Is.EqualTo(Malformed));
            Assert.That((await FindAsync(_issuer.Sign(s_claims, ",\"alg\":\"ES256\""))).Problem, Is.EqualTo(Malformed), "a name twice");
            Assert.That((await FindAsync(_issuer.Sign(s_claims, ",\"typ\":\"logout+jwt\""))).Problem, Is.EqualTo("its type is not accepted"));
            Assert.That((await FindAsync(good.Insert(5, "?"))).Problem, Is.EqualTo(Malformed), "a character that is left out of what is verified");
            Assert.That((await FindAsync(good + "=")).Problem, Is.EqualTo(Malformed), "padded");
            Assert.That((await FindAsync(_issuer.Sign(TokenIssuer.With(s_claims, ("x", new string('x', 20_000)))))).Problem, Is.EqualTo(Malformed), "too long");
            Assert.That((await FindAsync("eyJ..")).Problem, Is.EqualTo(Malformed));
        }

        Assert.That((await FindAsync(good)).Problem, Is.Null);
    }

    [Test]
    public async Task An_unknown_key_id_causes_one_read_and_an_invented_one_no_second()
    {
        var old = _issuer.Sign(s_claims);
        Assert.That((await FindAsync(old)).Problem, Is.Null);
        _issuer.Rotate("k2");
        _scratch.Write("keys.json", _issuer.KeySet);
        var token = _issuer.Sign(s_claims);
        Assert.That((await FindAsync(token)).Problem, Is.EqualTo("its issuer has no key with its id"), "too early for another reading");
        _time.Advance(KeySetSource.MinAge);
        Assert.That((await FindAsync(token)).Problem, Is.Null);
        Assert.That((await FindAsync(old)).Problem, Is.EqualTo("its issuer has no key with its id"), "the former key has gone");
    }

    [Test]
    public async Task Keys_stay_in_use_while_they_cannot_be_read_but_not_for_ever()
    {
        var (reads, body) = (0, _issuer.KeySet);
        var source = new KeySetSource(_ => { reads++; return Task.FromResult<(byte[]?, string?)>(body is null ? (null, "down") : (Encoding.UTF8.GetBytes(body), null)); }, _time);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => source.FindAsync("k1").AsTask()));
        Assert.That(reads, Is.EqualTo(1), "one reading for all");
        body = null;
        _time.Advance(KeySetSource.MaxAge);
        Assert.That(await source.FindAsync("k1"), Has.Count.EqualTo(1));
        await Eventually.Is(() => source.Problem == "down", "the reading failed");
        Assert.That(await source.FindAsync("k1"), Has.Count.EqualTo(1));
        for (var i = 0; i < 100; i++)
        {
            await source.FindAsync($"invented-{i}");
        }

        Assert.That(reads, Is.EqualTo(2));
        _time.Advance(KeySetSource.MaxStale);
        Assert.That(await source.FindAsync("k1"), Is.Empty);
    }

    [Test]
    public async Task A_client_is_not_told_why_keys_cannot_be_read()
    {
        var told = new List<string>();
        _tokens.OnProblem = (name, problem) => told.Add($"{name}: {problem}");
        File.Delete(_scratch.PathOf("keys.json"));
        Assert.That((await FindAsync(_issuer.Sign(s_claims))).Problem, Is.EqualTo("its issuer's keys are not available"));
        Assert.That(told, Has.Count.EqualTo(1));
        Assert.That(told[0], Does.StartWith("platform: ").And.Contain("keys.json"));
        Assert.That(_tokens.Problem, Is.EqualTo(told[0]));
        _time.Advance(KeySetSource.MinAge);
        await FindAsync(_issuer.Sign(s_claims));
        Assert.That(told, Has.Count.EqualTo(1), "once for a cause");
        _scratch.Write("keys.json", _issuer.KeySet);
        _time.Advance(KeySetSource.MinAge);
        Assert.That((await FindAsync(_issuer.Sign(s_claims))).Problem, Is.Null);
        Assert.That(_tokens.Problem, Is.Null);
    }

    [Test]
    public async Task A_token_without_a_key_id_is_tried_with_a_few_keys_of_its_algorithm()
    {
        var key = _issuer.KeySet[9..^2].Replace("\"kid\":\"k1\",", "", StringComparison.Ordinal);
        var ed = $$"""{"kty":"OKP","crv":"Ed25519","x":"{{new string('A', 43)}}"}""";
        using var others = new TokenIssuer();
        var other = others.KeySet[9..^2];
        async Task<string?> ProblemAsync(params string[] keys) => (await Jwt.VerifyAsync(_issuer.SignNameless(s_claims),
            new KeySetSource(_ => Task.FromResult<(byte[]?, string?)>((Encoding.UTF8.GetBytes($"{{\"keys\":[{string.Join(',', keys)}]}}"), null)), _time), new JwtRules(Issuer, "cartrecovery"), s_now)).Problem;

        Assert.That(await ProblemAsync([.. Enumerable.Repeat(ed, 20), .. Enumerable.Repeat(other, Jwt.MaxCandidates - 1), key]), Is.Null, "keys of other algorithms are none");
        Assert.That(await ProblemAsync([.. Enumerable.Repeat(other, Jwt.MaxCandidates), key]), Is.EqualTo("its signature is invalid"));
    }

    [Test]
    public async Task A_verified_token_is_cached_until_it_expires_or_the_keys_change()
    {
        var token = _issuer.Sign(s_claims);
        Assert.That((await FindAsync(token)).Problem, Is.Null);
        Assert.That((await FindAsync(token)).Problem, Is.Null);
        var verified = _tokens.Verifications;
        Assert.That((await FindAsync(token)).User!.Actor, Is.EqualTo("jwt:platform/svc"));
        Assert.That(_tokens.Verifications, Is.EqualTo(verified), "it was verified before");
        Assert.That((await FindAsync(token[..^4] + "AAAA")).Problem, Is.EqualTo("its signature is invalid"));
        _time.Advance(TimeSpan.FromSeconds(361));
        Assert.That((await FindAsync(token)).Problem, Is.EqualTo("it has expired"));

        var lasting = _issuer.Sign(TokenIssuer.With(s_claims, ("exp", Seconds(100_000))));
        Assert.That((await FindAsync(lasting)).Problem, Is.Null);
        Assert.That((await FindAsync(lasting)).Problem, Is.Null);
        _issuer.Rotate("k2");
        _scratch.Write("keys.json", _issuer.KeySet);
        _time.Advance(KeySetSource.MaxAge);
        (SignedInUser? User, string? Problem) found;
        do
        {
            found = await FindAsync(lasting);
            await Task.Yield();
        }
        while (found.Problem is null);
        Assert.That(found.Problem, Is.EqualTo("its issuer has no key with its id"));
    }

    [Test]
    public void The_cache_of_verified_tokens_is_bounded()
    {
        var (cache, keys, claims) = (new VerifiedTokens(), new object(), JwtClaims.Read("{}"u8.ToArray())!);
        for (var i = 0; i < 2 * VerifiedTokens.Capacity; i++)
        {
            cache.Add($"{i}", claims, keys);
        }

        Assert.That(Enumerable.Range(0, 2 * VerifiedTokens.Capacity).Count(i => cache.Find($"{i}", keys) is not null), Is.EqualTo(VerifiedTokens.Capacity));
        Assert.That(cache.Find($"{(2 * VerifiedTokens.Capacity) - 1}", new object()), Is.Null, "of other keys");
    }

    [TestCase("AQAB", true)]
    [TestCase("AAEAAQ", true)]
    [TestCase("Aw", true)]
    [TestCase("AQ", false)]
    [TestCase("Ag", false)]
    [TestCase("AQAAAAAAAAE", false)]
    [TestCase("AAAA", false)]
    public void An_rsa_key_has_an_exponent_in_use(string exponent, bool isRead) => Assert.That(
        JsonWebKeySet.Read(Encoding.UTF8.GetBytes($$"""{"keys":[{"kty":"RSA","e":"{{exponent}}","n":"{{new string('w', 342)}}"}]}"""))!.Keys, Has.Count.EqualTo(isRead ? 1 : 0));

    [Test]
    public async Task A_reload_reads_files_again()
    {
        var old = _issuer.Sign(s_claims);
        Assert.That((await FindAsync(old)).Problem, Is.Null);
        _issuer.Rotate("k2");
        _scratch.Write("keys.json", _issuer.KeySet);
        _tokens.Update(_trusted);
        (SignedInUser? User, string? Problem) found;
        do
        {
            found = await FindAsync(old);
            await Task.Yield();
        }
        while (found.Problem is null);
        Assert.That(found.Problem, Is.EqualTo("its issuer has no key with its id"));
        Assert.That((await FindAsync(_issuer.Sign(s_claims))).Problem, Is.Null);
    }

    [TestCase("""{"scope":"read shop-admins"}""", "scope", new[] { "read", "shop-admins" })]
    [TestCase("""{"a":{"scp":"read write"}}""", "a.scp", new[] { "read", "write" })]
    [TestCase("""{"groups":"x shop-admins"}""", "groups", new[] { "x shop-admins" })]
    [TestCase("""{"groups":["x shop-admins","y"]}""", "groups", new[] { "x shop-admins", "y" })]
    [TestCase("""{"realm.roles":"literal","realm":{"roles":["nested"]}}""", "realm.roles", new[] { "nested" })]
    [TestCase("""{"https://shop.example/roles":["a"]}""", "https://shop.example/roles", new[] { "a" })]
    [TestCase("""{"realm":{}}""", "realm.roles", new string[0])]
    public void A_claims_values_are_found_by_its_path(string claims, string path, string[] values) =>
        Assert.That(JwtClaims.Read(Encoding.UTF8.GetBytes(claims))!.Words(path), Is.EqualTo(values));

    [Test]
    public void A_key_set_has_no_secrets_weak_keys_or_keys_for_encryption()
    {
        var weak = $$"""{"kty":"RSA","e":"AQAB","n":"{{new string('x', 170)}}"}""";
        const string Secret = """{"kty":"oct","alg":"HS256","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""", Unicode = "{\"kty\":\"\\ud800\"}";
        var sealing = _issuer.KeySet.Replace("\"sig\"", "\"enc\"", StringComparison.Ordinal)[9..^2];
        var set = JsonWebKeySet.Read(Encoding.UTF8.GetBytes($"{{\"keys\":[{weak},{Secret},{sealing},{Unicode},7,{_issuer.KeySet[9..^2]}]}}"));
        Assert.That(set!.Keys.Select(key => key.Type), Is.EqualTo(new[] { "EC" }));
        Assert.That(JsonWebKeySet.Read("[]"u8.ToArray()), Is.Null);
        Assert.That(JsonWebKeySet.Read(new byte[JsonWebKeySet.MaxSize + 1]), Is.Null);
    }

    ValueTask<(SignedInUser? User, string? Problem)> FindAsync(string token) => _tokens.FindAsync(token, Role.BuiltIn);

    static long Seconds(int after) => s_now.ToUnixTimeSeconds() + after;
}
