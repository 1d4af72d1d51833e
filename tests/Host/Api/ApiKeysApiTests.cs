using System.Net;
using System.Security.Claims;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Keys over HTTP: they are made, open every door as far as their scopes go, and close what they opened.</summary>
[TestFixture]
sealed class ApiKeysApiTests
{
    const string Page = "https://shop.example", Elsewhere = "https://evil.example";

    InProcessEngine _engine = null!;
    TestUsers _users = null!;
    (string, string) _admin;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config => config.Stores.Add(new StoreConfig { Id = "other", Keys = [InProcessEngine.Key("sk_other", KeyKind.Secret)] }));
        _users = new TestUsers(_engine);
        _admin = await _users.NewAsync(new Grant("admin", "demo"));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
    }

    [Test]
    public async Task A_key_is_shown_once_and_listed_beside_those_of_the_configuration()
    {
        var made = await PostAsync("/v1/api-keys", """{"name":" warehouse ","kind":"secret"}""");
        Assert.That((made.Status, made.Headers["Cache-Control"]), Is.EqualTo((HttpStatusCode.Created, "no-store")));
        var key = made.Json.GetProperty("key").GetString()!;
        Assert.That(ApiKeyText.IsWellFormed(key));

        var list = await AskAsync(HttpMethod.Get, "/v1/api-keys");
        var items = list.Json.GetProperty("items").EnumerateArray().ToDictionary(item => item.GetProperty("id").GetString()!);
        var item = items[made.Json.GetProperty("apiKey").GetProperty("id").GetString()!];
        Assert.That((item.GetProperty("name").GetString(), item.GetProperty("managedBy").GetString(), item.GetProperty("state").GetString(), item.GetProperty("storeId").GetString()),
            Is.EqualTo(("warehouse", "api", "active", "demo")));
        Assert.That(item.GetProperty("createdBy").GetString(), Does.StartWith("user:"));
        Assert.That(list.Body, Does.Not.Contain(key).And.Not.Contain("sk_demo"));
        var file = items.Where(other => other.Value.GetProperty("managedBy").GetString() == "file").ToList();
        Assert.That(file, Has.Count.EqualTo(2));
        Assert.That((await AskAsync(HttpMethod.Delete, $"/v1/api-keys/{file[0].Key}")).Problem, Is.EqualTo((409, "managed_by_file")));
        Assert.That((await PostAsync($"/v1/api-keys/{file[0].Key}/rotate", "{}")).Problem, Is.EqualTo((409, "managed_by_file")));
        Assert.That((await _engine.GetAsync("/v1/carts", key)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.PostAsync("/v1/events", EventJson.Of(EventJson.NewCart(), more: ",\"storeId\":\"other\""), key)).Problem, Is.EqualTo((403, "foreign_store")));
    }

    [TestCase("{}", "kind: ")]
    [TestCase("""{"kind":"secret"}""", "name: ")]
    [TestCase("""{"name":"x","kind":"master"}""", "kind: ")]
    [TestCase("""{"name":"x","kind":"secret","eventsPerDay":-1}""", "eventsPerDay: ")]
    [TestCase("""{"name":"x","kind":"secret","scopes":["users:write"]}""", "scopes: ")]
    [TestCase("""{"name":"x","kind":"publishable","origins":["https://shop.example/"]}""", "origins: ")]
    [TestCase("""{"name":"x","kind":"secret","expiresAt":"2020-01-01T00:00:00Z"}""", "expiresAt: ")]
    public async Task A_wrong_body_is_refused_and_names_the_field(string body, string detail)
    {
        var refused = await PostAsync("/v1/api-keys", body);
        Assert.That(refused.Problem, Is.EqualTo((400, "invalid_api_key")));
        Assert.That(refused.Json.GetProperty("detail").GetString(), Does.StartWith(detail));
    }

    [Test]
    public async Task A_key_has_a_quota_which_a_rotation_keeps()
    {
        var (id, key) = await NewAsync("""{"name":"partner","kind":"secret","eventsPerDay":3}""");
        Assert.That((await _engine.PostAsync("/v1/events", EventJson.Array(EventJson.Many("quota", 3)), key)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.PostAsync("/v1/events", EventJson.Of("quota"), key)).Problem, Is.EqualTo((429, "quota_exceeded")));
        Assert.That((await _engine.PostAsync("/v1/events", EventJson.Of("quota"))).Status, Is.EqualTo(HttpStatusCode.OK), "another key of the store");
        var used = (await _engine.GetAsync("/v1/usage", key)).Json.GetProperty("items").EnumerateArray().Single(item => item.GetProperty("keyId").GetString() == id);
        Assert.That((used.GetProperty("count").GetInt64(), used.GetProperty("quota").GetInt64()), Is.EqualTo((3L, 3L)));
        var next = await PostAsync($"/v1/api-keys/{id}/rotate", "{}");
        Assert.That(next.Json.GetProperty("apiKey").GetProperty("eventsPerDay").GetInt64(), Is.EqualTo(3));
    }

    [Test]
    public async Task A_key_may_do_what_its_scopes_say_and_no_more()
    {
        var reader = await NewAsync("""{"name":"bi","kind":"secret","scopes":["suppressions:read","dead_letters:read","carts:read"]}""");
        var sender = await NewAsync("""{"name":"till","kind":"secret","scopes":["events:write"]}""");
        Assert.That((await _engine.GetAsync("/v1/suppressions", reader.Key)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.GetAsync("/v1/carts", reader.Key)).Status, Is.EqualTo(HttpStatusCode.OK));
        foreach (var refused in new[]
        {
            await _engine.GetAsync("/v1/deadletters", reader.Key),
            await _engine.GetAsync("/v1/customers", reader.Key),
            await _engine.PostAsync("/v1/suppressions", """{"channel":"email","address":"zoe@mail.example"}""", reader.Key),
            await _engine.PostAsync("/v1/events", EventJson.Of(EventJson.NewCart()), reader.Key),
            await _engine.GetAsync("/v1/carts", sender.Key),
        })
        {
            Assert.That(refused.Problem, Is.EqualTo((403, "scope_required")));
            Assert.That(refused.Json.GetProperty("detail").GetString(), Does.Match("lacks the scope [a-z_]+:(read|write)"));
        }

        Assert.That((await _engine.PostAsync("/v1/events", EventJson.Of(EventJson.NewCart()), sender.Key)).Status, Is.EqualTo(HttpStatusCode.OK));
        using var stream = await RawClient.ConnectAsync(_engine.Stream);
        await stream.SendAsync(RawClient.Handshake($"/v1/stream?key={reader.Key}"));
        Assert.That(await stream.ReadHeadAsync(), Does.StartWith("HTTP/1.1 403"));
        using var upgrade = await RawClient.ConnectAsync(_engine.HttpPort);
        await upgrade.SendAsync(RawClient.Handshake($"/v1/stream?key={reader.Key}"));
        Assert.That(await upgrade.ReadHeadAsync(), Does.StartWith("HTTP/1.1 403"));
        using var tcp = await StreamClient.OpenAsync(_engine, StreamTransport.Tcp, reader.Key);
        var said = (await tcp.NextAsync())!;
        Assert.That((said.Code, said.Message), Is.EqualTo(("scope_required", "The key lacks the scope events:write. Use a key that has it.")));
    }

    [Test]
    public async Task A_key_sees_personal_data_only_with_the_scope()
    {
        var (_, masked) = await NewAsync("""{"name":"bi","kind":"secret","scopes":["suppressions:read"]}""");
        var (_, clear) = await NewAsync("""{"name":"crm","kind":"secret","scopes":["suppressions:read","personal_data:read"]}""");
        var (_, all) = await NewAsync("""{"name":"server","kind":"secret"}""");
        Assert.That(new[] { masked, clear, all, InProcessEngine.Secret }.Select(key => PersonalDataView.IsMaskedFor(new DefaultHttpContext
        {
            User = new ClaimsPrincipal(new StoreKeyIdentity(_engine.Host.Stores.FindKey(key)!)),
        })), Is.EqualTo(new[] { true, false, false, false }));
    }

    [Test]
    public async Task A_publishable_key_is_for_its_origins()
    {
        var (_, key) = await NewAsync($$"""{"name":"front","kind":"publishable","origins":["{{Page}}"]}""");
        var body = EventJson.Of(EventJson.NewCart());
        Assert.That((await _engine.PostAsync("/v1/events", body, key, ("Origin", Page))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.PostAsync("/v1/events", body, key, ("Origin", Elsewhere))).Problem, Is.EqualTo((403, "forbidden_origin")));
        Assert.That((await _engine.GetAsync("/v1/carts", key)).Problem, Is.EqualTo((403, "secret_key_required")));
        var (_, secret) = await NewAsync("""{"name":"server","kind":"secret"}""");
        Assert.That((await _engine.PostAsync("/v1/events", body, secret, ("Origin", Page))).Problem, Is.EqualTo((403, "secret_key_in_browser")));
    }

    [Test]
    public async Task A_key_cannot_exceed_its_creators_permissions()
    {
        var nobody = await _users.NewAsync(new Grant("operator", "demo"));
        var elsewhere = await _users.NewAsync(new Grant("admin", "other"), new Grant("viewer", "demo"));
        Assert.That((await PostAsync("/v1/api-keys", """{"name":"x","kind":"secret"}""", nobody)).Problem, Is.EqualTo((403, "permission_denied")));
        Assert.That((await PostAsync("/v1/api-keys", """{"name":"x","kind":"secret"}""", elsewhere, ("X-Store-Id", "demo"))).Problem, Is.EqualTo((403, "permission_denied")));
        Assert.That((await PostAsync("/v1/api-keys", """{"name":"x","kind":"secret"}""", elsewhere, ("X-Store-Id", "other"))).Status, Is.EqualTo(HttpStatusCode.Created));
        var (id, _) = await NewAsync("""{"name":"mine","kind":"secret"}""");
        Assert.That((await _engine.AskAsync(HttpMethod.Delete, $"/v1/api-keys/{id}", content: null, key: null, elsewhere, ("X-Store-Id", "other"))).Problem, Is.EqualTo((404, "api_key_not_found")));
        Assert.That((await _engine.GetAsync("/v1/api-keys")).Problem, Is.EqualTo((403, "user_required")), "no key makes keys");
    }

    [Test]
    public async Task A_revoked_key_closes_the_streams_that_it_opened_and_no_others([Values] StreamTransport via)
    {
        var (id, key) = await NewAsync("""{"name":"till","kind":"secret"}""");
        var (_, kept) = await NewAsync("""{"name":"other till","kind":"secret"}""");
        using var open = await StreamClient.OpenAsync(_engine, via, key);
        using var idle = await StreamClient.OpenAsync(_engine, via, key);
        using var other = await StreamClient.OpenAsync(_engine, via, kept);
        await open.SendAsync(EventJson.Of(EventJson.NewCart()));
        await open.UntilAckAsync(1);
        await Eventually.Is(() => _engine.Host.Connections.Count >= 3, "the streams are open");

        Assert.That((await AskAsync(HttpMethod.Delete, $"/v1/api-keys/{id}")).Status, Is.EqualTo(HttpStatusCode.NoContent));

        foreach (var client in new[] { open, idle })
        {
            Assert.That((await client.UntilEndAsync()).Select(said => (said.Type, said.Code)), Is.EqualTo(new[] { ("error", "key_revoked") }));
            Assert.That(client.CloseCode, Is.EqualTo(via.IsTcp() ? 0 : 1008));
        }

        await other.SendAsync(EventJson.Of(EventJson.NewCart()));
        await other.UntilAckAsync(1);
        Assert.That((await _engine.GetAsync("/v1/carts", key)).Problem, Is.EqualTo((401, "unknown_key")));
        Assert.That((await AskAsync(HttpMethod.Delete, $"/v1/api-keys/{id}")).Problem, Is.EqualTo((404, "api_key_not_found")));
    }

    [Test]
    public async Task A_rotated_key_ends_after_the_overlap_on_open_streams_too()
    {
        var (id, key) = await NewAsync("""{"name":"till","kind":"secret"}""");
        using var open = await StreamClient.OpenAsync(_engine, StreamTransport.WebSocket, key);
        Assert.That((await PostAsync($"/v1/api-keys/{id}/rotate", """{"overlap":"31d"}""")).Problem, Is.EqualTo((400, "invalid_api_key")));
        var rotated = await PostAsync($"/v1/api-keys/{id}/rotate", """{"overlap":"300ms"}""");
        Assert.That(rotated.Status, Is.EqualTo(HttpStatusCode.Created), rotated.Body);
        Assert.That((await PostAsync($"/v1/api-keys/{id}/rotate", "{}")).Problem, Is.EqualTo((409, "key_ended")));
        Assert.That((await open.UntilEndAsync()).Select(said => said.Code), Is.EqualTo(new[] { "key_revoked" }));
        Assert.That((await _engine.GetAsync("/v1/carts", key)).Problem, Is.EqualTo((401, "unknown_key")));
        Assert.That((await _engine.GetAsync("/v1/carts", rotated.Json.GetProperty("key").GetString())).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_key_that_a_reload_removes_closes_its_streams_and_one_that_it_changes_asks_to_connect_again()
    {
        await using var engine = await InProcessEngine.StartAsync();
        engine.Reload(config => config.Stores[0].Keys.Add(InProcessEngine.Key("sk_leaves", KeyKind.Secret)));
        using var leaves = await StreamClient.OpenAsync(engine, StreamTransport.WebSocket, "sk_leaves");
        using var stays = await StreamClient.OpenAsync(engine, StreamTransport.WebSocket);
        await Eventually.Is(() => engine.Host.Connections.Count == 2, "the streams are open");
        engine.Reload(_ => { });
        Assert.That((await leaves.UntilEndAsync()).Select(said => said.Code), Is.EqualTo(new[] { "key_revoked" }));
        engine.Reload(config => config.Stores[0].Currency = "EUR");
        Assert.That((await stays.UntilEndAsync(), leaves.CloseCode, stays.CloseCode), Is.EqualTo((Array.Empty<ReceivedMessage>(), 1008, 1012)));
    }

    async Task<(string Id, string Key)> NewAsync(string body)
    {
        var made = await PostAsync("/v1/api-keys", body);
        Assert.That(made.Status, Is.EqualTo(HttpStatusCode.Created), made.Body);
        return (made.Json.GetProperty("apiKey").GetProperty("id").GetString()!, made.Json.GetProperty("key").GetString()!);
    }

    Task<ApiAnswer> PostAsync(string path, string body) => PostAsync(path, body, _admin);

    Task<ApiAnswer> PostAsync(string path, string body, params (string, string)[] headers) => _engine.PostAsync(path, body, key: null, headers);

    Task<ApiAnswer> AskAsync(HttpMethod method, string path) => _engine.AskAsync(method, path, content: null, key: null, _admin);
}
