using System.Net;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Feature flags over HTTP: they are made, changed by who knows their version, shared by all stores, and deleted.</summary>
[TestFixture]
sealed class FlagsApiTests
{
    const string On = """{"type":"boolean","variants":{"on":true,"off":false},"defaultVariant":"on"}""";

    InProcessEngine _engine = null!;
    TestUsers _users = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config => config.Stores.Add(new StoreConfig { Id = "other", Keys = [InProcessEngine.Key("sk_other", KeyKind.Secret)] }));
        _users = new TestUsers(_engine);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
    }

    [Test]
    public async Task A_flag_is_replaced_by_who_knows_its_ETag()
    {
        var made = await PutAsync("/v1/feature-flags/cas", On, ("If-None-Match", "*"));
        Assert.That(made.Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((await PutAsync("/v1/feature-flags/cas", On, ("If-None-Match", "*"))).Problem, Is.EqualTo((409, "flag_exists")));
        var changed = await PutAsync("/v1/feature-flags/cas", On.Replace("\"on\"}", "\"off\"}", StringComparison.Ordinal), ("If-Match", made.Headers["ETag"]));
        Assert.That((changed.Status, changed.Json.GetProperty("defaultVariant").GetString()), Is.EqualTo((HttpStatusCode.OK, "off")));
        Assert.That((await PutAsync("/v1/feature-flags/cas", On, ("If-Match", made.Headers["ETag"]))).Problem, Is.EqualTo((412, "flag_changed")));
        Assert.That((await PutAsync("/v1/feature-flags/cas2", On, ("If-Match", "*"))).Problem, Is.EqualTo((412, "flag_changed")));
        var read = await _engine.GetAsync("/v1/feature-flags/cas");
        Assert.That((read.Headers["ETag"], read.Body), Is.EqualTo((changed.Headers["ETag"], changed.Body)));
        Assert.That(read.Json.GetProperty("updatedBy").GetString(), Does.StartWith("key:demo/"));
        Assert.That((await DeleteAsync("/v1/feature-flags/cas", InProcessEngine.Secret, ("If-Match", made.Headers["ETag"]))).Problem, Is.EqualTo((412, "flag_changed")));
        Assert.That((await DeleteAsync("/v1/feature-flags/cas", "sk_other")).Problem, Is.EqualTo((404, "flag_not_found")), "another store's");
        Assert.That((await DeleteAsync("/v1/feature-flags/cas", InProcessEngine.Secret, ("If-Match", changed.Headers["ETag"]))).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await _engine.GetAsync("/v1/feature-flags/cas")).Problem, Is.EqualTo((404, "flag_not_found")));
    }

    [TestCase("""{"key":"a b","type":"boolean","variants":{"on":true},"defaultVariant":"on"}""", "key: ")]
    [TestCase("""{"key":"x","type":"bool","variants":{"on":true},"defaultVariant":"on"}""", "type: ")]
    [TestCase("""{"key":"x","type":"boolean","variants":{},"defaultVariant":"on"}""", "variants: ")]
    [TestCase("""{"key":"x","type":"boolean","variants":{"on":1},"defaultVariant":"on"}""", "variants.on: ")]
    [TestCase("""{"key":"x","type":"number","variants":{"on":1e999},"defaultVariant":"on"}""", "variants.on: ")]
    [TestCase("""{"key":"x","type":"boolean","variants":{"on":true},"defaultVariant":"off"}""", "defaultVariant: ")]
    [TestCase("""{"key":"x","type":"boolean","variants":{"on":true},"defaultVariant":"on","rules":[{"variant":"x"}]}""", "rules[0].variant: ")]
    [TestCase("""{"key":"x","type":"boolean","variants":{"on":true},"defaultVariant":"on","rules":[{"variant":"on","percentage":101}]}""", "rules[0].percentage: ")]
    [TestCase("""{"key":"x","type":"boolean","variants":{"on":true},"defaultVariant":"on","rules":[{"variant":"on","stores":["other"]}]}""", "rules[0].stores: ")]
    [TestCase("""{"key":"x","type":"boolean","variants":{"on":true},"defaultVariant":"on","rules":[{"variant":"on","segment":"nobody"}]}""", "rules[0].segment: ")]
    [TestCase("""{"key":"x","type":"boolean","variants":{"on":true},"defaultVariant":"on","rules":[{"variant":"on","conditions":[{"feature":"cart_valu","above":1}]}]}""", "rules[0].conditions[0].feature: ")]
    [TestCase("""{"key":"x","type":"boolean","variants":{"on":true},"defaultVariant":"on","rules":[{"variant":"on","conditions":[{"feature":"cart_value","equals":"1"}]}]}""", "rules[0].conditions[0]: ")]
    [TestCase("""{"key":"x","type":"boolean","variants":{"on":true},"defaultVariant":"on","rules":[{"variant":"on","conditions":[{"attribute":"a"}]}]}""", "rules[0].conditions[0]: ")]
    [TestCase("""{"key":"x","type":"boolean","variants":{"on":true},"defaultVariant":"on","rules":[{"variant":"on","conditions":[{"attribute":"a","feature":"adds","above":1}]}]}""", "rules[0].conditions[0]: ")]
    [TestCase("""{"key":"x","type":"boolean","variants":{"on":true},"defaultVariant":"on","rules":[{"variant":"on","conditions":[{"attribute":"a","in":[]}]}]}""", "rules[0].conditions[0].in: ")]
    [TestCase("""{"key":"x","type":"boolean","variants":{"on":true},"defaultVariant":"on","rules":[{"variant":"on","conditions":[{"attribute":"a","equals":{}}]}]}""", "rules[0].conditions[0]: ")]
    [TestCase("""{"key":"x","type":"boolean","variants":{"on":true},"defaultVariant":"on","rules":[{"variant":"on","conditions":[{"attribute":"a","equals":"\ud800"}]}]}""", "rules[0].conditions[0]: ")]
    public async Task A_wrong_body_is_refused_and_names_the_field(string body, string detail)
    {
        var refused = await _engine.PostAsync("/v1/feature-flags", body);
        Assert.That(refused.Problem, Is.EqualTo((400, "invalid_flag")));
        Assert.That(refused.Json.GetProperty("detail").GetString(), Does.StartWith(detail));
    }

    [TestCase("""{"key":"x","type":"boolean","variants":{"on":true},"defaultVariant":"on","colour":1}""")]
    [TestCase("""{"key":"x","type":"boolean","variants":{"on":true},"defaultVariant":"on","rules":[{"variant":"on","percent":1}]}""")]
    [TestCase("""{"key":"x","type":"boolean","variants":{"on":true},"defaultVariant":"on","rules":[null]}""")]
    public async Task An_unknown_field_is_refused(string body) => Assert.That((await _engine.PostAsync("/v1/feature-flags", body)).Problem, Is.EqualTo((400, "invalid_json")));

    [Test]
    public async Task A_shared_flag_is_changed_by_users_of_all_stores_and_shows_each_store_its_rules()
    {
        const string Body = """
            {"type":"boolean","variants":{"on":true,"off":false},"defaultVariant":"off","rules":[{"stores":["demo","other"],"variant":"on"},{"stores":["other"],"variant":"off"}]}
            """;
        const string Path = "/v1/feature-flags/everywhere?shared=true";
        var one = await _users.NewAsync(new Grant("admin", "demo"));
        var all = await _users.NewAsync(new Grant("admin", null));
        Assert.That((await PutAsync(Path, Body)).Problem, Is.EqualTo((403, "user_required")), "a key is one store's");
        Assert.That((await PutAsync(Path, Body, key: null, one)).Problem, Is.EqualTo((403, "permission_denied")));
        Assert.That((await PutAsync(Path, Body, key: null, all, ("X-Store-Id", "demo"))).Status, Is.EqualTo(HttpStatusCode.Created));

        var shown = await _engine.GetAsync(Path);
        Assert.That((shown.Json.GetProperty("shared").GetBoolean(), shown.Json.GetProperty("rules").GetRawText()), Is.EqualTo((true, """[{"variant":"on","percentage":null,"stores":["demo"],"segment":null,"conditions":null}]""")));
        Assert.That((await _engine.GetAsync(Path, key: null, all, ("X-Store-Id", "demo"))).Json.GetProperty("rules").GetArrayLength(), Is.EqualTo(2));
        Assert.That((await _engine.GetAsync("/v1/feature-flags", "sk_other")).Body, Does.Contain("everywhere").And.Not.Contain("demo"));
        Assert.That((await _engine.PostAsync("/ofrep/v1/evaluate/flags/everywhere", "{}", "sk_other")).Json.GetProperty("value").GetBoolean());
        Assert.That((await DeleteAsync(Path, InProcessEngine.Secret)).Problem, Is.EqualTo((403, "user_required")));
        Assert.That((await _engine.AskAsync(HttpMethod.Delete, Path, content: null, key: null, all, ("X-Store-Id", "demo"))).Status, Is.EqualTo(HttpStatusCode.NoContent));
    }

    Task<ApiAnswer> DeleteAsync(string path, string key, params (string, string)[] headers) => _engine.AskAsync(HttpMethod.Delete, path, content: null, key, headers);

    Task<ApiAnswer> PutAsync(string path, string body, params (string, string)[] headers) => PutAsync(path, body, InProcessEngine.Secret, headers);

    async Task<ApiAnswer> PutAsync(string path, string body, string? key, params (string, string)[] headers)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        return await _engine.AskAsync(HttpMethod.Put, path, content, key, headers);
    }
}
