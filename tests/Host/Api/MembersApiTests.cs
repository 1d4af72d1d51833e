using System.Net;
using System.Text.Json;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Members and roles over HTTP: invitations, changes, links by mail, and that nobody gives what they do not have.</summary>
[TestFixture]
sealed class MembersApiTests
{
    InProcessEngine _engine = null!;
    TestUsers _users = null!;
    (string, string) _admin;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config => config.Stores.Add(new StoreConfig { Id = "other", Keys = [InProcessEngine.Key("sk_other", KeyKind.Secret)] }));
        _users = new TestUsers(_engine);
        _admin = await _users.NewAsync(new Grant("admin", null));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
    }

    [Test]
    public async Task A_member_is_invited_changed_disabled_and_deleted()
    {
        var invited = await AskAsync("POST", "/v1/members", """{"email":" Eve@Shop.example","roles":[{"role":"viewer"},{"role":"marketer","storeId":"demo"}]}""");
        Assert.That((invited.Status, invited.Headers["Cache-Control"]), Is.EqualTo((HttpStatusCode.Created, "no-store")), invited.Body);
        var (member, link) = (invited.Json.GetProperty("member"), invited.Json.GetProperty("link"));
        Assert.That((member.GetProperty("email").GetString(), member.GetProperty("state").GetString(), link.GetProperty("mailed").GetBoolean()), Is.EqualTo(("eve@shop.example", "invited", false)));
        var path = $"/v1/members/{member.GetProperty("id").GetString()}";
        Assert.That((await AskAsync("POST", "/v1/members", """{"email":"eve@shop.example","roles":[]}""")).Problem, Is.EqualTo((409, "member_exists")));

        var again = (await AskAsync("POST", $"{path}/link")).Json;
        Assert.That((await PasswordAsync(link.GetProperty("token").GetString()!)).Problem, Is.EqualTo((404, "link_not_found")), "the first link has ended");
        Assert.That((await PasswordAsync(again.GetProperty("token").GetString()!)).Status, Is.EqualTo(HttpStatusCode.NoContent));
        var eve = await _users.SignInAsync("eve@shop.example");
        Assert.That((await _engine.GetAsync("/v1/auth/me", key: null, eve)).Status, Is.EqualTo(HttpStatusCode.OK));

        var changed = await AskAsync("PATCH", path, """{"roles":[{"role":"analyst","storeId":"other"}]}""");
        Assert.That(changed.Json.GetProperty("roles").GetRawText(), Is.EqualTo("""[{"role":"analyst","storeId":"other"}]"""));
        Assert.That((await _engine.GetAsync("/v1/carts", key: null, eve)).Status, Is.EqualTo(HttpStatusCode.OK), "at once");
        Assert.That((await AskAsync("PATCH", path, """{"state":"disabled"}""")).Json.GetProperty("state").GetString(), Is.EqualTo("disabled"));
        Assert.That((await _engine.GetAsync("/v1/auth/me", key: null, eve)).Problem, Is.EqualTo((401, "invalid_token")));
        Assert.That((await AskAsync("POST", $"{path}/link")).Problem, Is.EqualTo((409, "member_disabled")));
        Assert.That((await AskAsync("PATCH", path, """{"state":"active","totp":false}""")).Json.GetProperty("state").GetString(), Is.EqualTo("active"));
        Assert.That((await AskAsync("DELETE", path)).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await AskAsync("GET", path)).Problem, Is.EqualTo((404, "member_not_found")));
        Assert.That((await AskAsync("GET", "/v1/members?limit=1000")).Body, Does.Not.Contain("eve@"));
    }

    [TestCase("""{"email":"nobody","roles":[]}""", "invalid_member")]
    [TestCase("""{"email":"a@b.example","roles":[{"role":"king"}]}""", "role_unknown")]
    [TestCase("""{"email":"a@b.example","roles":[{"role":"viewer","storeId":"nowhere"}]}""", "invalid_member")]
    [TestCase("""{"email":"a@b.example","roles":[{"storeId":"demo"}]}""", "invalid_member")]
    public async Task A_wrong_invitation_is_refused(string body, string code) => Assert.That((await AskAsync("POST", "/v1/members", body)).Problem, Is.EqualTo((400, code)));

    [Test]
    public async Task A_caller_cannot_grant_or_change_permissions_that_they_lack()
    {
        await AskAsync("POST", "/v1/roles", """{"name":"hr","permissions":["users:read","users:write","roles:read","roles:write","campaigns:read"]}""");
        var hr = await _users.NewAsync(new Grant("hr", null));
        var admin = (await AskAsync("GET", "/v1/members")).Json.GetProperty("items")[0].GetProperty("id").GetString();
        foreach (var (method, path, body) in new[]
        {
            ("POST", "/v1/members", """{"email":"x@shop.example","roles":[{"role":"admin"}]}"""),
            ("POST", "/v1/members", """{"email":"x@shop.example","roles":[{"role":"viewer","storeId":"demo"}]}"""),
            ("PATCH", $"/v1/members/{admin}", """{"totp":false}"""),
            ("PATCH", $"/v1/members/{admin}", """{"roles":[]}"""),
            ("POST", $"/v1/members/{admin}/link", "{}"),
            ("DELETE", $"/v1/members/{admin}", "{}"),
            ("POST", "/v1/roles", """{"name":"more","permissions":["carts:read"]}"""),
            ("PUT", "/v1/roles/hr", """{"permissions":["users:write","audit:read"]}"""),
        })
        {
            var refused = await AskAsync(method, path, body, hr);
            Assert.That(refused.Problem, Is.EqualTo((403, "permission_not_held")), $"{method} {path} {body}");
            Assert.That(refused.Json.GetProperty("detail").GetString(), Does.Match("You cannot grant a permission that you do not have: [a-z_]+:(read|write)\\."));
        }

        Assert.That((await AskAsync("POST", "/v1/members", """{"email":"y@shop.example","roles":[{"role":"hr","storeId":"demo"}]}""", hr)).Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((await AskAsync("POST", "/v1/members", """{"email":"z@shop.example","roles":[]}""", await _users.NewAsync(new Grant("hr", "demo")))).Problem,
            Is.EqualTo((403, "permission_denied")), "members belong to no store");
    }

    [TestCase("POST", "/v1/roles", """{"name":"king","permissions":[null,"carts:read"]}""", "$.permissions")]
    [TestCase("PUT", "/v1/roles/king", """{"permissions":["carts:read",null]}""", "$.permissions")]
    [TestCase("POST", "/v1/members", """{"email":"k@shop.example","roles":[null,{"role":"viewer"}]}""", "$.roles")]
    [TestCase("PATCH", "/v1/members/7", """{"roles":[null]}""", "$.roles")]
    [TestCase("POST", "/v1/api-keys", """{"name":"k","kind":"secret","scopes":[null,"personal_data:read"]}""", "$.scopes")]
    [TestCase("POST", "/v1/api-keys", """{"name":"k","kind":"publishable","origins":[null]}""", "$.origins")]
    [TestCase("POST", "/v1/products", """[null,{"id":"p1"}]""", "$")]
    public async Task A_null_in_a_list_is_refused(string method, string path, string body, string list)
    {
        var refused = await _engine.AskAsync(new HttpMethod(method), path, new StringContent(body, System.Text.Encoding.UTF8, "application/json"), key: null, _admin, ("X-Store-Id", "demo"));
        Assert.That(refused.Problem, Is.EqualTo((400, "invalid_json")), refused.Body);
        Assert.That(refused.Json.GetProperty("detail").GetString(), Does.StartWith($"{list}: the list has a null element"));
    }

    [Test]
    public async Task A_caller_cannot_revoke_permissions_that_they_lack()
    {
        await AskAsync("POST", "/v1/roles", """{"name":"clerk","permissions":["roles:write","carts:read"]}""");
        await AskAsync("POST", "/v1/roles", """{"name":"boss","permissions":["carts:read","personal_data:read"]}""");
        var clerk = await _users.NewAsync(new Grant("clerk", null));
        Assert.That((await AskAsync("PUT", "/v1/roles/boss", """{"permissions":["carts:read"]}""", clerk)).Problem, Is.EqualTo((403, "permission_not_held")));
        Assert.That((await AskAsync("PUT", "/v1/roles/clerk", """{"permissions":["roles:write"]}""", clerk)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_parameter_with_a_zero_character_is_refused() =>
        Assert.That((await AskAsync("GET", "/v1/audit?actor=%00")).Problem, Is.EqualTo((400, "out_of_range")));

    [Test]
    public async Task A_role_of_ones_own_counts_at_once_and_stays_while_a_member_has_it()
    {
        Assert.That((await AskAsync("POST", "/v1/roles", """{"name":"buyer","permissions":["products:read"]}""")).Status, Is.EqualTo(HttpStatusCode.Created));
        var buyer = await _users.NewAsync(new Grant("buyer", "demo"));
        Assert.That((await _engine.GetAsync("/v1/products", key: null, buyer)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.GetAsync("/v1/carts", key: null, buyer)).Problem, Is.EqualTo((403, "permission_denied")));
        Assert.That((await AskAsync("PUT", "/v1/roles/buyer", """{"permissions":["carts:read"]}""")).Json.GetProperty("permissions").GetRawText(), Is.EqualTo("""["carts:read"]"""));
        Assert.That((await _engine.GetAsync("/v1/carts", key: null, buyer)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.GetAsync("/v1/products", key: null, buyer)).Problem, Is.EqualTo((403, "permission_denied")));

        Assert.That((await AskAsync("DELETE", "/v1/roles/buyer")).Problem, Is.EqualTo((409, "role_in_use")));
        Assert.That((await AskAsync("DELETE", "/v1/roles/viewer")).Problem, Is.EqualTo((409, "built_in_role")));
        Assert.That((await AskAsync("PUT", "/v1/roles/viewer", """{"permissions":["carts:read"]}""")).Problem, Is.EqualTo((409, "built_in_role")));
        Assert.That((await AskAsync("POST", "/v1/roles", """{"name":"viewer","permissions":["carts:read"]}""")).Problem, Is.EqualTo((409, "role_exists")));
        Assert.That((await AskAsync("POST", "/v1/roles", """{"name":"Buyer","permissions":["carts:read"]}""")).Problem, Is.EqualTo((400, "invalid_role")));
        Assert.That((await AskAsync("DELETE", "/v1/roles/nothing")).Problem, Is.EqualTo((404, "role_not_found")));
        Assert.That((await AskAsync("GET", "/v1/roles")).Json.GetProperty("items").EnumerateArray().Where(role => role.GetProperty("builtIn").GetBoolean())
            .Select(role => role.GetProperty("name").GetString()), Is.EqualTo(new[] { "admin", "operator", "marketer", "analyst", "viewer" }));
    }

    [Test]
    public async Task The_last_administrator_cannot_leave_by_HTTP()
    {
        await using var engine = await InProcessEngine.StartAsync();
        using var users = new TestUsers(engine);
        var ada = await users.AddAsync("ada@shop.example", new Grant("admin", null));
        var access = await users.SignInAsync(ada.Email);
        Assert.That((await AskAsync("DELETE", $"/v1/members/{ada.Id}", null, access, engine)).Problem, Is.EqualTo((409, "last_admin")));
        Assert.That((await AskAsync("PATCH", $"/v1/members/{ada.Id}", """{"state":"disabled"}""", access, engine)).Problem, Is.EqualTo((409, "last_admin")));
        Assert.That((await AskAsync("POST", "/v1/auth/reset", """{"email":"ada@shop.example"}""", access, engine)).Problem, Is.EqualTo((409, "no_mail")));
    }

    [Test]
    public async Task Links_are_mailed_and_the_answer_does_not_tell_whether_the_address_is_known()
    {
        var folder = Directory.CreateTempSubdirectory("cartrecovery-").FullName;
        var file = Path.Combine(folder, "mail.ndjson");
        await using (var engine = await InProcessEngine.StartAsync(config =>
        {
            var sink = new SinkConfig { Type = "file", BatchAge = Duration.FromMilliseconds(0) };
            sink.SetOption("path", file);
            config.Sinks["mail"] = sink;
            config.Contact.PublicUrl = "https://recover.shop.example/";
            config.Control.Mail = "mail";
        }))
        {
            using var users = new TestUsers(engine);
            var access = await users.NewAsync(new Grant("admin", null));
            var invited = await AskAsync("POST", "/v1/members", """{"email":"eve@shop.example","roles":[{"role":"viewer"}]}""", access, engine);
            Assert.That(invited.Json.GetProperty("link").GetProperty("mailed").GetBoolean());
            Assert.That(invited.Json.GetProperty("link").GetProperty("token").ValueKind, Is.EqualTo(JsonValueKind.Null), "who invites cannot sign in as the member");
            var invitation = await TokenAsync(file, 1, "eve@shop.example");
            Assert.That((await PasswordAsync(invitation, engine)).Status, Is.EqualTo(HttpStatusCode.NoContent));

            var known = await engine.PostAsync("/v1/auth/reset", """{"email":"EVE@shop.example"}""", key: null);
            var unknown = await engine.PostAsync("/v1/auth/reset", """{"email":"nobody@shop.example"}""", key: null);
            Assert.That((known.Status, known.Body, unknown.Status, unknown.Body), Is.EqualTo((HttpStatusCode.Accepted, "", HttpStatusCode.Accepted, "")));
            var token = await TokenAsync(file, 2, "eve@shop.example");
            Assert.That((await PasswordAsync(token, engine)).Status, Is.EqualTo(HttpStatusCode.NoContent));
            Assert.That((await PasswordAsync(token, engine)).Problem, Is.EqualTo((404, "link_not_found")), "good once");

            ApiAnswer? throttled = null;
            for (var i = 0; i < 30 && throttled?.Status != HttpStatusCode.TooManyRequests; i++)
            {
                throttled = await engine.PostAsync("/v1/auth/reset", """{"email":"nobody@shop.example"}""", key: null);
            }

            Assert.That(throttled!.Problem, Is.EqualTo((429, "too_many_attempts")));
            Assert.That(throttled.Headers, Does.ContainKey("Retry-After"));
            var page = await engine.GetAsync("/v1/auth/password", key: null);
            Assert.That(page.Headers["Content-Security-Policy"], Does.Contain($"script-src '{CartRecovery.Host.Api.SecurityHeaders.HashOf(CartRecovery.Host.Api.Auth.PasswordPage.Script)}'"));
            Assert.That(page.Body, Does.Contain(CartRecovery.Host.Api.Auth.PasswordPage.Script).And.Contain("autocomplete=\"new-password\""));
        }

        Assert.That(File.ReadAllLines(file), Has.Length.EqualTo(2), "nobody else got a mail");
        Directory.Delete(folder, recursive: true);
    }

    static async Task<string> TokenAsync(string file, int mails, string to)
    {
        await Eventually.Is(() => File.Exists(file) && File.ReadAllLines(file).Length == mails, "the mail is sent");
        using var mail = JsonDocument.Parse(File.ReadAllLines(file)[^1]);
        Assert.That(mail.RootElement.GetProperty("recipient").GetProperty("email").GetString(), Is.EqualTo(to));
        var text = mail.RootElement.GetProperty("message").GetString()!;
        const string Link = "https://recover.shop.example/v1/auth/password#";
        Assert.That(text, Does.Contain(Link));
        return text.Split(Link)[1].Split('\n')[0];
    }

    Task<ApiAnswer> PasswordAsync(string token, InProcessEngine? engine = null) =>
        (engine ?? _engine).PostAsync("/v1/auth/password", $$"""{"token":"{{token}}","password":"{{TestUsers.Password}}"}""", key: null);

    Task<ApiAnswer> AskAsync(string method, string path, string? body = null, (string, string)? user = null, InProcessEngine? engine = null) => (engine ?? _engine).AskAsync(
        new HttpMethod(method), path, body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json"), key: null, user ?? _admin);
}
