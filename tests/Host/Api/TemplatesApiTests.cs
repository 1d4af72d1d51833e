using System.Net;
using System.Text;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Templates over HTTP: campaigns of a running engine follow them at once, and previews show them.</summary>
[TestFixture]
sealed class TemplatesApiTests
{
    InProcessEngine _engine = null!;
    TestUsers _users = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Stores.Add(new StoreConfig { Id = "other", Keys = [InProcessEngine.Key("sk_other", KeyKind.Secret)] });
            var campaign = InProcessEngine.Answering("begin_checkout");
            (campaign.Message, campaign.Template) = (null, "left");
            config.Decisions.Campaigns.Add(campaign);
        });
        _users = new TestUsers(_engine);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
    }

    [Test]
    public async Task A_campaign_follows_its_template_at_once_and_the_journal_knows()
    {
        Assert.That(await MessageAsync(), Is.Null, "paused without the template");
        var made = await PutAsync("left", """{"message":"One {{ cart.item_count }}"}""", ("If-None-Match", "*"));
        Assert.That((made.Status, made.Json.GetProperty("number").GetInt64()), Is.EqualTo((HttpStatusCode.Created, 1L)), made.Body);
        Assert.That((await MessageAsync(), await MessageAsync("sk_other")), Is.EqualTo(("One 1", (string?)null)), "the other store has none");
        Assert.That(Record(), Does.Contain("\"message\":\"One {{ cart.item_count }}\""));

        var version = _engine.Host.JourneyOptions.Campaigns.Version;
        var changed = await PutAsync("left", """{"message":"Two"}""", ("If-Match", made.Headers["ETag"]));
        Assert.That((changed.Status, changed.Json.GetProperty("number").GetInt64()), Is.EqualTo((HttpStatusCode.OK, 2L)), changed.Body);
        Assert.That((await MessageAsync(), _engine.Host.JourneyOptions.Campaigns.Version == version), Is.EqualTo(("Two", false)));
        Assert.That((await PutAsync("left", """{"message":"Theirs"}""", "sk_other")).Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((await MessageAsync(), await MessageAsync("sk_other")), Is.EqualTo(("Two", "Theirs")), "each store has its own");
        version = _engine.Host.JourneyOptions.Campaigns.Version;
        await PutAsync("unused", """{"message":"Nobody"}""");
        Assert.That(_engine.Host.JourneyOptions.Campaigns.Version, Is.EqualTo(version), "a template that no campaign uses does not change the campaigns");

        Assert.That((await PutAsync("left", """{"message":"Three"}""", ("If-Match", made.Headers["ETag"]))).Problem, Is.EqualTo((412, "template_changed")));
        var unfit = await PutAsync("left", """{"message":"Use {{ offer.code }}"}""");
        Assert.That((unfit.Problem, unfit.Json.GetProperty("detail").GetString()), Is.EqualTo(((409, (string?)"template_unfit"),
            "The campaign 'on-begin_checkout' uses it: the template 'left' of the store 'demo': message:1:8: 'offer.code' has no value: the action has no code.")));
        var read = await _engine.GetAsync("/v1/templates/left");
        Assert.That((read.Headers["ETag"], read.Body), Is.EqualTo((changed.Headers["ETag"], changed.Body)));
        Assert.That((await _engine.GetAsync("/v1/templates/left/versions")).Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("message").GetString()),
            Is.EqualTo(new[] { "Two", "One {{ cart.item_count }}" }));
        var refused = await DeleteAsync("left", InProcessEngine.Secret);
        Assert.That((refused.Problem, refused.Json.GetProperty("detail").GetString()), Is.EqualTo(((409, (string?)"template_in_use"), "The template is used by the campaign 'on-begin_checkout'. Change or delete that first.")));
        Assert.That((await DeleteAsync("unused", "sk_other")).Problem, Is.EqualTo((404, "template_not_found")), "another store's");
        Assert.That((await DeleteAsync("unused", InProcessEngine.Secret)).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await _engine.GetAsync("/v1/templates/unused")).Problem, Is.EqualTo((404, "template_not_found")));
    }

    [Test]
    public async Task A_preview_shows_a_sample_or_a_real_cart_to_who_may_see_it()
    {
        await PutAsync("shown", """{"message":"{{ cart.id }}: {% for line in cart.lines %}{{ line.quantity }} {% endfor %}","subject":"{{ offer.discount_percent }}% with {{ offer.code }}","html":"<p>{{ store.id }}</p>"}""");
        var sample = (await _engine.PostAsync("/v1/templates/shown/preview", "{}")).Json;
        Assert.That((sample.GetProperty("message").GetString(), sample.GetProperty("subject").GetString(), sample.GetProperty("html").GetString()),
            Is.EqualTo(("sample: 1 1 ", "10% with EXAMPLE", "<p>demo</p>")));
        var offer = (await _engine.PostAsync("/v1/templates/shown/preview", """{"discountPercent":25,"code":"BACK25"}""")).Json;
        Assert.That(offer.GetProperty("subject").GetString(), Is.EqualTo("25% with BACK25"));

        var cart = EventJson.NewCart();
        await _engine.PostAsync("/v1/events", EventJson.Of(cart, "add_to_cart", ",\"productId\":\"hat\",\"price\":5,\"quantity\":3"));
        var body = $$"""{"cartId":"{{cart}}"}""";
        Assert.That((await _engine.PostAsync("/v1/templates/shown/preview", body)).Json.GetProperty("message").GetString(), Is.EqualTo($"{cart}: 3 "));
        var marketer = await _users.NewAsync(new Grant("marketer", null));
        Assert.That((await _engine.PostAsync("/v1/templates/shown/preview", body, key: null, marketer, ("X-Store-Id", "demo"))).Problem, Is.EqualTo((403, "permission_denied")));
        Assert.That((await _engine.PostAsync("/v1/templates/shown/preview", "{}", key: null, marketer, ("X-Store-Id", "demo"))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.PostAsync("/v1/templates/shown/preview", """{"discountPercent":0}""")).Problem, Is.EqualTo((400, "invalid_preview")));
        Assert.That((await _engine.PostAsync("/v1/templates/shown/preview", """{"cartId":"nowhere"}""")).Problem, Is.EqualTo((404, "cart_not_found")));
        Assert.That((await _engine.PostAsync("/v1/templates/none/preview", "{}")).Problem, Is.EqualTo((404, "template_not_found")));
    }

    [Test]
    public async Task A_preview_of_texts_that_are_not_saved_shows_them_and_saves_nothing()
    {
        var shown = await _engine.PostAsync("/v1/templates/preview", """{"message":"{{ cart.id }}","subject":"{{ offer.discount_percent }}% with {{ offer.code }}","discountPercent":25,"code":"BACK25"}""");
        Assert.That((shown.Json.GetProperty("message").GetString(), shown.Json.GetProperty("subject").GetString()), Is.EqualTo(("sample", "25% with BACK25")), shown.Body);
        Assert.That((await _engine.GetAsync("/v1/templates")).Body, Does.Not.Contain("{{ offer.discount_percent }}% with"));
        var cart = EventJson.NewCart();
        await _engine.PostAsync("/v1/events", EventJson.Of(cart, "add_to_cart", ",\"productId\":\"hat\",\"price\":5"));
        var body = $$$"""{"message":"{{ cart.id }} has {{ cart.item_count }}","cartId":"{{{cart}}}"}""";
        Assert.That((await _engine.PostAsync("/v1/templates/preview", body)).Json.GetProperty("message").GetString(), Is.EqualTo($"{cart} has 1"));
        var marketer = await _users.NewAsync(new Grant("marketer", null));
        Assert.That((await _engine.PostAsync("/v1/templates/preview", body, key: null, marketer, ("X-Store-Id", "demo"))).Problem, Is.EqualTo((403, "permission_denied")));
        var wrong = await _engine.PostAsync("/v1/templates/preview", """{"message":"Hi\n{{ cart.totl }}"}""");
        Assert.That((wrong.Problem, wrong.Json.GetProperty("problems")[0].GetString()), Is.EqualTo(((400, (string?)"invalid_template"), "message:2:4: unknown field 'cart.totl', did you mean 'cart.total'?")));
        Assert.That((await _engine.PostAsync("/v1/templates/preview", "{}")).Problem, Is.EqualTo((400, "invalid_template")));
        Assert.That((await _engine.PostAsync("/v1/templates/preview", """{"message":"x","discountPercent":0}""")).Problem, Is.EqualTo((400, "invalid_preview")));
    }

    [Test]
    public async Task A_check_lists_every_problem_with_its_place_and_saves_nothing()
    {
        var answer = await _engine.PostAsync("/v1/templates/check", """{"message":"Hi\n{{ cart.totl }}","subject":"{{ 1 | monye }}"}""");
        Assert.That((answer.Status, answer.Json.GetProperty("valid").GetBoolean()), Is.EqualTo((HttpStatusCode.OK, false)), answer.Body);
        Assert.That(answer.Json.GetProperty("problems").EnumerateArray().Select(problem =>
            (problem.GetProperty("field").GetString(), problem.GetProperty("line").GetInt32(), problem.GetProperty("column").GetInt32(), problem.GetProperty("message").GetString())), Is.EqualTo(new[]
        {
            ("message", 2, 4, "unknown field 'cart.totl', did you mean 'cart.total'?"), ("subject", 1, 8, "unknown filter 'monye', did you mean 'money'?"),
        }));
        Assert.That((await _engine.PostAsync("/v1/templates/check", """{"message":"Hi"}""")).Json.GetProperty("valid").GetBoolean());
        Assert.That((await _engine.GetAsync("/v1/templates/check")).Problem, Is.EqualTo((404, "template_not_found")));
    }

    [TestCase("""{"name":"a b","message":"x"}""", "name: ")]
    [TestCase("""{"name":"x"}""", "message:1:1: a template needs a message")]
    [TestCase("""{"name":"x","message":"{{ cart.totl }}"}""", "message:1:4: unknown field 'cart.totl'")]
    [TestCase("""{"name":"x","message":"x","html":"{% if %}"}""", "html:1:")]
    public async Task A_wrong_body_is_refused_and_names_the_place(string body, string problem)
    {
        var refused = await _engine.PostAsync("/v1/templates", body);
        Assert.That(refused.Problem, Is.EqualTo((400, "invalid_template")), refused.Body);
        Assert.That(refused.Json.GetProperty("problems")[0].GetString(), Does.StartWith(problem));
        Assert.That(refused.Json.GetProperty("detail").GetString(), Does.StartWith(problem));
    }

    [Test]
    public async Task An_unknown_field_is_refused() =>
        Assert.That((await _engine.PostAsync("/v1/templates", """{"name":"x","message":"x","colour":1}""")).Problem, Is.EqualTo((400, "invalid_json")));

    [Test]
    public async Task A_name_is_taken_once()
    {
        const string Body = """{"name":"once","message":"x"}""";
        Assert.That((await _engine.PostAsync("/v1/templates", Body)).Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((await _engine.PostAsync("/v1/templates", Body)).Problem, Is.EqualTo((409, "template_exists")));
        Assert.That((await _engine.PostAsync("/v1/templates", Body, "sk_other")).Status, Is.EqualTo(HttpStatusCode.Created), "another store's");
        Assert.That((await _engine.GetAsync("/v1/templates", "sk_other")).Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()), Does.Contain("once"));
    }

    string Record() => System.Text.Json.Nodes.JsonNode.Parse(_engine.Host.JourneyOptions.Campaigns.Record.Span)!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    // The campaign's message to a new cart; null if the cart is not contacted.
    async Task<string?> MessageAsync(string key = InProcessEngine.Secret)
    {
        var cart = EventJson.NewCart();
        await _engine.PostAsync("/v1/events", EventJson.Array(EventJson.Of(cart, "add_to_cart", ",\"productId\":\"p\",\"price\":5"), EventJson.Of(cart, "begin_checkout")), key);
        return (await _engine.GetAsync($"/v1/interventions?cartId={cart}", key)).Json.GetProperty("items").GetArrayLength() == 0 ? null
            : (await _engine.PostAsync("/v1/campaigns/on-begin_checkout/preview", $$"""{"cartId":"{{cart}}"}""", key)).Json.GetProperty("message").GetString();
    }

    Task<ApiAnswer> PutAsync(string name, string body, params (string, string)[] headers) => PutAsync(name, body, InProcessEngine.Secret, headers);

    Task<ApiAnswer> PutAsync(string name, string body, string key, params (string, string)[] headers) => _engine.AskAsync(HttpMethod.Put, $"/v1/templates/{name}",
        new StringContent(body, Encoding.UTF8, "application/json"), key, headers);

    Task<ApiAnswer> DeleteAsync(string name, string who) => _engine.AskAsync(HttpMethod.Delete, $"/v1/templates/{name}", content: null, who);
}
