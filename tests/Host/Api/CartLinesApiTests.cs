using System.Net;
using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>A cart's lines are answered as the shop sent them.</summary>
public sealed class CartLinesApiTests
{
    InProcessEngine _engine = null!;

    [OneTimeSetUp]
    public async Task Start() => _engine = await InProcessEngine.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _engine.DisposeAsync();

    [TestCase(InProcessEngine.Secret)]
    [TestCase(InProcessEngine.Publishable)]
    public async Task A_cart_is_what_its_items_say(string key)
    {
        var cart = EventJson.NewCart();
        await PostAsync(EventJson.Of(cart, "cart_updated", """
            ,"currency":"USD","items":[{"item_id":"A","item_name":"Hat","item_variant":"red","price":9.99,"quantity":3},{"productId":"B","name":"Apples","price":2,"quantity":0.25}]
            """.Trim(), session: "s1"), key);
        await PostAsync(EventJson.Of(cart, "add_to_cart", ",\"currency\":\"JPY\",\"items\":[{\"item_id\":\"C\",\"item_name\":\"Tea\",\"price\":1500}]", session: "s1"), key);

        using var response = await _engine.Http.GetAsync($"/v1/carts/{cart}");
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var root = json.RootElement;
        Assert.That((root.GetProperty("value").GetDecimal(), root.GetProperty("currency").GetString(), root.GetProperty("itemCount").GetDecimal()), Is.EqualTo((30.47m, "USD", 4.25m)));
        Assert.That(root.GetProperty("lines").EnumerateArray().Select(line => (
            line.GetProperty("productId").GetString(), line.GetProperty("name").GetString(), line.TryGetProperty("variant", out var variant) ? variant.GetString() : null,
            line.GetProperty("quantity").GetDecimal(), line.GetProperty("price").GetDecimal(), line.GetProperty("value").GetDecimal(), line.GetProperty("currency").GetString())), Is.EqualTo(new[]
        {
            ("A", "Hat", "red", 3m, 9.99m, 29.97m, "USD"), ("B", "Apples", null, 0.25m, 2m, 0.5m, "USD"), ("C", "Tea", null, 1m, 1500m, 1500m, "JPY"),
        }));
    }

    [Test]
    public async Task Ignored_ids_are_told_in_the_answer()
    {
        var answer = await PostAsync(EventJson.Array(EventJson.Of(EventJson.NewCart(), "page_view", ",\"userId\":\"undefined\""), EventJson.Of(EventJson.NewCart(), "page_view", ",\"userId\":\"u1\"")), InProcessEngine.Secret);
        using var json = JsonDocument.Parse(answer);
        var warning = json.RootElement.GetProperty("warnings")[0];
        Assert.That((json.RootElement.GetProperty("accepted").GetInt32(), warning.GetProperty("code").GetString(), warning.GetProperty("count").GetInt32()), Is.EqualTo((2, "placeholder_id", 1)));
        Assert.That(warning.GetProperty("message").GetString(), Does.StartWith("'userId'"));
        Assert.That(await PostAsync(EventJson.Of(EventJson.NewCart()), InProcessEngine.Secret), Does.Not.Contain("warnings"));
    }

    async Task<string> PostAsync(string events, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new StringContent(events) };
        request.Headers.Add("X-Api-Key", key);
        request.Headers.Authorization = null;
        using var client = new HttpClient { BaseAddress = _engine.Http.BaseAddress };
        request.Content.Headers.ContentType = new("application/json");
        using var response = await client.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), body);
        return body;
    }
}
