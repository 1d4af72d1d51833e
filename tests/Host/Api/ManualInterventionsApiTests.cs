using System.Net;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Interventions that people start, move and cancel over HTTP.</summary>
[TestFixture]
sealed class ManualInterventionsApiTests() : EngineFixture(config =>
{
    config.Contact.Holdout = 0;
    config.Decisions.Campaigns.Add(InProcessEngine.Answering("coupon_denied"));
})
{
    string _campaign = "";

    [OneTimeSetUp]
    public async Task FillCartsAsync()
    {
        _campaign = Engine.Host.Config.Decisions.Campaigns[^1].Name;
        foreach (var cart in new[] { "m1", "m2", "m3", "m4" })
        {
            Assert.That((await Engine.PostAsync("/v1/events", EventJson.Of(cart, "add_to_cart", ",\"productId\":\"p1\",\"price\":40"))).Status, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test]
    public async Task One_is_scheduled_moved_listed_and_cancelled()
    {
        var at = TimeProvider.System.GetUtcNow().AddHours(3);
        var started = await Engine.PostAsync("/v1/interventions", $$"""{"cartId":"m1","campaign":"{{_campaign}}","at":"{{at:yyyy-MM-ddTHH:mm:ssZ}}"}""");
        Assert.That(started.Status, Is.EqualTo(HttpStatusCode.Created), started.Body);
        var id = started.Json.GetProperty("id").GetString()!;
        Assert.That((started.Json.GetProperty("state").GetString(), started.Json.GetProperty("dueAt").GetString()), Is.EqualTo(("scheduled", $"{at:yyyy-MM-ddTHH:mm:ssZ}")));
        Assert.That(started.Headers["Location"], Is.EqualTo($"/v1/interventions/{id}"));

        var moved = await Engine.AskAsync(HttpMethod.Put, $"/v1/interventions/{id}", Json($$"""{"at":"{{at.AddDays(1):yyyy-MM-ddTHH:mm:ssZ}}"}"""), InProcessEngine.Secret);
        Assert.That(moved.Json.GetProperty("dueAt").GetString(), Is.EqualTo($"{at.AddDays(1):yyyy-MM-ddTHH:mm:ssZ}"));
        Assert.That((await Engine.AskAsync(HttpMethod.Delete, $"/v1/interventions/{id}", content: null, InProcessEngine.Secret)).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await Engine.AskAsync(HttpMethod.Delete, $"/v1/interventions/{id}", content: null, InProcessEngine.Secret)).Problem, Is.EqualTo((409, "not_scheduled")));
        var listed = (await Engine.GetAsync($"/v1/interventions/{id}")).Json.GetProperty("items")[0];
        Assert.That((listed.GetProperty("state").GetString(), listed.GetProperty("reason").GetString()), Is.EqualTo(("withheld", "cancelled")));
    }

    [Test]
    public async Task Items_of_a_batch_succeed_or_fail_independently()
    {
        var answer = await Engine.PostAsync("/v1/interventions/schedule",
            $$"""{"campaign":"{{_campaign}}","at":"{{TimeProvider.System.GetUtcNow().AddHours(1):O}}","items":[{"cartId":"m2"},{"cartId":"none"},{"cartId":"m3","campaign":"none"},{"cartId":"m3"}]}""");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Body);
        Assert.That(answer.Json.GetProperty("items").EnumerateArray().Select(item => item.TryGetProperty("code", out var code) ? code.GetString()
            : item.GetProperty("intervention").GetProperty("state").GetString()), Is.EqualTo(new[] { "scheduled", "cart_not_found", "campaign_unknown", "scheduled" }));
    }

    [TestCase("/v1/interventions", """{"cartId":"m4"}""", "campaign: expected the name of a campaign.")]
    [TestCase("/v1/interventions", """{"campaign":"x"}""", "cartId: expected 1 to 256 bytes of UTF-8, or the masked id of a cart.")]
    [TestCase("/v1/interventions", """{"cartId":"m4","campaign":"x","key":""}""", "key: expected 1 to 128 characters.")]
    [TestCase("/v1/interventions", """{"cartId":"m4","campaign":"x","at":"2999-01-01T00:00:00Z"}""", "at: expected a time at most 90 days ahead.")]
    [TestCase("/v1/interventions/batch", """{"items":[]}""", "items: expected 1 to 500, got 0.")]
    [TestCase("/v1/interventions/schedule", """{"items":[{"cartId":"m4","campaign":"x"}]}""", "items[0].at: expected a time, or `at` for all of them.")]
    public async Task A_bad_request_says_what_to_do(string path, string body, string detail)
    {
        var answer = await Engine.PostAsync(path, body);
        Assert.That((answer.Problem, answer.Json.GetProperty("detail").GetString()), Is.EqualTo(((400, "out_of_range"), detail)));
    }

    [Test]
    public async Task What_is_not_there_is_not_found()
    {
        Assert.That((await Engine.PostAsync("/v1/interventions", $$"""{"cartId":"none","campaign":"{{_campaign}}"}""")).Problem, Is.EqualTo((404, "cart_not_found")));
        Assert.That((await Engine.PostAsync("/v1/interventions", """{"cartId":"m4","campaign":"none"}""")).Problem, Is.EqualTo((404, "campaign_unknown")));
        Assert.That((await Engine.AskAsync(HttpMethod.Put, "/v1/interventions/iv_1", Json("""{"offer":"reminder"}"""), InProcessEngine.Secret)).Problem, Is.EqualTo((404, "intervention_unknown")));
        Assert.That((await Engine.PostAsync("/v1/interventions", $$"""{"cartId":"m4","campaign":"{{_campaign}}"}""", InProcessEngine.Publishable)).Problem.Status, Is.EqualTo(403));
    }

    static StringContent Json(string body) => new(body, System.Text.Encoding.UTF8, "application/json");
}
