using System.Net;
using System.Text;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Segments over HTTP: campaigns and flags of a running engine follow them at once, and their size is estimated.</summary>
[TestFixture]
sealed class SegmentsApiTests
{
    const string Rich = """{"conditions":[{"feature":"cart_value","atLeast":100}]}""";

    InProcessEngine _engine = null!;
    TestUsers _users = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Stores.Add(new StoreConfig { Id = "other", Keys = [InProcessEngine.Key("sk_other", KeyKind.Secret)] });
            var ofCart = InProcessEngine.Answering("begin_checkout");
            ofCart.Segment = "rich";
            var ofCustomer = InProcessEngine.Answering("coupon_denied");
            (ofCustomer.Segment, ofCustomer.Stores) = ("gold", ["demo"]);
            var retried = InProcessEngine.Answering("add_shipping_info");
            retried.Segment = "retried";
            config.Decisions.Campaigns.AddRange([ofCart, ofCustomer, retried]);
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
    public async Task A_campaign_follows_its_segment_at_once_and_the_journal_knows()
    {
        Assert.That(await ContactsAsync(500, "begin_checkout"), Is.False, "nobody is in a segment that there is not");
        var made = await PutAsync("rich", Rich, ("If-None-Match", "*"));
        Assert.That((made.Status, made.Json.GetProperty("number").GetInt64()), Is.EqualTo((HttpStatusCode.Created, 1L)), made.Body);
        var version = _engine.Host.JourneyOptions.Campaigns.Version;
        Assert.That((await ContactsAsync(99, "begin_checkout"), await ContactsAsync(100, "begin_checkout")), Is.EqualTo((false, true)));
        Assert.That(Encoding.UTF8.GetString(_engine.Host.JourneyOptions.Campaigns.Record.Span), Does.Contain("\"rich\":[{\"feature\":\"cart_value\",\"atLeast\":100"));

        var changed = await PutAsync("rich", Rich.Replace("100", "50", StringComparison.Ordinal), ("If-Match", made.Headers["ETag"]));
        Assert.That((changed.Status, changed.Json.GetProperty("number").GetInt64()), Is.EqualTo((HttpStatusCode.OK, 2L)), changed.Body);
        Assert.That((await ContactsAsync(49, "begin_checkout"), await ContactsAsync(99, "begin_checkout")), Is.EqualTo((false, true)));
        Assert.That(_engine.Host.JourneyOptions.Campaigns.Version, Is.Not.EqualTo(version));
        version = _engine.Host.JourneyOptions.Campaigns.Version;
        await PutAsync("unused", Rich);
        Assert.That(_engine.Host.JourneyOptions.Campaigns.Version, Is.EqualTo(version), "a segment that no campaign uses is none of the journal's");

        Assert.That((await PutAsync("rich", Rich, ("If-Match", made.Headers["ETag"]))).Problem, Is.EqualTo((412, "segment_changed")));
        var read = await _engine.GetAsync("/v1/segments/rich");
        Assert.That((read.Headers["ETag"], read.Body), Is.EqualTo((changed.Headers["ETag"], changed.Body)));
        Assert.That((await _engine.GetAsync("/v1/segments/rich/versions")).Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("number").GetInt64()), Is.EqualTo(new[] { 2L, 1L }));
        var refused = await DeleteAsync("rich", InProcessEngine.Secret);
        Assert.That((refused.Problem, refused.Json.GetProperty("detail").GetString()), Is.EqualTo(((409, (string?)"segment_in_use"), "The segment is used by the campaign 'on-begin_checkout'. Change or delete that first.")));
        Assert.That((await DeleteAsync("rich", "sk_other")).Problem, Is.EqualTo((404, "segment_not_found")), "another store's");
        Assert.That((await DeleteAsync("unused", InProcessEngine.Secret)).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await _engine.GetAsync("/v1/segments/unused")).Problem, Is.EqualTo((404, "segment_not_found")));
    }

    [Test]
    public async Task A_campaign_for_customers_contacts_those_who_are_in_it()
    {
        await PutAsync("gold", """{"conditions":[{"customer":"plan","equals":"gold"}],"description":"who pays"}""");
        var before = _engine.Host.JourneyEngine.Counters.WithheldFor(WithheldReason.NotInSegment);
        var (gold, free) = ($"gold-{EventJson.NewCart()}", $"free-{EventJson.NewCart()}");
        Assert.That((await ContactsAsync(5, "coupon_denied", gold, "gold"), await ContactsAsync(5, "coupon_denied", free, "free"), await ContactsAsync(5, "coupon_denied")),
            Is.EqualTo((true, false, false)));
        Assert.That(_engine.Host.JourneyEngine.Counters.WithheldFor(WithheldReason.NotInSegment) - before, Is.EqualTo(2));
    }

    [Test]
    public async Task While_campaigns_need_approval_a_segment_of_one_in_force_cannot_be_changed()
    {
        _engine.Host.Config.Settings.Approval = ApprovalRule.Required;
        try
        {
            var refused = await PutAsync("gold", Rich);
            Assert.That(refused.Problem, Is.EqualTo((409, "approval_required")));
            Assert.That(refused.Json.GetProperty("detail").GetString(), Does.Contain("the campaign 'on-coupon_denied'").And.Contain("Create another segment"));
            Assert.That((await PutAsync("of-no-campaign", Rich)).Status, Is.EqualTo(HttpStatusCode.Created));
        }
        finally
        {
            _engine.Host.Config.Settings.Approval = default;
        }
    }

    [Test]
    public async Task What_could_not_be_applied_is_applied_a_moment_later()
    {
        await PutAsync("retried", """{"conditions":[{"feature":"cart_value","atLeast":100}]}""");
        Assert.That((await ContactsAsync(99, "add_shipping_info"), await ContactsAsync(100, "add_shipping_info")), Is.EqualTo((false, true)));
        var campaign = _engine.Host.Config.Decisions.Campaigns.Single(one => one.Segment == "retried");
        var message = campaign.Message;

        // A failure of whatever kind while the campaigns are compiled.
        campaign.Message = "{% if %}";
        var changed = await PutAsync("retried", """{"conditions":[{"feature":"cart_value","atLeast":50}]}""");
        Assert.That(changed.Status, Is.EqualTo(HttpStatusCode.OK), "it is stored");
        Assert.That(await ContactsAsync(99, "add_shipping_info"), Is.False, "the former segment stays in force");
        campaign.Message = message;
        await Eventually.Is(() => Encoding.UTF8.GetString(_engine.Host.JourneyOptions.Campaigns.Record.Span).Contains("\"retried\":[{\"feature\":\"cart_value\",\"atLeast\":50", StringComparison.Ordinal), "the change is applied");
        Assert.That((await ContactsAsync(49, "add_shipping_info"), await ContactsAsync(99, "add_shipping_info")), Is.EqualTo((false, true)));
    }

    [Test]
    public async Task A_flags_rule_follows_a_segment()
    {
        await PutAsync("buyers", """{"conditions":[{"feature":"item_count","atLeast":2}]}""");
        var flag = await _engine.PostAsync("/v1/feature-flags", """{"key":"by-segment","type":"boolean","variants":{"on":true,"off":false},"defaultVariant":"off","rules":[{"variant":"on","segment":"buyers"}]}""");
        Assert.That(flag.Status, Is.EqualTo(HttpStatusCode.Created), flag.Body);
        var cart = EventJson.NewCart();
        await _engine.PostAsync("/v1/events", EventJson.Of(cart, "add_to_cart", ",\"productId\":\"p\",\"price\":5,\"quantity\":2"));
        async Task<string?> EvaluateAsync() => (await _engine.PostAsync("/ofrep/v1/evaluate/flags/by-segment", $$$"""{"context":{"cartId":"{{{cart}}}"}}""")).Json.GetProperty("variant").GetString();
        Assert.That(await EvaluateAsync(), Is.EqualTo("on"));
        await PutAsync("buyers", """{"conditions":[{"feature":"item_count","atLeast":3}]}""");
        Assert.That(await EvaluateAsync(), Is.EqualTo("off"));
        Assert.That((await DeleteAsync("buyers", InProcessEngine.Secret)).Json.GetProperty("detail").GetString(), Does.Contain("the feature flag 'by-segment'"));
    }

    [Test]
    public async Task The_size_counts_carts_and_signed_in_customers_of_the_store()
    {
        await PutAsync("sized", """{"conditions":[{"feature":"cart_value","atLeast":1000}]}""");
        await PutAsync("sized-gold", """{"conditions":[{"feature":"cart_value","atLeast":1000},{"customer":"plan","equals":"platinum"}]}""");
        var mark = EventJson.NewCart();
        await _engine.PostAsync("/v1/events", EventJson.Array(Enumerable.Range(0, 30).Select(i => EventJson.Of($"{mark}-{i}", "add_to_cart",
            $",\"productId\":\"p\",\"price\":{(i < 25 ? 2000 : 2)}{(i < 24 ? $",\"userId\":\"{mark}-u{i / 2}\"" : "")}"))));
        await _engine.PostAsync("/v1/events", EventJson.Of($"{mark}-theirs", "add_to_cart", ",\"productId\":\"p\",\"price\":2000"), "sk_other");
        await _engine.PostAsync("/v1/events", EventJson.Array(Enumerable.Range(0, 11).Select(i => EventJson.Of($"{mark}-{2 * i}", "identify",
            $",\"userId\":\"{mark}-u{i}\",\"meta\":{{\"plan\":\"platinum\"}}"))));

        var answer = await _engine.GetAsync("/v1/segments/sized/size");
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Body);
        var size = answer.Json;
        Assert.That((Of(size, "carts", "matching"), Of(size, "customers", "matching"), size.GetProperty("exact").GetBoolean()), Is.EqualTo((25, 12, true)), size.ToString());
        Assert.That((Of(size, "carts", "known"), Of(size, "carts", "sampledMatching")), Is.EqualTo((Of(size, "carts", "sampled"), 25)));
        Assert.That(Of(size, "carts", "known"), Is.GreaterThanOrEqualTo(30));

        await _engine.GetAsync("/v1/customers");
        var gold = (await _engine.GetAsync("/v1/segments/sized-gold/size")).Json;
        Assert.That((Of(gold, "carts", "matching"), Of(gold, "customers", "matching")), Is.EqualTo((22, 11)), gold.ToString());
        (string, string)[] marketer = [await _users.NewAsync(new Grant("marketer", null)), ("X-Store-Id", "demo")];
        Assert.That((await _engine.GetAsync("/v1/segments/sized-gold/size", key: null, marketer)).Problem, Is.EqualTo((403, "permission_denied")), "counts would tell who has an attribute");
        Assert.That((await _engine.GetAsync("/v1/segments/sized/size", key: null, marketer)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.GetAsync("/v1/segments/none/size")).Problem, Is.EqualTo((404, "segment_not_found")));
    }

    [TestCase("""{"key":"a b","conditions":[{"feature":"adds","above":1}]}""", "key: ")]
    [TestCase("""{"key":"x"}""", "conditions: expected 1 to 16")]
    [TestCase("""{"key":"x","conditions":[]}""", "conditions: expected 1 to 16")]
    [TestCase("""{"key":"x","conditions":[{"attribute":"plan","equals":"gold"}]}""", "conditions[0].attribute: ")]
    [TestCase("""{"key":"x","conditions":[{"feature":"adds","above":1},{"feature":"cart_valu","above":1}]}""", "conditions[1].feature: ")]
    [TestCase("""{"key":"x","conditions":[{"customer":"plan"}]}""", "conditions[0]: ")]
    public async Task A_wrong_body_is_refused_and_names_the_field(string body, string detail)
    {
        var refused = await _engine.PostAsync("/v1/segments", body);
        Assert.That(refused.Problem, Is.EqualTo((400, "invalid_segment")));
        Assert.That(refused.Json.GetProperty("detail").GetString(), Does.StartWith(detail));
    }

    [TestCase("""{"key":"x","conditions":[{"feature":"adds","above":1}],"colour":1}""")]
    [TestCase("""{"key":"x","conditions":[null]}""")]
    public async Task An_unknown_field_is_refused(string body) => Assert.That((await _engine.PostAsync("/v1/segments", body)).Problem, Is.EqualTo((400, "invalid_json")));

    [Test]
    public async Task A_key_is_taken_once()
    {
        const string Body = """{"key":"once","conditions":[{"feature":"adds","above":1}]}""";
        Assert.That((await _engine.PostAsync("/v1/segments", Body)).Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((await _engine.PostAsync("/v1/segments", Body)).Problem, Is.EqualTo((409, "segment_exists")));
        Assert.That((await _engine.PostAsync("/v1/segments", Body, "sk_other")).Status, Is.EqualTo(HttpStatusCode.Created), "another store's");
        Assert.That((await _engine.GetAsync("/v1/segments", "sk_other")).Json.GetProperty("items").GetArrayLength(), Is.EqualTo(1));
    }

    static int Of(System.Text.Json.JsonElement size, string group, string name) => size.GetProperty(group).GetProperty(name).GetInt32();

    // Whether a campaign contacts a new cart after an event of this type.
    async Task<bool> ContactsAsync(int price, string type, string? user = null, string? plan = null)
    {
        var (cart, whose) = (EventJson.NewCart(), user is null ? "" : $",\"userId\":\"{user}\"");
        if (plan is not null)
        {
            // Before: what a batch says of customers comes after its decisions.
            await _engine.PostAsync("/v1/events", EventJson.Of(cart, "identify", $",\"meta\":{{\"plan\":\"{plan}\"}}{whose}"));
        }

        await _engine.PostAsync("/v1/events", EventJson.Array(EventJson.Of(cart, "add_to_cart", $",\"productId\":\"p\",\"price\":{price}{whose}"), EventJson.Of(cart, type, whose)));
        return (await _engine.GetAsync($"/v1/interventions?cartId={cart}")).Json.GetProperty("items").GetArrayLength() > 0;
    }

    Task<ApiAnswer> PutAsync(string key, string body, params (string, string)[] headers) => _engine.AskAsync(HttpMethod.Put, $"/v1/segments/{key}",
        new StringContent(body, Encoding.UTF8, "application/json"), InProcessEngine.Secret, headers);

    Task<ApiAnswer> DeleteAsync(string key, string who) => _engine.AskAsync(HttpMethod.Delete, $"/v1/segments/{key}", content: null, who);
}
