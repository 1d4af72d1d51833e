using System.Net;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>A shop's customers as resources: told of, changed, listed and masked, without a cart and without a trigger.</summary>
[TestFixture]
sealed class UsersApiTests
{
    InProcessEngine _engine = null!;
    TestUsers _users = null!;
    MaskedIds _masked = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Stores.Add(new StoreConfig { Id = "other", Keys = [InProcessEngine.Key("sk_other", KeyKind.Secret)] });
            config.Decisions.Campaigns.AddRange([InProcessEngine.Answering("identify"), InProcessEngine.Answering("consent")]);
        });
        (_users, _masked) = (new TestUsers(_engine), new MaskedIds(_engine.Host.Control));
        await new RoleStore(_engine.Host.Control).SetAsync(new Role("clerk", new HashSet<string> { "events:write", "customers:read", "carts:read" }), isNew: true, "cli", address: null);
        await new RoleStore(_engine.Host.Control).SetAsync(new Role("writer", new HashSet<string> { "events:write", "personal_data:read" }), isNew: true, "cli", address: null);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
    }

    [Test]
    public async Task A_customer_is_told_of_read_changed_and_triggers_nothing()
    {
        var before = Counts();
        var made = await PostAsync("""
            {"userId":"ann","email":"Ann@Mail.Example","phone":"+31612345678","timezone":"Europe/Amsterdam","attributes":{"firstName":"Ann","plan":"gold","age":30},
             "consents":[{"channel":"email","granted":true,"purpose":"offers","textVersion":"7"},{"channel":"sms","granted":false}]}
            """);
        Assert.That(made.Status, Is.EqualTo(HttpStatusCode.Created), made.Body);
        var read = await _engine.GetAsync("/v1/users/ann");
        Assert.That(read.Body, Is.EqualTo(made.Body));
        Assert.That((Text(read, "userId"), Text(read, "phone"), Text(read, "timezone"), read.Json.GetProperty("attributes").GetRawText()),
            Is.EqualTo(("ann", "+31612345678", "Europe/Amsterdam", """{"age":30,"first_name":"Ann","plan":"gold"}""")));
        Assert.That(Text(read, "email"), Is.EqualTo("Ann@mail.example").Or.EqualTo("Ann@Mail.Example").Or.EqualTo("ann@mail.example"));
        Assert.That((Consent(read, "email"), Consent(read, "sms"), Consent(read, "push")), Is.EqualTo(("granted", "denied", "none")));
        Assert.That((await _engine.GetAsync("/v1/gdpr/consents/ann")).Body, Does.Contain("\"offers\"").And.Contain("\"7\""), "kept as proof");

        var changed = await PatchAsync("ann", """{"attributes":{"plan":null,"age":31},"consents":[{"channel":"sms","granted":true}]}""");
        Assert.That((changed.Status, changed.Json.GetProperty("attributes").GetRawText(), Consent(changed, "sms"), Text(changed, "phone")),
            Is.EqualTo((HttpStatusCode.OK, """{"first_name":"Ann","age":31}""", "granted", "+31612345678")), changed.Body);
        Assert.That((await PostAsync("""{"userId":"ann"}""")).Problem, Is.EqualTo((409, "customer_exists")));

        Assert.That(Counts(), Is.EqualTo((before.Carts, before.Decisions)), "no cart, no decision");
        Assert.That((await _engine.GetAsync("/v1/features/ann")).Problem, Is.EqualTo((404, "cart_not_found")));
        Assert.That((await _engine.GetAsync("/v1/users/ann", "sk_other")).Problem, Is.EqualTo((404, "customer_not_found")), "another store's");
    }

    [Test]
    public async Task A_change_makes_who_is_unknown_known_and_counts_once()
    {
        Assert.That((await _engine.GetAsync("/v1/users/new")).Problem, Is.EqualTo((404, "customer_not_found")));
        Assert.That((await PatchAsync("new", """{"id":"r1","attributes":{"plan":"a"}}""")).Status, Is.EqualTo(HttpStatusCode.OK));
        await PatchAsync("new", """{"id":"r2","attributes":{"plan":"b"}}""");
        var again = await PatchAsync("new", """{"id":"r1","attributes":{"plan":"a"}}""");
        Assert.That(again.Json.GetProperty("attributes").GetRawText(), Is.EqualTo("""{"plan":"b"}"""), "the repeated request changes nothing");
        Assert.That((await PatchAsync("new", $$$"""{"id":"{{{new string('i', 251)}}}","attributes":{"plan":"c"}}""")).Problem, Is.EqualTo((400, "out_of_range")), "an event for a channel has a longer one");
        var said = await PatchAsync("says-only", """{"consents":[{"channel":"push","granted":true}]}""");
        Assert.That((Consent(said, "push"), said.Json.GetProperty("createdAt").ValueKind), Is.EqualTo(("granted", JsonValueKind.Null)), said.Body);
        Assert.That((await PatchAsync("new", "{}")).Problem, Is.EqualTo((400, "missing_field")));
    }

    [Test]
    public async Task The_list_has_the_stores_customers_page_by_page()
    {
        var mark = EventJson.NewCart();
        var ids = Enumerable.Range(0, 7).Select(i => $"{mark}-{i}").ToArray();
        foreach (var id in ids.Take(6))
        {
            Assert.That((await PostAsync($$$"""{"userId":"{{{id}}}","attributes":{"plan":"a"}}""")).Status, Is.EqualTo(HttpStatusCode.Created));
        }

        await _engine.PostAsync("/v1/events", EventJson.Of(EventJson.NewCart(), "identify", $$""","userId":"{{ids[6]}}","meta":{"plan":"a"}"""));
        await PostAsync($$$"""{"userId":"{{{mark}}}-theirs","attributes":{"plan":"a"}}""", "sk_other");
        var (found, path) = (new List<string>(), (string?)"/v1/users?limit=2");
        for (var pages = 0; path is not null && pages < 100; pages++)
        {
            var page = (await _engine.GetAsync(path)).Json;
            Assert.That(page.GetProperty("items").GetArrayLength(), Is.LessThanOrEqualTo(2));
            found.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("userId").GetString()!));
            path = page.GetProperty("next").GetString() is { } next ? $"/v1/users?limit=2&cursor={Uri.EscapeDataString(next)}" : null;
        }

        Assert.That(found.Where(id => id.StartsWith(mark, StringComparison.Ordinal)), Is.EquivalentTo(ids));
        Assert.That(found, Is.Unique);
    }

    [Test]
    public async Task Without_the_permission_personal_data_is_masked_and_cannot_be_sent_back()
    {
        await PostAsync("""{"userId":"zoe","email":"zoe@mail.example","attributes":{"firstName":"Zoe"}}""");
        (string, string)[] clerk = [await _users.NewAsync(new Grant("clerk", null)), ("X-Store-Id", "demo")];
        var id = _masked.Mask("demo", PersonalIdKind.Customer, "zoe");
        var read = await _engine.GetAsync($"/v1/users/{id}", key: null, clerk);
        Assert.That((Text(read, "userId"), Text(read, "email"), read.Json.GetProperty("attributes").GetRawText()), Is.EqualTo((id, "z***", """{"first_name":"***"}""")), read.Body);
        Assert.That((await _engine.GetAsync("/v1/users", key: null, clerk)).Body, Does.Contain(id).And.Not.Contain("zoe@").And.Not.Contain("\"zoe\""));
        Assert.That((await _engine.GetAsync("/v1/users/zoe", key: null, clerk)).Problem, Is.EqualTo((404, "customer_not_found")));
        Assert.That((read.Json.GetProperty("createdAt").ValueKind, read.Json.GetProperty("updatedAt").ValueKind), Is.EqualTo((JsonValueKind.Null, JsonValueKind.Null)), "times tell whose id it is");
        Assert.That((await _engine.PostAsync("/v1/users", """{"userId":"zoe"}""", key: null, clerk)).Problem, Is.EqualTo((403, "permission_denied")), "the answer would tell of her");
        Assert.That((await PatchAsync("zoe", """{"attributes":{"plan":"x"}}""", clerk)).Problem, Is.EqualTo((404, "customer_not_found")));

        Assert.That((await PatchAsync(id, """{"email":"z***"}""", clerk)).Problem, Is.EqualTo((400, "masked_value")));
        Assert.That((await PatchAsync(id, """{"attributes":{"firstName":"***"}}""", clerk)).Problem, Is.EqualTo((400, "masked_value")));
        Assert.That((await PatchAsync(id, """{"attributes":{"names":["Zoe","***"]}}""", clerk)).Problem, Is.EqualTo((400, "masked_value")));
        Assert.That((await PatchAsync(id, """{"attributes":{"plan":"x"}}""", clerk)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.GetAsync("/v1/users/zoe")).Json.GetProperty("attributes").GetRawText(), Is.EqualTo("""{"first_name":"Zoe","plan":"x"}"""), "by the masked id");
        Assert.That((await PostAsync($$"""{"userId":"{{id}}"}""")).Problem, Is.EqualTo((400, "masked_id")));
    }

    [Test]
    public async Task A_masked_id_is_nobodys_id_in_an_event()
    {
        var user = _masked.Mask("demo", PersonalIdKind.Customer, "yan");
        var cart = _masked.Mask("demo", PersonalIdKind.Cart, "yans cart");
        foreach (var (path, body) in new[]
        {
            ("/v1/events", EventJson.Of("c1", more: $$""","userId":"{{user}}" """)), ("/v1/events", EventJson.Of(cart)), ("/v1/events", EventJson.Of("c1", more: $$""","userId":"{{cart}}" """)),
            ("/v1/cart", $$"""{"cartId":"c1","productId":"p","price":5,"userId":"{{user}}"}"""), ("/v1/checkout", $$"""{"cartId":"c1","userId":"{{user}}"}"""),
            ("/v1/conversions", $$"""{"cartId":"c1","orderId":"o1","value":5,"userId":"{{user}}"}"""),
            ("/v1/events", EventJson.Of("c1", "cart_merged", $$$""","meta":{"mergedFrom":"{{{cart}}}"}""")),
            ("/v1/events", EventJson.Of("c1", more: $$""","userId":"{{_masked.Mask("other", PersonalIdKind.Customer, "yan")}}" """)),
        })
        {
            Assert.That((await _engine.PostAsync(path, body)).Problem, Is.EqualTo((400, "masked_id")), path);
        }

        foreach (var ordinary in new[] { "masked.", "masked.ball", $"{user[..^1]}", new string('m', 100) })
        {
            Assert.That((await _engine.PostAsync("/v1/events", EventJson.Of("c2", more: $$""","userId":"{{ordinary}}" """))).Status, Is.EqualTo(HttpStatusCode.OK), ordinary);
        }
    }

    [TestCase("""{"email":"a@b.example"}""", "missing_field", "userId")]
    [TestCase("""{"userId":"w","email":"nowhere"}""", "invalid_address", "'email'")]
    [TestCase("""{"userId":"w","email":"nowhere","consents":[{"channel":"email","granted":true}]}""", "invalid_address", "'email'")]
    [TestCase("""{"userId":"w","email":""}""", "out_of_range", "email")]
    [TestCase("""{"userId":"w","timezone":"Mars/Base"}""", "out_of_range", "timezone")]
    [TestCase("""{"userId":"w","attributes":{"email":"a@b.example"}}""", "out_of_range", "attributes")]
    [TestCase("""{"userId":"w","attributes":{"nested":{"a":1}}}""", "out_of_range", "attributes.nested")]
    [TestCase("""{"userId":"w","consents":[{"channel":"pigeon","granted":true}]}""", "out_of_range", "consents.channel")]
    [TestCase("""{"userId":"w","consents":[{"channel":"email"}]}""", "missing_field", "consents.granted")]
    [TestCase("""{"userId":"w","consents":[{"channel":"email","granted":true},{"channel":"email","granted":false}]}""", "out_of_range", "consents")]
    [TestCase("""{"userId":"w","name":"W"}""", "invalid_json", "")]
    [TestCase("""{"userId":"undefined"}""", "placeholder_id", "'userId'")]
    public async Task A_wrong_body_is_refused_and_names_the_field(string body, string code, string detail)
    {
        var refused = await PostAsync(body);
        Assert.That(refused.Problem, Is.EqualTo((400, code)), refused.Body);
        Assert.That(refused.Json.GetProperty("detail").GetString(), Does.StartWith(detail));
        Assert.That((await _engine.GetAsync("/v1/users/w")).Problem, Is.EqualTo((404, "customer_not_found")), "nothing of it counts");
    }

    [TestCase("email")]
    [TestCase("phone")]
    [TestCase("pushToken")]
    [TestCase("timezone")]
    public async Task A_null_that_would_change_nothing_is_refused_with_a_hint(string field)
    {
        var refused = await PatchAsync("null", $$"""{"attributes":{"plan":"a"},"{{field}}":null}""");
        Assert.That(refused.Problem, Is.EqualTo((400, "out_of_range")), refused.Body);
        Assert.That(refused.Json.GetProperty("detail").GetString(), Does.StartWith($"{field}: null does not remove it."));
        Assert.That((await PostAsync($$"""{"userId":"null-{{field}}","{{field}}":null}""")).Status, Is.EqualTo(HttpStatusCode.Created), "of somebody new it says nothing");
    }

    [Test]
    public async Task Attributes_that_do_not_fit_with_those_that_are_kept_are_refused_and_none_is_lost()
    {
        Task<ApiAnswer> AddAsync(string name) => PatchAsync("full", $$$"""{"attributes":{"{{{name}}}":"{{{new string('x', 1900)}}}"}}""");
        Assert.That(((await AddAsync("a")).Status, (await AddAsync("b")).Status), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
        var refused = await AddAsync("c");
        Assert.That(refused.Problem, Is.EqualTo((400, "out_of_range")));
        Assert.That(refused.Json.GetProperty("detail").GetString(), Does.Contain("4096 bytes"));
        Assert.That((await _engine.GetAsync("/v1/users/full")).Json.GetProperty("attributes").EnumerateObject().Select(attribute => attribute.Name), Is.EqualTo(new[] { "a", "b" }));
        Assert.That((await PatchAsync("full", """{"attributes":{"a":null,"c":"y"}}""")).Status, Is.EqualTo(HttpStatusCode.OK), "there is room again");
    }

    [Test]
    public async Task A_change_counts_after_an_event_of_a_clock_that_is_fast()
    {
        var ahead = _engine.Host.Time.GetUtcNow().AddMinutes(1).ToUnixTimeMilliseconds();
        await _engine.PostAsync("/v1/events", $$$"""{"id":"{{{EventJson.NewCart()}}}","type":"identify","userId":"fast","ts":{{{ahead}}},"meta":{"plan":"a"}}""");
        Assert.That((await PatchAsync("fast", """{"attributes":{"plan":"b"}}""")).Json.GetProperty("attributes").GetRawText(), Is.EqualTo("""{"plan":"b"}"""));
    }

    [Test]
    public async Task A_repeated_creation_is_answered_like_the_first()
    {
        const string Body = """{"userId":"twice","id":"t1","attributes":{"plan":"a"},"consents":[{"channel":"email","granted":true}]}""";
        var (first, again) = (await PostAsync(Body), await PostAsync(Body));
        Assert.That((first.Status, again.Status, again.Body), Is.EqualTo((HttpStatusCode.Created, HttpStatusCode.Created, first.Body)));
        var other = await PostAsync("""{"userId":"twice","id":"t2","attributes":{"plan":"b"}}""");
        Assert.That((other.Status, other.Json.GetProperty("attributes").GetRawText()), Is.EqualTo((HttpStatusCode.OK, """{"plan":"b"}""")), "a change, not a creation");
    }

    [Test]
    public async Task Who_may_only_write_gets_no_answer_about_the_customer_and_each_read_is_recorded()
    {
        (string, string)[] writer = [await _users.NewAsync(new Grant("writer", null)), ("X-Store-Id", "demo")];
        var made = await _engine.PostAsync("/v1/users", """{"userId":"wim","email":"wim@mail.example"}""", key: null, writer);
        var changed = await PatchAsync("wim", """{"attributes":{"plan":"a"}}""", writer);
        Assert.That((made.Status, made.Body, changed.Status, changed.Body), Is.EqualTo((HttpStatusCode.Created, "", HttpStatusCode.NoContent, "")));

        (string, string)[] admin = [await _users.NewAsync(new Grant("admin", null)), ("X-Store-Id", "demo")];
        Assert.That((await PatchAsync("wim", """{"attributes":{"plan":"b"}}""", admin)).Body, Does.Contain("wim@mail.example"));
        var log = new AuditLog(_engine.Host.Control);
        Assert.That((await log.ListAsync(new AuditFilter(Action: "customer.change"), long.MaxValue, 1))[0].Event.Target, Is.EqualTo($"customer:{_masked.Mask("demo", PersonalIdKind.Customer, "wim")}"));
        Assert.That((await log.ListAsync(new AuditFilter(Action: "personal_data.read"), long.MaxValue, 1))[0].Event.Target, Is.EqualTo("route:PATCH /v1/users/{userId}"));
    }

    (long Carts, long Decisions) Counts() => (Enumerable.Range(0, _engine.Host.Partitions.Count).Sum(i => _engine.Host.Partitions[i].Counters.Carts), _engine.Host.JourneyEngine.Counters.Decisions);

    static string? Text(ApiAnswer answer, string name) => answer.Json.GetProperty(name).GetString();

    static string? Consent(ApiAnswer answer, string channel) => answer.Json.GetProperty("channels").GetProperty(channel).GetProperty("consent").GetString();

    Task<ApiAnswer> PostAsync(string body, string? key = InProcessEngine.Secret) => _engine.PostAsync("/v1/users", body, key);

    Task<ApiAnswer> PatchAsync(string id, string body, (string, string)[]? user = null) => _engine.AskAsync(HttpMethod.Patch, $"/v1/users/{id}",
        new StringContent(body, Encoding.UTF8, "application/json"), user is null ? InProcessEngine.Secret : null, user ?? []);
}
