using System.Net;
using System.Text;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>The OpenFeature Remote Evaluation Protocol, as its OpenAPI document says.</summary>
[TestFixture]
sealed class OfrepApiTests
{
    const string Page = "https://shop.example", PageKey = "pk_page", Flags = "/ofrep/v1/evaluate/flags";

    InProcessEngine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config => config.Stores[0].Keys.Add(InProcessEngine.Key(PageKey, KeyKind.Publishable, Page)));
        await PutAsync("visible", """
            {"type":"boolean","variants":{"on":true,"off":false},"defaultVariant":"off","visibleToClients":true,"rules":[
              {"conditions":[{"customer":"plan","equals":"gold"}],"variant":"on"},{"conditions":[{"feature":"item_count","atLeast":2}],"variant":"on"},
              {"conditions":[{"attribute":"plan","equals":"gold"}],"variant":"on"}]}
            """);
        await PutAsync("draw", """{"type":"number","variants":{"a":1.50,"b":2},"defaultVariant":"a","rules":[{"percentage":50,"variant":"b"}]}""");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _engine.DisposeAsync();

    [Test]
    public async Task A_flag_is_evaluated_to_a_value_a_variant_and_a_reason()
    {
        var on = await AskAsync("/visible", """{"context":{"targetingKey":"zoe","plan":"gold"}}""");
        Assert.That((on.Status, on.Headers["Content-Type"]), Is.EqualTo((HttpStatusCode.OK, "application/json")));
        Assert.That(on.Body, Does.StartWith("""{"key":"visible","reason":"TARGETING_MATCH","variant":"on","value":true,"metadata":{"version":"""));
        Assert.That((await AskAsync("/visible", """{"context":{"plan":"free"}}""")).Body, Does.StartWith("""{"key":"visible","reason":"DEFAULT","variant":"off","value":false,"""));
        Assert.That((await AskAsync("/draw", """{"context":{"targetingKey":"zoe"}}""")).Body, Does.Match("^{\"key\":\"draw\",\"reason\":\"(SPLIT\",\"variant\":\"b\",\"value\":2|DEFAULT\",\"variant\":\"a\",\"value\":1.50),"));
    }

    [TestCase("/visible", "{", 400, "PARSE_ERROR")]
    [TestCase("/visible", "[]", 400, "INVALID_CONTEXT")]
    [TestCase("/visible", """{"context":7}""", 400, "INVALID_CONTEXT")]
    [TestCase("/visible", """{"context":{"targetingKey":7}}""", 400, "INVALID_CONTEXT")]
    [TestCase("/visible", """{"context":{"targetingKey":""}}""", 400, "INVALID_CONTEXT")]
    [TestCase("/visible", """{"context":{"plan":"\ud800"}}""", 400, "INVALID_CONTEXT")]
    [TestCase("/visible", """{"context":{"\ud800":1}}""", 400, "INVALID_CONTEXT")]
    [TestCase("/draw", """{"context":{"plan":"gold"}}""", 400, "TARGETING_KEY_MISSING")]
    [TestCase("/draw", "", 400, "TARGETING_KEY_MISSING")]
    [TestCase("/nowhere", "{}", 404, "FLAG_NOT_FOUND")]
    public async Task An_error_has_the_key_and_a_code(string path, string body, int status, string code)
    {
        var answer = await AskAsync(path, body);
        Assert.That(((int)answer.Status, answer.Json.GetProperty("key").GetString(), answer.Json.GetProperty("errorCode").GetString()), Is.EqualTo((status, path[1..], code)));
        Assert.That(answer.Json.GetProperty("errorDetails").GetString(), Is.Not.Empty);
    }

    [Test]
    public async Task All_flags_are_evaluated_and_one_that_fails_does_not_fail_the_others()
    {
        var all = (await AskAsync("", """{"context":{"plan":"gold"}}""")).Json.GetProperty("flags").EnumerateArray().ToDictionary(flag => flag.GetProperty("key").GetString()!);
        Assert.That(all["visible"].GetProperty("value").GetBoolean());
        Assert.That(all["draw"].GetProperty("errorCode").GetString(), Is.EqualTo("TARGETING_KEY_MISSING"));
        Assert.That((await AskAsync("", "{")).Body, Does.StartWith("""{"errorCode":"PARSE_ERROR","errorDetails":"""));
        Assert.That((await AskAsync("", $$$"""{"context":{"targetingKey":"{{{new string('x', 257)}}}"}}""")).Json.GetProperty("errorCode").GetString(), Is.EqualTo("INVALID_CONTEXT"));
        Assert.That((await AskAsync("", $$$"""{"context":{"more":"{{{new string('x', 40_000)}}}"}}""")).Json.GetProperty("errorCode").GetString(), Is.EqualTo("INVALID_CONTEXT"));
    }

    [Test]
    public async Task The_ETag_covers_the_flags_and_the_context()
    {
        const string Zoe = """{"context":{"targetingKey":"zoe"}}""", Ben = """{"context":{"targetingKey":"ben"}}""";
        await PutAsync("tagged", """{"type":"string","variants":{"a":"A"},"defaultVariant":"a","visibleToClients":true}""");
        var first = await AskAsync("", Zoe, InProcessEngine.Publishable);
        var tag = ("If-None-Match", first.Headers["ETag"]);
        var again = await AskAsync("", Zoe, InProcessEngine.Publishable, tag);
        Assert.That((again.Status, again.Body, again.Headers["ETag"]), Is.EqualTo((HttpStatusCode.NotModified, "", tag.Item2)));
        Assert.That((await AskAsync("", Zoe, InProcessEngine.Publishable, ("If-None-Match", $"\"other\", {tag.Item2}"))).Status, Is.EqualTo(HttpStatusCode.NotModified));
        Assert.That((await AskAsync("", Ben, InProcessEngine.Publishable, tag)).Status, Is.EqualTo(HttpStatusCode.OK), "another context, though its values are the same");
        Assert.That((await AskAsync("", Zoe, InProcessEngine.Secret, tag)).Status, Is.EqualTo(HttpStatusCode.OK), "other flags");

        await PutAsync("tagged", """{"type":"string","variants":{"a":"B"},"defaultVariant":"a","visibleToClients":true}""");
        var changed = await AskAsync("", Zoe, InProcessEngine.Publishable, tag);
        Assert.That((changed.Status, changed.Headers["ETag"] == tag.Item2), Is.EqualTo((HttpStatusCode.OK, false)));
    }

    [Test]
    public async Task A_page_sees_flags_for_clients_by_what_it_says_and_nothing_that_is_stored()
    {
        var (cart, user) = (EventJson.NewCart(), $"user-{EventJson.NewCart()}");
        await _engine.PostAsync("/v1/events", EventJson.Array(
            EventJson.Of(cart, "identify", $$""","userId":"{{user}}","meta":{"plan":"gold"}"""), EventJson.Of(cart, "add_to_cart", ",\"productId\":\"p\",\"price\":5,\"quantity\":2")));
        await Eventually.Is(() => ValueFor($$"""{"targetingKey":"{{user}}"}""", InProcessEngine.Secret), "a server's flag sees the customer's plan");
        Assert.That(ValueFor($$"""{"cartId":"{{cart}}"}""", InProcessEngine.Secret), Is.True, "and the cart");
        var headless = $"gid://shopify/Cart/{cart}?key={new string('k', 60)}";
        await _engine.PostAsync("/v1/events", EventJson.Of(headless, "add_to_cart", ",\"productId\":\"p\",\"price\":5,\"quantity\":2"));
        Assert.That(ValueFor($$"""{"cartId":"{{headless}}"}""", InProcessEngine.Secret), Is.True, "whose id is as long as a headless shop's");
        Assert.That(ValueFor("""{"targetingKey":"nobody","cartId":"none"}""", InProcessEngine.Secret), Is.False);

        Assert.That(ValueFor($$"""{"targetingKey":"{{user}}","cartId":"{{cart}}"}""", InProcessEngine.Publishable), Is.False, "a browser claims them");
        Assert.That(ValueFor("""{"targetingKey":"nobody","plan":"gold"}""", InProcessEngine.Publishable), Is.True);
        Assert.That((await AskAsync("/draw", """{"context":{"targetingKey":"zoe"}}""", InProcessEngine.Publishable)).Json.GetProperty("errorCode").GetString(), Is.EqualTo("FLAG_NOT_FOUND"));
        var all = (await AskAsync("", "{}", InProcessEngine.Publishable)).Json.GetProperty("flags").EnumerateArray().Select(flag => flag.GetProperty("key").GetString());
        Assert.That(all, Does.Contain("visible").And.Not.Contain("draw"));
    }

    [Test]
    public async Task A_key_with_scopes_evaluates_with_the_scope_and_reads_what_else_its_scopes_permit()
    {
        using var users = new TestUsers(_engine);
        var admin = await users.NewAsync(new Grant("admin", null));
        async Task<string> KeyAsync(string scopes) =>
            (await _engine.PostAsync("/v1/api-keys", $$"""{"name":"k","kind":"secret","scopes":[{{scopes}}]}""", key: null, admin)).Json.GetProperty("key").GetString()!;
        var cart = EventJson.NewCart();
        await _engine.PostAsync("/v1/events", EventJson.Of(cart, "add_to_cart", ",\"productId\":\"p\",\"price\":5,\"quantity\":2"));

        Assert.That((await AskAsync("/visible", "{}", await KeyAsync("\"carts:read\""))).Problem, Is.EqualTo((403, "scope_required")));
        Assert.That(ValueFor($$"""{"cartId":"{{cart}}"}""", await KeyAsync("\"feature_flags:read\"")), Is.False, "it may not read features");
        Assert.That(ValueFor($$"""{"cartId":"{{cart}}"}""", await KeyAsync("\"feature_flags:read\",\"features:read\"")), Is.True);
    }

    [Test]
    public async Task A_page_of_the_keys_origins_may_ask_and_read_the_ETag()
    {
        var preflight = await _engine.AskAsync(HttpMethod.Options, Flags, content: null, key: null, ("Origin", Page),
            ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type,if-none-match,x-api-key"));
        Assert.That((preflight.Status, preflight.Headers["Access-Control-Allow-Origin"]), Is.EqualTo((HttpStatusCode.NoContent, Page)));
        Assert.That(preflight.Headers["Access-Control-Allow-Headers"], Does.Contain("If-None-Match").And.Contain("X-Api-Key"));
        var answer = await AskAsync("", "{}", PageKey, ("Origin", Page));
        Assert.That((answer.Status, answer.Headers["Access-Control-Allow-Origin"]), Is.EqualTo((HttpStatusCode.OK, Page)));
        Assert.That(answer.Headers["Access-Control-Expose-Headers"], Does.Contain("ETag").And.Contain("Retry-After"));
        Assert.That(answer.Headers["Cache-Control"], Does.Contain("private").And.Contain("no-cache"));
        Assert.That((await AskAsync("", "{}", PageKey, ("Origin", "https://evil.example"))).Problem, Is.EqualTo((403, "forbidden_origin")));
    }

    [Test]
    public async Task Beyond_its_rate_a_page_is_told_when_to_retry()
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Limits.Rates.Loopback = true;
            config.Limits.Rates.Requests.Browser.Address = new TokenRate(1, 2);
        });
        ApiAnswer last = null!;
        for (var i = 0; i < 4; i++)
        {
            last = await engine.PostAsync(Flags, "{}", InProcessEngine.Publishable);
        }

        Assert.That(last.Problem, Is.EqualTo((429, "rate_limited")));
        Assert.That(int.Parse(last.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture), Is.Positive);
    }

    bool ValueFor(string context, string key) => AskAsync("/visible", $$$"""{"context":{{{context}}}}""", key).GetAwaiter().GetResult().Json.GetProperty("value").GetBoolean();

    Task<ApiAnswer> AskAsync(string path, string body, string key = InProcessEngine.Secret, params (string, string)[] headers) => _engine.PostAsync(Flags + path, body, key, headers);

    async Task PutAsync(string key, string definition)
    {
        using var content = new StringContent(definition, Encoding.UTF8, "application/json");
        var answer = await _engine.AskAsync(HttpMethod.Put, $"/v1/feature-flags/{key}", content, InProcessEngine.Secret);
        Assert.That((int)answer.Status, Is.InRange(200, 201), answer.Body);
    }
}
