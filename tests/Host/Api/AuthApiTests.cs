using System.Net;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Tokens;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Users over HTTP: sign-in, sessions, roles in stores, masked data.</summary>
[TestFixture]
sealed class AuthApiTests
{
    const string Password = "correct horse battery", Other = "sk_other";

    InProcessEngine _engine = null!;
    Passwords _passwords = null!;
    UserStore _users = null!;
    int _count;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(
            config => config.Stores.Add(new StoreConfig { Id = "other", Keys = [InProcessEngine.Key(Other, KeyKind.Secret)] }));
        (_passwords, _users) = (new Passwords(), new UserStore(_engine.Host.Control));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _passwords.Dispose();
        await _engine.DisposeAsync();
    }

    [Test]
    public async Task A_user_is_invited_signs_in_refreshes_and_signs_out()
    {
        var (_, token) = await _users.InviteAsync("eve@shop.example", [new Grant("viewer", null)], "cli");
        Assert.That((await PostAsync("/v1/auth/password", $$"""{"token":"{{token}}","password":"short"}""")).Problem, Is.EqualTo((400, "weak_password")));
        Assert.That((await PostAsync("/v1/auth/password", $$"""{"token":"{{token}}x","password":"{{Password}}"}""")).Problem, Is.EqualTo((404, "link_not_found")));
        Assert.That((await PostAsync("/v1/auth/password", $$"""{"token":"{{token}}","password":"{{Password}}"}""")).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await PostAsync("/v1/auth/login", """{"email":"eve@shop.example"}""")).Problem, Is.EqualTo((400, "invalid_credentials")));
        Assert.That((await PostAsync("/v1/auth/login", """{"email":"eve@shop.example","password":"wrong"}""")).Problem, Is.EqualTo((401, "wrong_credentials")));

        var session = await LoginAsync("eve@shop.example");
        var me = await GetAsync("/v1/auth/me", session);
        Assert.That(me.Json.GetProperty("email").GetString(), Is.EqualTo("eve@shop.example"));
        Assert.That(me.Json.GetProperty("stores").EnumerateObject().Select(store => store.Name), Is.EqualTo(new[] { "demo", "other" }));

        var refreshed = await PostAsync("/v1/auth/refresh", $$"""{"refreshToken":"{{session.Refresh}}"}""");
        var next = Read(refreshed);
        Assert.That(refreshed.Headers["Cache-Control"], Is.EqualTo("no-store"));
        Assert.That((await GetAsync("/v1/auth/me", next)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await AskAsync(HttpMethod.Post, "/v1/auth/logout", next)).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await GetAsync("/v1/auth/me", next)).Problem, Is.EqualTo((401, "invalid_token")));
        Assert.That((await PostAsync("/v1/auth/refresh", $$"""{"refreshToken":"{{next.Refresh}}"}""")).Problem, Is.EqualTo((401, "invalid_refresh_token")));
    }

    [Test]
    public async Task Two_tabs_that_refresh_at_once_stay_signed_in_and_a_later_reuse_ends_the_session()
    {
        var session = await UserAsync("viewer", null);
        var (one, other) = (await PostAsync("/v1/auth/refresh", Refresh(session)), await PostAsync("/v1/auth/refresh", Refresh(session)));
        Assert.That(Read(one).Refresh, Is.EqualTo(Read(other).Refresh).And.Not.EqualTo(session.Refresh));
        Assert.That((await GetAsync("/v1/auth/me", Read(one))).Status, Is.EqualTo(HttpStatusCode.OK));

        await _engine.Host.Control.WriteAsync(s => s.RunAsync($"UPDATE refresh_tokens SET used_at = used_at - {(long)Sessions.ReuseInterval.TotalMilliseconds} WHERE used_at IS NOT NULL"));
        Assert.That((await PostAsync("/v1/auth/refresh", Refresh(session))).Problem, Is.EqualTo((401, "refresh_token_reused")));
        Assert.That((await GetAsync("/v1/auth/me", Read(other))).Problem, Is.EqualTo((401, "invalid_token")));
    }

    [Test]
    public async Task Signing_out_needs_no_valid_access_token()
    {
        // With the refresh token alone; also with one that was exchanged already.
        foreach (var isUsed in new[] { false, true })
        {
            var session = await UserAsync("viewer", null);
            var last = isUsed ? Read(await PostAsync("/v1/auth/refresh", Refresh(session))) : session;
            Assert.That((await PostAsync("/v1/auth/logout", Refresh(session))).Status, Is.EqualTo(HttpStatusCode.NoContent));
            Assert.That((await GetAsync("/v1/auth/me", last)).Problem, Is.EqualTo((401, "invalid_token")));
            Assert.That((await PostAsync("/v1/auth/refresh", Refresh(last))).Problem, Is.EqualTo((401, "invalid_refresh_token")));
            Assert.That((await PostAsync("/v1/auth/logout", Refresh(last))).Status, Is.EqualTo(HttpStatusCode.NoContent), "it has ended already");
        }

        Assert.That((await PostAsync("/v1/auth/logout", "{}")).Problem, Is.EqualTo((401, "missing_key")), "nothing names a session");
    }

    [Test]
    public async Task Signing_out_by_the_refresh_cookie_needs_the_CSRF_token_and_a_page_of_this_host()
    {
        var session = await UserAsync("viewer", null);
        var signedIn = await PostAsync("/v1/auth/login", $$"""{"email":"{{session.Email}}","password":"{{Password}}","cookie":true}""");
        var set = signedIn.Headers["Set-Cookie"];
        var refresh = $"__Host-refresh={set.Split("__Host-refresh=")[1].Split(';')[0]}";
        var csrf = ("X-CSRF-Token", signedIn.Json.GetProperty("csrfToken").GetString()!);
        Task<ApiAnswer> LogoutAsync(string cookies, params (string, string)[] headers) =>
            _engine.AskAsync(HttpMethod.Post, "/v1/auth/logout", content: null, key: null, [("Cookie", cookies), .. headers]);

        Assert.That((await LogoutAsync(refresh)).Problem, Is.EqualTo((403, "csrf_token_required")));
        Assert.That((await LogoutAsync(refresh, csrf, ("Origin", "https://evil.example"))).Problem, Is.EqualTo((403, "cross_origin")));
        Assert.That((await LogoutAsync($"__Host-access={set.Split("__Host-access=")[1].Split(';')[0]}")).Problem, Is.EqualTo((403, "csrf_token_required")));
        Assert.That((await _engine.PostAsync("/v1/auth/refresh", "{}", key: null, ("Cookie", refresh))).Status, Is.EqualTo(HttpStatusCode.OK), "the session goes on");
        var expired = await LogoutAsync($"__Host-access=v4.public.expired; {refresh}", csrf);
        Assert.That(expired.Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(expired.Headers["Set-Cookie"], Does.Contain("__Host-access=; max-age=0").And.Contain("__Host-refresh=; max-age=0"));
        Assert.That((await _engine.PostAsync("/v1/auth/refresh", "{}", key: null, ("Cookie", refresh))).Problem, Is.EqualTo((401, "invalid_refresh_token")));
    }

    [Test]
    public async Task A_browsers_session_is_in_cookies_and_needs_the_CSRF_token_to_change_something()
    {
        var session = await UserAsync("marketer", "demo");
        var signedIn = await PostAsync("/v1/auth/login", $$"""{"email":"{{session.Email}}","password":"{{Password}}","cookie":true}""");
        Assert.That(signedIn.Json.TryGetProperty("accessToken", out _), Is.False);
        var set = signedIn.Headers["Set-Cookie"];
        Assert.That(set, Does.Match("__Host-access=v4\\.public\\.[^;]+; max-age=900; path=/; secure; samesite=strict; httponly"));
        Assert.That(set, Does.Match("__Host-refresh=[^;]+; max-age=604800; path=/; secure; samesite=strict; httponly"));
        var cookie = ("Cookie", $"__Host-access={set.Split("__Host-access=")[1].Split(';')[0]}; __Host-refresh={set.Split("__Host-refresh=")[1].Split(';')[0]}");
        var csrf = ("X-CSRF-Token", signedIn.Json.GetProperty("csrfToken").GetString()!);

        Assert.That((await _engine.GetAsync("/v1/carts", key: null, cookie)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.PostAsync("/v1/products", "[]", key: null, cookie)).Problem, Is.EqualTo((403, "csrf_token_required")));
        Assert.That((await _engine.PostAsync("/v1/products", "[]", key: null, cookie, ("X-CSRF-Token", "x"))).Problem, Is.EqualTo((403, "csrf_token_required")));
        Assert.That((await _engine.PostAsync("/v1/products", "[]", key: null, cookie, csrf)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.PostAsync("/v1/events", "[]", key: null, cookie, csrf)).Problem.Status, Is.EqualTo(403), "events take a store's key");
        var refreshed = await _engine.PostAsync("/v1/auth/refresh", "{}", key: null, cookie);
        Assert.That((refreshed.Status, refreshed.Headers["Set-Cookie"].Contains("__Host-access=v4", StringComparison.Ordinal)), Is.EqualTo((HttpStatusCode.OK, true)));
        Assert.That((await _engine.AskAsync(HttpMethod.Post, "/v1/auth/logout", content: null, key: null, cookie, csrf)).Headers["Set-Cookie"], Does.Contain("__Host-access=; max-age=0"));
    }

    [Test]
    public async Task A_browsers_session_is_for_pages_of_this_host()
    {
        var session = await UserAsync("marketer", "demo");
        var login = $$"""{"email":"{{session.Email}}","password":"{{Password}}","cookie":true}""";
        var set = (await PostAsync("/v1/auth/login", login)).Headers["Set-Cookie"];
        var cookie = ("Cookie", $"__Host-access={set.Split("__Host-access=")[1].Split(';')[0]}; __Host-refresh={set.Split("__Host-refresh=")[1].Split(';')[0]}");
        foreach (var foreign in new[] { ("Origin", "https://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "same-site") })
        {
            foreach (var answer in new[]
            {
                await _engine.GetAsync("/v1/auth/me", key: null, cookie, foreign),
                await _engine.GetAsync("/v1/carts", key: null, cookie, foreign),
                await _engine.PostAsync("/v1/auth/refresh", "{}", key: null, cookie, foreign),
                await _engine.PostAsync("/v1/auth/login", login, key: null, foreign),
            })
            {
                Assert.That(answer.Problem, Is.EqualTo((403, "cross_origin")), foreign.ToString());
                Assert.That(answer.Headers.Keys.Where(name => name.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase)), Is.Empty);
                Assert.That(answer.Headers, Does.Not.ContainKey("Set-Cookie"));
            }
        }

        foreach (var path in new[] { "/v1/auth/me", "/v1/auth/refresh", "/v1/auth/login", "/v1/carts" })
        {
            var preflight = await _engine.AskAsync(HttpMethod.Options, path, content: null, key: null,
                ("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type"));
            Assert.That(preflight.Headers.Keys.Where(name => name.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase)), Is.Empty, path);
        }

        var own = ("Origin", _engine.Http.BaseAddress!.GetLeftPart(UriPartial.Authority));
        Assert.That((await _engine.GetAsync("/v1/auth/me", key: null, cookie, own)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.GetAsync("/v1/auth/me", key: null, cookie, ("Sec-Fetch-Site", "same-origin"))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.PostAsync("/v1/auth/login", login, key: null, own)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await GetAsync("/v1/auth/me", session, ("Origin", "https://evil.example"))).Status, Is.EqualTo(HttpStatusCode.OK), "no page has the token unless it was given it");
    }

    [Test]
    public async Task A_role_counts_in_its_store_and_the_header_names_the_store()
    {
        var one = await UserAsync("marketer", "other");
        Assert.That((await GetAsync("/v1/carts", one)).Status, Is.EqualTo(HttpStatusCode.OK), "the only store of the user");
        Assert.That((await GetAsync("/v1/carts", one, ("X-Store-Id", "other"))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await GetAsync("/v1/carts", one, ("X-Store-Id", "demo"))).Problem, Is.EqualTo((403, "store_required")));
        Assert.That((await GetAsync("/v1/carts", one, ("X-Store-Id", "nowhere"))).Problem, Is.EqualTo((403, "store_required")));
        var all = await UserAsync("viewer", null);
        Assert.That((await GetAsync("/v1/products", all)).Problem, Is.EqualTo((403, "store_required")), "which of two stores?");
        Assert.That((await GetAsync("/v1/products", all, ("X-Store-Id", "demo"))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await GetAsync("/v1/carts", all, ("X-Store-Id", "demo"))).Problem, Is.EqualTo((403, "permission_denied")));
    }

    [Test]
    public async Task Addresses_are_masked_without_the_permission_and_reading_them_is_recorded()
    {
        await _engine.PostAsync("/v1/suppressions", """{"channel":"email","address":"zoe@mail.example"}""");
        Assert.That((await GetAsync("/v1/suppressions", await UserAsync("marketer", "demo"))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await GetAsync("/v1/deadletters", await UserAsync("analyst", "demo"))).Problem, Is.EqualTo((403, "permission_denied")));
        var reader = await UserAsync("operator", "demo");
        Assert.That((await GetAsync("/v1/suppressions", reader)).Status, Is.EqualTo(HttpStatusCode.OK));

        var admin = await UserAsync("admin", null);
        var read = (await GetAsync($"/v1/audit?action=personal_data.read&actor=user:{reader.Id}", admin)).Json.GetProperty("items");
        Assert.That(read.EnumerateArray().Select(entry => (entry.GetProperty("target").GetString(), entry.GetProperty("storeId").GetString())),
            Is.EqualTo(new[] { ("route:GET /v1/suppressions", "demo") }));
    }

    [Test]
    public async Task The_audit_log_is_paged_and_for_those_with_a_role_for_all_stores()
    {
        var admin = await UserAsync("admin", null);
        var first = await GetAsync("/v1/audit?action=user.&limit=2", admin);
        Assert.That(first.Json.GetProperty("items").GetArrayLength(), Is.EqualTo(2));
        var second = await GetAsync($"/v1/audit?action=user.&limit=2&cursor={first.Json.GetProperty("next").GetString()}", admin);
        Assert.That(second.Json.GetProperty("items")[0].GetProperty("number").GetInt64(), Is.LessThan(first.Json.GetProperty("items")[1].GetProperty("number").GetInt64()));
        Assert.That((await GetAsync("/v1/audit", await UserAsync("admin", "demo"))).Problem, Is.EqualTo((403, "permission_denied")));
        Assert.That((await GetAsync("/v1/audit", await UserAsync("viewer", null))).Problem, Is.EqualTo((403, "permission_denied")));
        Assert.That((await _engine.GetAsync("/v1/audit")).Problem, Is.EqualTo((403, "user_required")));
    }

    [Test]
    public async Task An_authenticator_app_is_set_up_over_HTTP()
    {
        var session = await UserAsync("viewer", null);
        var secret = (await AskAsync(HttpMethod.Post, "/v1/auth/totp", session)).Json;
        Assert.That(secret.GetProperty("address").GetString(), Does.StartWith("otpauth://totp/CartRecovery:"));
        Assert.That(Totp.TryParseBase32(secret.GetProperty("secret").GetString()!, out var bytes));
        var step = Totp.StepOf(TimeProvider.System.GetUtcNow());
        Assert.That((await PostAsync("/v1/auth/totp/confirm", $$"""{"secret":"{{secret.GetProperty("secret").GetString()}}","code":"x"}""", session)).Problem, Is.EqualTo((400, "wrong_code")));
        var codes = await PostAsync("/v1/auth/totp/confirm", $$"""{"secret":"{{secret.GetProperty("secret").GetString()}}","code":"{{Totp.CodeOf(bytes, step)}}"}""", session);
        Assert.That(codes.Json.GetProperty("recoveryCodes").GetArrayLength(), Is.EqualTo(10));
        Assert.That((await PostAsync("/v1/auth/login", $$"""{"email":"{{session.Email}}","password":"{{Password}}"}""")).Problem, Is.EqualTo((401, "code_required")));
        var signedIn = await PostAsync("/v1/auth/login",
            $$"""{"email":"{{session.Email}}","password":"{{Password}}","code":"{{codes.Json.GetProperty("recoveryCodes")[0].GetString()}}"}""");
        Assert.That(signedIn.Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_token_in_the_query_is_no_token() =>
        Assert.That((await _engine.GetAsync($"/v1/auth/me?key={(await UserAsync("viewer", null)).Access}", key: null)).Problem, Is.EqualTo((401, "unknown_key")));

    async Task<Session> UserAsync(string role, string? store)
    {
        var email = $"{role}{Interlocked.Increment(ref _count)}@shop.example";
        var (user, token) = await _users.InviteAsync(email, [new Grant(role, store)], "cli");
        await _users.AcceptAsync(token, await _passwords.HashAsync(Password), address: null);
        return await LoginAsync(email) with { Id = user.Id };
    }

    async Task<Session> LoginAsync(string email)
    {
        var answer = await PostAsync("/v1/auth/login", $$"""{"email":"{{email}}","password":"{{Password}}"}""");
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Body);
        return Read(answer) with { Email = email };
    }

    static string Refresh(Session session) => $$"""{"refreshToken":"{{session.Refresh}}"}""";

    static Session Read(ApiAnswer answer)
    {
        Assert.That(answer.Json.GetProperty("expiresIn").GetInt32(), Is.EqualTo(900));
        return new(answer.Json.GetProperty("accessToken").GetString()!, answer.Json.GetProperty("refreshToken").GetString()!, "", "");
    }

    Task<ApiAnswer> PostAsync(string path, string body, Session? session = null) =>
        _engine.PostAsync(path, body, key: null, session is null ? [] : [("Authorization", $"Bearer {session.Access}")]);

    Task<ApiAnswer> GetAsync(string path, Session session, params (string, string)[] headers) => AskAsync(HttpMethod.Get, path, session, headers);

    Task<ApiAnswer> AskAsync(HttpMethod method, string path, Session session, params (string, string)[] headers) =>
        _engine.AskAsync(method, path, content: null, key: null, [("Authorization", $"Bearer {session.Access}"), .. headers]);

    sealed record Session(string Access, string Refresh, string Email, string Id);
}
