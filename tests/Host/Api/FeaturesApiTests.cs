using System.Globalization;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

[TestFixture]
sealed class FeaturesApiTests : EngineFixture
{
    [Test]
    public async Task A_carts_features_match_a_hand_computation()
    {
        var start = Start();
        var (cart, user) = (EventJson.NewCart(), EventJson.NewCart());
        string[] events =
        [
            At(start, "page_view", $",\"userId\":\"{user}\",\"sessionId\":\"s\",\"currency\":\"EUR\",\"meta\":{{\"device\":\"mobile\",\"source\":\"email\"}}"),
            At(start.AddSeconds(10), "view_item", ",\"productId\":\"p1\",\"price\":10,\"sessionId\":\"s\""),
            At(start.AddSeconds(20), "add_to_cart", ",\"productId\":\"p1\",\"price\":10,\"quantity\":3,\"sessionId\":\"s\""),
            At(start.AddSeconds(30), "add_to_cart", ",\"productId\":\"p2\",\"price\":5.5,\"sessionId\":\"s\""),
            At(start.AddSeconds(50), "remove_from_cart", ",\"productId\":\"p1\",\"sessionId\":\"s\""),
            At(start.AddSeconds(90), "begin_checkout", ",\"sessionId\":\"s\""),
        ];
        await Engine.PostAsync("/v1/events", EventJson.Array(
            $$"""{"id":"o","type":"purchase","cartId":"{{cart}}-before","ts":{{start.AddHours(-6).ToUnixTimeMilliseconds()}},"userId":"{{user}}","price":80,"quantity":1}"""));
        await Engine.PostAsync("/v1/events", EventJson.Array(events));
        var answer = await Engine.GetAsync($"/v1/features/{cart}");

        var json = answer.Json;
        Assert.That((json.GetProperty("storeId").GetString(), json.GetProperty("cartId").GetString(), json.GetProperty("currency").GetString()),
            Is.EqualTo(("demo", cart, "EUR")));
        Assert.That(json.GetProperty("updatedAt").GetDateTimeOffset(), Is.EqualTo(start.AddSeconds(90)));
        var features = json.GetProperty("features").EnumerateObject().ToDictionary(f => f.Name, f => f.Value.GetDouble(), StringComparer.Ordinal);
        Assert.That(features.Keys, Is.EqualTo(FeatureTable.Names));
        Assert.That(features, Is.SupersetOf(new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["event_count"] = 6,
            ["page_views"] = 1,
            ["item_views"] = 1,
            ["adds"] = 2,
            ["removes"] = 1,
            ["purchases"] = 0,
            ["item_count"] = 3,
            ["cart_value"] = 25.5,
            ["average_item_price"] = 8.5,
            ["average_seen_price"] = 8.5,
            ["lowest_seen_price"] = 5.5,
            ["highest_seen_price"] = 10,
            ["remove_add_ratio"] = 0.5,
            ["checkout_step"] = 1,
            ["seconds_since_last_event"] = 40,
            ["seconds_since_last_add"] = 60,
            ["session_seconds"] = 90,
            ["session_count"] = 1,
            ["hour_of_day"] = start.AddSeconds(90).Hour,
            ["day_of_week"] = (int)start.AddSeconds(90).DayOfWeek,
            ["is_mobile"] = 1,
            ["is_desktop"] = 0,
            ["from_email"] = 1,
            ["from_paid"] = 0,
            ["is_known_customer"] = 1,
            ["customer_orders"] = 1,
            ["customer_average_order_value"] = 80,
            ["customer_discount_share"] = 0,
        }));
        Assert.That(features["customer_days_since_last_order"], Is.EqualTo(((6 * 3600) + 90) / 86_400.0).Within(1e-6));

        string At(DateTimeOffset at, string type, string more) => string.Create(CultureInfo.InvariantCulture,
            $"{{\"id\":\"e{at.ToUnixTimeMilliseconds()}\",\"type\":\"{type}\",\"cartId\":\"{cart}\",\"ts\":{at.ToUnixTimeMilliseconds()}{more}}}");
    }

    [TestCase("a b")]
    [TestCase("ä/ö?#%")]
    [TestCase("%2F")]
    [TestCase("cart.json")]
    [TestCase("日本語")]
    [TestCase("definitions ")]
    public async Task A_cart_id_may_be_any_text(string suffix)
    {
        var cart = EventJson.NewCart() + suffix;
        await Engine.PostAsync("/v1/events", EventJson.Of(cart));
        var answer = await Engine.GetAsync($"/v1/features/{Uri.EscapeDataString(cart)}");

        Assert.That(answer.Status, Is.EqualTo(System.Net.HttpStatusCode.OK), answer.Body);
        Assert.That(answer.Json.GetProperty("cartId").GetString(), Is.EqualTo(cart));
    }

    [Test]
    public async Task An_unused_cart_is_not_found()
    {
        Assert.That((await Engine.GetAsync("/v1/features/nobody")).Problem, Is.EqualTo((404, "cart_not_found")));
        Assert.That((await Engine.GetAsync($"/v1/features/{new string('x', 500)}")).Problem, Is.EqualTo((404, "cart_not_found")));
    }

    [Test]
    public async Task Features_require_a_secret_key()
    {
        Assert.That((await Engine.GetAsync("/v1/features/c", "pk_demo")).Problem, Is.EqualTo((403, "secret_key_required")));
        Assert.That((await Engine.GetAsync("/v1/features/c", key: null)).Problem, Is.EqualTo((401, "missing_key")));
    }

    [Test]
    public async Task The_definitions_match_the_feature_table()
    {
        var features = (await Engine.GetAsync("/v1/features/definitions", key: null)).Json.GetProperty("items").EnumerateArray().ToArray();

        Assert.That(features.Select(f => f.GetProperty("name").GetString()), Is.EqualTo(FeatureTable.Names));
        Assert.That(features.SelectMany(f => f.EnumerateObject()).Select(p => p.Value.ToString()), Has.None.Empty);
        Assert.That(features[0].EnumerateObject().Select(p => p.Name), Is.EqualTo(new[] { "name", "unit", "description", "computation", "source", "freshness", "version" }));
        Assert.That(features.Single(f => f.GetProperty("name").GetString() == "customer_days_since_last_order").ToString(), Does.EndWith(""","source":"customer","freshness":"moment","version":1}"""));
    }

    // Whole seconds, far enough back to avoid the future and near enough to avoid clamping.
    static DateTimeOffset Start() =>
        DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().AddHours(-1).ToUnixTimeSeconds());
}
