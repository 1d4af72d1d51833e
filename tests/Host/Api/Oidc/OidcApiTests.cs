using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.ControlPlane.Federation;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Support;
using Microsoft.AspNetCore.WebUtilities;

namespace CartRecovery.Tests.Hosting.Api.Oidc;

/// <summary>Sign-in by an identity provider, and what a hostile one, or somebody between, may try.</summary>
[TestFixture]
sealed class OidcApiTests
{
    const string LogoutEvent = """{"http://schemas.openid.net/event/backchannel-logout":{}}""";

    static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    FakeOidcProvider _provider = null!;
    InProcessEngine _engine = null!;
    UserStore _users = null!;
    int _count;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _provider = await FakeOidcProvider.StartAsync();
        _engine = await InProcessEngine.StartAsync(config => config.Control.Oidc = Section());
        _users = new UserStore(_engine.Host.Control);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Test]
    public async Task A_person_signs_in_with_the_roles_of_the_claim_and_signs_out()
    {
        var attempt = await BeginAsync("/carts?x=1&y=\"2\"");
        var answer = await EndAsync(attempt, Claims(attempt));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Body, Does.Contain("content=\"0;url=/carts?x=1&amp;y=&quot;2&quot;\""));
        var session = CookiesOf(answer);
        var me = await _engine.GetAsync("/v1/auth/me", key: null, session);
        Assert.That(me.Json.GetProperty("roles").GetRawText(), Is.EqualTo("""[{"role":"operator","storeId":"demo"}]"""));
        Assert.That((await _engine.GetAsync("/v1/carts", key: null, session)).Status, Is.EqualTo(HttpStatusCode.OK));

        var csrf = ("X-CSRF-Token", me.Json.GetProperty("csrfToken").GetString()!);
        var signedOut = await _engine.AskAsync(HttpMethod.Post, "/v1/auth/oidc/logout", content: null, key: null, session, csrf);
        Assert.That(signedOut.Json.GetProperty("address").GetString(), Does.StartWith($"{_provider.Issuer}/logout?client_id=client&post_logout_redirect_uri=").And.Contain("&id_token_hint=eyJ"));
        Assert.That((await _engine.GetAsync("/v1/auth/me", key: null, session)).Problem, Is.EqualTo((401, "invalid_token")));
    }

    static IEnumerable<TestCaseData> Refused()
    {
        yield return Case("another nonce", ("nonce", "x"));
        yield return Case("no nonce", ("nonce", null));
        yield return Case("another audience", ("aud", "other"));
        yield return Case("several audiences without a party", ("aud", new JsonArray("client", "other")));
        yield return Case("another party", ("azp", "other"));
        yield return Case("another issuer", ("iss", "http://127.0.0.1:1"));
        yield return Case("expired", ("exp", Now - 120));
        yield return Case("without an end", ("exp", null));
        yield return Case("without a time", ("iat", null));
        yield return Case("another access token", ("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"));
        yield return Case("without a subject", ("sub", null));

        static TestCaseData Case(string name, params (string, JsonNode?)[] changes) => new TestCaseData((object)changes).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Refused))]
    public async Task An_ID_token_is_refused((string, JsonNode?)[] changes)
    {
        var attempt = await BeginAsync();
        var answer = await EndAsync(attempt, TokenIssuer.With(Claims(attempt), [.. changes.Select(change => (change.Item1, change.Item2?.DeepClone()))]));
        Assert.That(answer.Problem, Is.EqualTo((401, "oidc_refused")));
        Assert.That(answer.Headers["Set-Cookie"], Does.Not.Contain("__Host-access"));
    }

    [Test]
    public async Task A_token_that_the_provider_did_not_sign_is_refused()
    {
        using var other = new TokenIssuer();
        foreach (var sign in (Func<string, string>[])[claims => _provider.Tokens.Unsigned(claims) + "AA", _provider.Tokens.Unsigned, _provider.Tokens.SignedWithPublicKey, claims => other.Sign(claims)])
        {
            var attempt = await BeginAsync();
            Assert.That((await EndAsync(attempt, Claims(attempt), sign: sign)).Problem, Is.EqualTo((401, "oidc_refused")));
        }
    }

    [Test]
    public async Task An_answer_is_valid_once_and_only_in_the_browser_that_asked()
    {
        var attempt = await BeginAsync();
        var others = await BeginAsync();
        Assert.That((await EndAsync(attempt with { Cookie = others.Cookie }, Claims(attempt))).Problem, Is.EqualTo((400, "invalid_oidc_answer")), "in another browser");
        Assert.That((await EndAsync(attempt with { Cookie = "" }, Claims(attempt))).Problem, Is.EqualTo((400, "invalid_oidc_answer")), "in none");
        Assert.That((await EndAsync(attempt with { Cookie = attempt.Cookie.Split('=')[0] + "=v4.local.AAAA" }, Claims(attempt))).Problem, Is.EqualTo((400, "invalid_oidc_answer")), "in an invented one");
        Assert.That((await EndAsync(attempt, Claims(attempt))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await EndAsync(attempt, Claims(attempt))).Problem, Is.EqualTo((400, "invalid_oidc_answer")), "with a new code, and the state of before");
        Assert.That((await EndAsync(others with { Challenge = attempt.Challenge }, Claims(others))).Problem, Is.EqualTo((401, "oidc_refused")), "another's code");
        Assert.That((await EndAsync(others, Claims(others))).Problem, Is.EqualTo((400, "invalid_oidc_answer")), "a failure uses the attempt as well");
        Assert.That((await CallbackAsync(await BeginAsync(), "used")).Problem, Is.EqualTo((401, "oidc_refused")), "a code that is used");
        Assert.That((await CallbackAsync(await BeginAsync(), code: null, "&error=access_denied")).Problem, Is.EqualTo((401, "oidc_refused")));
    }

    [Test]
    public async Task An_answer_of_another_provider_is_refused()
    {
        var attempt = await BeginAsync();
        Assert.That((await EndAsync(attempt, Claims(attempt), more: "&iss=https%3A%2F%2Fevil.example")).Problem, Is.EqualTo((401, "oidc_refused")));
        attempt = await BeginAsync();
        Assert.That((await EndAsync(attempt, Claims(attempt), more: $"&iss={Uri.EscapeDataString(_provider.Issuer)}")).Status, Is.EqualTo(HttpStatusCode.OK));
        await With(() => _provider.Metadata = ",\"authorization_response_iss_parameter_supported\":true", async () =>
        {
            attempt = await BeginAsync();
            Assert.That((await EndAsync(attempt, Claims(attempt))).Problem, Is.EqualTo((401, "oidc_refused")), "one that names none, of a provider that always does");
        });
    }

    [TestCase("https://evil.example/")]
    [TestCase("//evil.example/")]
    [TestCase("/\\evil.example/")]
    [TestCase("/\t/evil.example/")]
    [TestCase("javascript:alert(1)")]
    [TestCase("")]
    public async Task A_browser_is_redirected_only_to_paths_of_this_host(string returnTo) =>
        Assert.That((await _engine.GetAsync($"/v1/auth/oidc/login?returnTo={Uri.EscapeDataString(returnTo)}", key: null)).Problem.Status, Is.EqualTo(400));

    [Test]
    public async Task Only_those_sign_in_who_have_an_account_a_role_and_a_verified_address()
    {
        var attempt = await BeginAsync();
        Assert.That((await EndAsync(attempt, TokenIssuer.With(Claims(attempt), ("groups", "others")))).Problem, Is.EqualTo((403, "no_role")));
        attempt = await BeginAsync();
        Assert.That((await EndAsync(attempt, TokenIssuer.With(Claims(attempt), ("email_verified", false)))).Problem, Is.EqualTo((403, "email_not_verified")));
        attempt = await BeginAsync();
        Assert.That((await EndAsync(attempt, TokenIssuer.With(Claims(attempt), ("email_verified", "true")))).Problem, Is.EqualTo((403, "email_not_verified")));
        await With(() => _engine.Reload(config => config.Control.Oidc!.Accounts = OidcAccounts.Known), async () =>
        {
            attempt = await BeginAsync();
            var claims = Claims(attempt);
            Assert.That((await EndAsync(attempt, claims)).Problem, Is.EqualTo((403, "unknown_user")));
            var email = JsonNode.Parse(claims)!["email"]!.GetValue<string>();
            var (user, link) = await _users.InviteAsync(email.ToUpperInvariant(), [new Grant("viewer", null)], "cli");
            attempt = await BeginAsync();
            var again = TokenIssuer.With(claims, ("nonce", attempt.Nonce));
            Assert.That((await EndAsync(attempt, again)).Status, Is.EqualTo(HttpStatusCode.OK), "one who was invited");
            Assert.That(await _users.AcceptAsync(link, "hash", address: null), Is.Null, "the invitation has ended");
            Assert.That((await _users.FindAsync(email))!.Grants, Is.EqualTo(new[] { new Grant("operator", "demo") }));

            attempt = await BeginAsync();
            Assert.That((await EndAsync(attempt, TokenIssuer.With(again, ("nonce", attempt.Nonce), ("sub", "somebody-else")))).Problem, Is.EqualTo((403, "account_of_another")), "who has the address now");
            attempt = await BeginAsync();
            Assert.That((await EndAsync(attempt, TokenIssuer.With(again, ("nonce", attempt.Nonce), ("email", "new@shop.example")))).Status, Is.EqualTo(HttpStatusCode.OK), "the same person with a new address");
            await _users.DisableAsync(user.Id, disable: true, "cli");
            attempt = await BeginAsync();
            Assert.That((await EndAsync(attempt, TokenIssuer.With(again, ("nonce", attempt.Nonce)))).Problem, Is.EqualTo((403, "unknown_user")), "who is disabled");
        });
    }

    [Test]
    public async Task The_provider_rotates_its_keys()
    {
        var attempt = await BeginAsync();
        Assert.That((await EndAsync(attempt, Claims(attempt))).Status, Is.EqualTo(HttpStatusCode.OK));
        _provider.Tokens.Rotate($"k-{++_count}");

        // By itself, the next reading is half a minute away.
        Forget();
        attempt = await BeginAsync();
        Assert.That((await EndAsync(attempt, Claims(attempt))).Status, Is.EqualTo(HttpStatusCode.OK));
        var fetches = _provider.KeyFetches;
        for (var i = 0; i < 5; i++)
        {
            attempt = await BeginAsync();
            using var other = new TokenIssuer();
            other.Rotate($"invented-{i}");
            Assert.That((await EndAsync(attempt, Claims(attempt), sign: claims => other.Sign(claims))).Problem, Is.EqualTo((401, "oidc_refused")));
        }

        Assert.That(_provider.KeyFetches, Is.EqualTo(fetches), "invented keys cause no fetches");
    }

    [Test]
    public async Task A_reload_keeps_what_is_known_of_the_provider()
    {
        await BeginAsync();
        var before = (_provider.Discoveries, _provider.KeyFetches);
        _engine.Reload(config => config.Control.Oidc!.Accounts = OidcAccounts.Known);
        var attempt = await BeginAsync();
        Assert.That((await EndAsync(attempt, Claims(attempt))).Problem, Is.EqualTo((403, "unknown_user")), "the options are the new ones");
        _engine.Reload(_ => { });
        await BeginAsync();
        Assert.That(_provider.Discoveries, Is.EqualTo(before.Discoveries));
        Assert.That(_provider.KeyFetches, Is.LessThanOrEqualTo(before.KeyFetches + 1), "one, if the keys were not needed before");
    }

    [Test]
    public async Task A_browser_that_goes_away_does_not_end_the_reading_for_others()
    {
        Forget();
        var (gate, before) = (new TaskCompletionSource(), _provider.Discoveries);
        _provider.Gate = gate.Task;
        using var gone = new CancellationTokenSource();
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = _engine.Http.BaseAddress };
        var first = browser.GetAsync("/v1/auth/oidc/login", gone.Token);
        await Eventually.Is(() => _provider.Discoveries > before, "the document is asked for");
        await gone.CancelAsync();
        Assert.That(async () => await first, Throws.InstanceOf<OperationCanceledException>());
        var second = BeginAsync();
        gate.SetResult();
        await second;
        Assert.That(_provider.Discoveries, Is.EqualTo(before + 1));
        _provider.Gate = Task.CompletedTask;
    }

    [Test]
    public async Task Two_tabs_sign_in_and_a_browser_keeps_few_attempts()
    {
        var one = await BeginAsync();
        var other = await BeginAsync(cookies: [one]);
        Assert.That((await EndAsync(one with { Cookie = $"{one.Cookie}; {other.Cookie}" }, Claims(one))).Status, Is.EqualTo(HttpStatusCode.OK));
        var answer = await EndAsync(other, Claims(other));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Headers["Set-Cookie"], Does.Contain(other.Cookie.Split('=')[0]).And.Not.Contain(one.Cookie.Split('=')[0]), "only its own is deleted");

        List<Attempt> tabs = [];
        for (var i = 0; i < 4; i++)
        {
            tabs.Add(await BeginAsync(cookies: [.. tabs]));
            var begun = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            await Eventually.Is(() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() > begun, "the next one begins later");
        }

        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = _engine.Http.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/auth/oidc/login");
        request.Headers.Add("Cookie", string.Join("; ", tabs.Select(tab => tab.Cookie)));
        using var fifth = await browser.SendAsync(request);
        var cookies = fifth.Headers.GetValues("Set-Cookie").ToList();
        Assert.That(cookies, Has.Count.EqualTo(2));
        Assert.That(cookies, Has.One.StartsWith($"{tabs[0].Cookie.Split('=')[0]}=; max-age=0"), "the oldest goes");
    }

    [Test]
    public async Task Claims_that_the_ID_token_lacks_come_from_the_user_information_of_the_same_person()
    {
        var subject = $"subject-{++_count}";
        Assert.That((await WithInformationAsync($$"""{"sub":"{{subject}}","email":"{{subject}}@shop.example","email_verified":true,"groups":["ops"]}""")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await WithInformationAsync($$"""{"sub":"another","email":"{{subject}}@shop.example","email_verified":true,"groups":["ops"]}""")).Problem, Is.EqualTo((401, "oidc_refused")));
        Assert.That((await WithInformationAsync("[]")).Problem, Is.EqualTo((401, "oidc_refused")));
        Assert.That((await WithInformationAsync(information: null)).Problem, Is.EqualTo((401, "oidc_refused")), "no answer takes no role away");
        Assert.That((await _users.FindAsync($"{subject}@shop.example"))!.Grants, Is.EqualTo(new[] { new Grant("operator", "demo") }));
        Assert.That((await WithInformationAsync($$"""{"sub":"{{subject}}","groups":["others"]}""")).Problem, Is.EqualTo((403, "no_role")));

        async Task<ApiAnswer> WithInformationAsync(string? information)
        {
            var attempt = await BeginAsync();
            if (information is not null)
            {
                _provider.UserInfo["Bearer at"] = information;
            }

            var answer = await EndAsync(attempt, TokenIssuer.With(Claims(attempt), ("sub", subject), ("email", null), ("email_verified", null), ("groups", null)));
            _provider.UserInfo.Clear();
            return answer;
        }
    }

    [Test]
    public async Task A_provider_that_fails_is_said_to()
    {
        await With(() => _provider.Status = 302, async () =>
            Assert.That((await _engine.GetAsync("/v1/auth/oidc/login", key: null)).Problem, Is.EqualTo((503, "oidc_unavailable"))));
        await With(() => _provider.Metadata = $",\"x\":\"{new string('x', JsonWebKeySet.MaxSize)}\"", async () =>
            Assert.That((await _engine.GetAsync("/v1/auth/oidc/login", key: null)).Problem, Is.EqualTo((503, "oidc_unavailable"))));
        await using var plain = await InProcessEngine.StartAsync();
        Assert.That((await plain.GetAsync("/v1/auth/oidc/login", key: null)).Problem, Is.EqualTo((404, "oidc_not_configured")));
        Assert.That((await plain.GetAsync("/v1/auth/oidc/callback", key: null)).Problem, Is.EqualTo((404, "oidc_not_configured")));
    }

    [TestCase(true, true)]
    [TestCase(false, true)]
    [TestCase(true, false)]
    public async Task A_logout_token_ends_the_sessions_that_it_names_once(bool hasSession, bool hasSubject)
    {
        var subject = $"subject-{++_count}";
        var (one, other) = (await SignInAsync(subject, $"{subject}-1"), await SignInAsync(subject, $"{subject}-2"));
        var token = _provider.Tokens.Sign(TokenIssuer.With(LogoutClaims(), ("sub", hasSubject ? subject : null), ("sid", hasSession ? $"{subject}-1" : null)), ",\"typ\":\"logout+jwt\"");
        Assert.That((await LogoutAsync(token)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.GetAsync("/v1/auth/me", key: null, one)).Problem, Is.EqualTo((401, "invalid_token")));
        Assert.That((await _engine.GetAsync("/v1/auth/me", key: null, other)).Status, Is.EqualTo(hasSession ? HttpStatusCode.OK : HttpStatusCode.Unauthorized));
        Assert.That((await LogoutAsync(token)).Problem, Is.EqualTo((400, "invalid_logout_token")), "used before");
        if (hasSession)
        {
            await LogoutAsync(_provider.Tokens.Sign(TokenIssuer.With(LogoutClaims(), ("sub", subject))));
        }
    }

    [Test]
    public async Task A_logout_token_also_ends_the_subjects_sessions_of_which_the_providers_session_is_unknown()
    {
        var (subject, stranger) = ($"subject-{++_count}", $"subject-{++_count}");
        var (unknown, others, same) = (await SignInAsync(subject, sid: null), await SignInAsync(stranger, sid: null), await SignInAsync(subject, $"{subject}-2"));
        Assert.That((await LogoutAsync(_provider.Tokens.Sign(TokenIssuer.With(LogoutClaims(), ("sub", subject), ("sid", $"{subject}-1"))))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.GetAsync("/v1/auth/me", key: null, unknown)).Problem, Is.EqualTo((401, "invalid_token")));
        Assert.That((await _engine.GetAsync("/v1/auth/me", key: null, others)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.GetAsync("/v1/auth/me", key: null, same)).Status, Is.EqualTo(HttpStatusCode.OK), "another session of the provider");
    }

    [TestCase(true, true)]
    [TestCase(false, true)]
    [TestCase(true, false)]
    public async Task A_sign_out_at_the_provider_also_ends_a_sign_in_that_is_under_way(bool hasSession, bool hasSubject)
    {
        var subject = $"subject-{++_count}";
        var attempt = await BeginAsync();
        var claims = TokenIssuer.With(Claims(attempt), ("sub", subject), ("email", $"{subject}@shop.example"), ("sid", hasSession ? $"{subject}-1" : null));
        Assert.That((await LogoutAsync(_provider.Tokens.Sign(TokenIssuer.With(LogoutClaims(), ("sub", hasSubject ? subject : null), ("sid", hasSession ? $"{subject}-1" : null))))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await EndAsync(attempt, claims)).Problem, Is.EqualTo((401, "oidc_refused")));
        await SignInAsync(subject, $"{subject}-2");
    }

    [Test]
    public async Task Who_loses_all_roles_at_the_provider_loses_those_here_and_the_sessions()
    {
        var subject = $"subject-{++_count}";
        var session = await SignInAsync(subject, sid: null);
        var attempt = await BeginAsync();
        var claims = TokenIssuer.With(Claims(attempt), ("sub", subject), ("email", $"{subject}@shop.example"), ("groups", "others"));
        Assert.That((await EndAsync(attempt, claims)).Problem, Is.EqualTo((403, "no_role")));
        Assert.That((await _engine.GetAsync("/v1/auth/me", key: null, session)).Problem, Is.EqualTo((401, "invalid_token")));
        Assert.That((await _users.FindAsync($"{subject}@shop.example"))!.Grants, Is.Empty);
    }

    [Test]
    public async Task Who_signs_in_at_the_provider_has_no_password_here_unless_configured()
    {
        using var users = new TestUsers(_engine);
        var email = $"subject-{++_count}@shop.example";
        await users.AddAsync(email, new Grant("operator", "demo"));
        Assert.That((await LoginAsync()).Status, Is.EqualTo(HttpStatusCode.OK), "before the first sign-in at the provider");
        Assert.That(await Store().RequestResetAsync(email, address: null), Is.Not.Null);
        var session = await SignInAsync(email.Split('@')[0], sid: null);
        Assert.That((await LoginAsync()).Problem, Is.EqualTo((401, "wrong_credentials")));
        await _engine.Host.Control.WriteAsync(s => s.RunAsync($"DELETE FROM user_links"));
        Assert.That(await Store().RequestResetAsync(email, address: null), Is.Null);

        _engine.Reload(config => config.Control.Oidc!.Passwords = true);
        Assert.That((await LoginAsync()).Status, Is.EqualTo(HttpStatusCode.OK), "configured");
        _engine.Reload(_ => { });

        // A reset unlinks the account.
        var token = await Store().ResetAsync(email, "cli");
        Assert.That(token, Is.Not.Null);
        Assert.That((await _engine.GetAsync("/v1/auth/me", key: null, session)).Problem, Is.EqualTo((401, "invalid_token")), "the session of the provider has ended");
        Assert.That((await LoginAsync()).Status, Is.EqualTo(HttpStatusCode.OK));

        Task<ApiAnswer> LoginAsync() => _engine.PostAsync("/v1/auth/login", $$"""{"email":"{{email}}","password":"{{TestUsers.Password}}"}""", key: null);

        // With what the engine's own store knows of the provider.
        UserStore Store() => new(_engine.Host.Control, _engine.Host.Federation.Linked);
    }

    [Test]
    public async Task A_logout_token_is_refused()
    {
        var subject = $"subject-{++_count}";
        var session = await SignInAsync(subject, sid: null);
        var good = TokenIssuer.With(LogoutClaims(), ("sub", subject));
        using var other = new TokenIssuer();
        using (Assert.EnterMultipleScope())
        {
            foreach (var (name, token) in ((string, string)[])
            [
                ("nonce", Changed(("nonce", "x"))), ("no event", Changed(("events", null))), ("another event", Changed(("events", JsonNode.Parse("""{"x":{}}""")))),
                ("an event that is no object", Changed(("events", JsonNode.Parse(LogoutEvent.Replace("{}", "1", StringComparison.Ordinal))))),
                ("no id", Changed(("jti", null))), ("nobody", Changed(("sub", null))), ("old", Changed(("iat", Now - 600))), ("without time", Changed(("iat", null))),
                ("expired", Changed(("exp", Now - 120))), ("endless", Changed(("exp", null))), ("another client", Changed(("aud", "other"))), ("another issuer", Changed(("iss", "x"))),
                ("unsigned", _provider.Tokens.Unsigned(good)), ("with the public key", _provider.Tokens.SignedWithPublicKey(good)), ("another's", other.Sign(good)),
                ("an access token", _provider.Tokens.Sign(good, ",\"typ\":\"at+jwt\"")), ("nothing", ""),
            ])
            {
                Assert.That((await LogoutAsync(token)).Problem, Is.EqualTo((400, "invalid_logout_token")), name);
            }

            Assert.That((await _engine.PostAsync("/v1/auth/oidc/backchannel-logout", "{}", key: null)).Problem, Is.EqualTo((415, "unsupported_media_type")));
        }

        Assert.That((await _engine.GetAsync("/v1/auth/me", key: null, session)).Status, Is.EqualTo(HttpStatusCode.OK));

        string Changed(params (string, JsonNode?)[] changes) => _provider.Tokens.Sign(TokenIssuer.With(good, changes));
    }

    async Task<(string, string)> SignInAsync(string subject, string? sid)
    {
        var attempt = await BeginAsync();
        var answer = await EndAsync(attempt, TokenIssuer.With(Claims(attempt), ("sub", subject), ("email", $"{subject}@shop.example"), ("sid", sid)));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Body);
        return CookiesOf(answer);
    }

    async Task<Attempt> BeginAsync(string? returnTo = null, params Attempt[] cookies)
    {
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = _engine.Http.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Get, returnTo is null ? "/v1/auth/oidc/login" : $"/v1/auth/oidc/login?returnTo={Uri.EscapeDataString(returnTo)}");
        if (cookies.Length > 0)
        {
            request.Headers.Add("Cookie", string.Join("; ", cookies.Select(attempt => attempt.Cookie)));
        }

        using var answer = await browser.SendAsync(request);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Found), await answer.Content.ReadAsStringAsync());
        var (address, cookie) = (answer.Headers.Location!, answer.Headers.GetValues("Set-Cookie").Single());
        Assert.That(address.GetLeftPart(UriPartial.Path), Is.EqualTo($"{_provider.Issuer}/authorize"));
        var query = QueryHelpers.ParseQuery(address.Query);
        Assert.That((query["response_type"].ToString(), query["code_challenge_method"].ToString(), query["client_id"].ToString(), query["redirect_uri"].ToString()),
            Is.EqualTo(("code", "S256", "client", "http://127.0.0.1:7/v1/auth/oidc/callback")));
        Assert.That(cookie, Does.Match("^__Host-oidc-[\\w-]{16}=v4\\.local\\.[^;]+; max-age=600; path=/; secure; samesite=lax; httponly$"));
        return new Attempt(query["state"].ToString(), query["nonce"].ToString(), query["code_challenge"].ToString(), cookie.Split(';')[0]);
    }

    Task<ApiAnswer> EndAsync(Attempt attempt, string claims, Func<string, string>? sign = null, string more = "")
    {
        var code = $"code-{++_count}";
        _provider.Codes[code] = (sign ?? (text => _provider.Tokens.Sign(text)))(claims);
        return CallbackAsync(attempt, code, more);
    }

    Task<ApiAnswer> CallbackAsync(Attempt attempt, string? code, string more = "")
    {
        _provider.Challenge = attempt.Challenge;
        (string, string)[] cookie = attempt.Cookie.Length == 0 ? [] : [("Cookie", attempt.Cookie)];
        return _engine.GetAsync($"/v1/auth/oidc/callback?state={attempt.State}{(code is null ? "" : $"&code={code}")}{more}", key: null, cookie);
    }

    Task<ApiAnswer> LogoutAsync(string token) => _engine.AskAsync(HttpMethod.Post, "/v1/auth/oidc/backchannel-logout",
        new FormUrlEncodedContent([new("logout_token", token)]), key: null);

    // Before and after, nothing is known of the provider.
    async Task With(Action change, Func<Task> test)
    {
        Forget();
        change();
        await test();
        (_provider.Metadata, _provider.Status) = ("", 200);
        Forget();
    }

    // A provider that was configured before is read anew.
    void Forget()
    {
        _engine.Reload(config => config.Control.Oidc = null);
        _engine.Reload(_ => { });
    }

    string Claims(Attempt attempt) => $$"""
        {"iss":"{{_provider.Issuer}}","aud":"client","sub":"s{{++_count}}","iat":{{Now}},"exp":{{Now + 300}},"nonce":"{{attempt.Nonce}}",
         "at_hash":"{{Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes("at")).AsSpan(0, 16))}}","email":"p{{_count}}@shop.example","email_verified":true,"groups":["ops"]}
        """;

    string LogoutClaims() => $$"""
        {"iss":"{{_provider.Issuer}}","aud":"client","iat":{{Now}},"exp":{{Now + 120}},"jti":"j{{++_count}}","events":{{LogoutEvent}} }
        """;

    OidcConfig Section() => new()
    {
        Issuer = _provider.Issuer,
        ClientId = "client",
        ClientSecret = "s&cret",
        PublicUrl = "http://127.0.0.1:7",
        Roles = { ["ops"] = "operator@demo" },
        Accounts = OidcAccounts.Create,
    };

    static (string, string) CookiesOf(ApiAnswer answer) => ("Cookie", $"__Host-access={answer.Headers["Set-Cookie"].Split("__Host-access=")[1].Split(';')[0]}");

    sealed record Attempt(string State, string Nonce, string Challenge, string Cookie);
}
