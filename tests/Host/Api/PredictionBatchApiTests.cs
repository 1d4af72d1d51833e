using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Predictions and features of many carts, and kept predictions.</summary>
[TestFixture]
sealed class PredictionBatchApiTests : EngineFixture
{
    [Test]
    public async Task A_batch_has_the_scores_of_single_predictions_and_a_code_for_what_cannot_be_scored()
    {
        var (a, b) = (await CartAsync(30), await CartAsync(500));
        var batch = (await Engine.PostAsync("/v1/predict/batch",
            $$$"""{"items":[{"cartId":"{{{a}}}"},{"features":{"item_count":2}},{"cartId":"nobody-{{{a}}}"},{"features":{"itemcount":2}},{"cartId":"{{{b}}}"},{}]}""")).Json;
        var items = batch.GetProperty("items").EnumerateArray().ToArray();

        Assert.That(batch.GetProperty("modelVersion").GetString(), Is.EqualTo(Engine.Host.Model.Id));
        Assert.That(items[0].GetProperty("probability").GetSingle(), Is.EqualTo(await ProbabilityAsync($$"""{"cartId":"{{a}}"}""")));
        Assert.That(items[1].GetProperty("probability").GetSingle(), Is.EqualTo(await ProbabilityAsync("""{"features":{"item_count":2}}""")));
        Assert.That(items[4].GetProperty("probability").GetSingle(), Is.EqualTo(await ProbabilityAsync($$"""{"cartId":"{{b}}"}""")));
        Assert.That(items[4].GetProperty("cartId").GetString(), Is.EqualTo(b));
        Assert.That(items.Select(item => item.TryGetProperty("code", out var code) ? code.GetString() : null),
            Is.EqualTo(new[] { null, null, "cart_not_found", "unknown_feature", null, "missing_field" }));
        Assert.That(items[2].GetProperty("probability").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [TestCase("{}", 400, "missing_field")]
    [TestCase("""{"items":[]}""", 400, "out_of_range")]
    [TestCase("{", 400, "invalid_json")]
    public async Task A_batch_that_is_none_is_refused(string body, int status, string code) =>
        Assert.That((await Engine.PostAsync("/v1/predict/batch", body)).Problem, Is.EqualTo((status, code)));

    [Test]
    public async Task A_batch_is_bounded() =>
        Assert.That((await Engine.PostAsync("/v1/predict/batch", $$"""{"items":[{{string.Join(',', Enumerable.Repeat("{}", 257))}}]}""")).Problem, Is.EqualTo((400, "out_of_range")));

    [Test]
    public async Task A_prediction_is_kept_until_the_cart_has_another_event()
    {
        var cart = await CartAsync(30);
        var first = (await Engine.GetAsync($"/v1/predict/{cart}")).Json;
        var again = (await Engine.GetAsync($"/v1/predict/{cart}")).Json;

        var probability = first.GetProperty("probability").GetSingle();
        Assert.That(again.GetRawText(), Is.EqualTo(first.GetRawText()), "with the same times");
        Assert.That(probability, Is.EqualTo(await ProbabilityAsync($$"""{"cartId":"{{cart}}"}""")));
        Assert.That(first.GetProperty("confidence").GetSingle(), Is.EqualTo(Math.Max(probability, 1 - probability)));
        Assert.That(first.GetProperty("expiresAt").GetDateTime() - first.GetProperty("computedAt").GetDateTime(), Is.EqualTo(TimeSpan.FromMinutes(1)));
        Assert.That(first.GetProperty("reasons").GetArrayLength(), Is.GreaterThan(0));

        await Engine.PostAsync("/v1/events", EventJson.Of(cart, "begin_checkout"));
        var later = (await Engine.GetAsync($"/v1/predict/{cart}")).Json;
        Assert.That(later.GetProperty("computedAt").GetRawText(), Is.Not.EqualTo(first.GetProperty("computedAt").GetRawText()));
        Assert.That(later.GetProperty("features").GetRawText(), Is.Not.EqualTo(first.GetProperty("features").GetRawText()));
        Assert.That((await Engine.GetAsync("/v1/predict/nobody")).Problem, Is.EqualTo((404, "cart_not_found")));
    }

    [Test]
    public async Task Features_are_computed_for_one_cart_and_for_many_all_or_some()
    {
        var (a, b) = (await CartAsync(30), await CartAsync(500));
        var whole = (await Engine.GetAsync($"/v1/features/{a}")).Json;
        Assert.That((await Engine.PostAsync("/v1/features/compute", $$"""{"cartId":"{{a}}"}""")).Json.GetRawText(), Is.EqualTo(whole.GetRawText()));

        var some = (await Engine.PostAsync("/v1/features/batch", $$"""{"cartIds":["{{b}}","nobody","{{a}}"],"features":["cart_value","item_count"]}""")).Json;
        Assert.That(some.GetProperty("missing").GetRawText(), Is.EqualTo("""["nobody"]"""));
        Assert.That(some.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("cartId").GetString()), Is.EqualTo(new[] { b, a }));
        Assert.That(some.GetProperty("items")[0].GetProperty("features").GetRawText(), Is.EqualTo("""{"cart_value":500,"item_count":1}"""));
    }

    [TestCase("compute", "{}", 400, "missing_field")]
    [TestCase("compute", """{"cartId":"nobody"}""", 404, "cart_not_found")]
    [TestCase("compute", """{"cartId":"nobody","features":["cartvalue"]}""", 400, "unknown_feature")]
    [TestCase("batch", """{"cartIds":[]}""", 400, "out_of_range")]
    [TestCase("batch", """{"carts":["a"]}""", 400, "invalid_json")]
    public async Task What_cannot_be_computed_is_refused(string path, string body, int status, string code) =>
        Assert.That((await Engine.PostAsync($"/v1/features/{path}", body)).Problem, Is.EqualTo((status, code)));

    async Task<string> CartAsync(int price)
    {
        var cart = EventJson.NewCart();
        await Engine.PostAsync("/v1/events", EventJson.Array(
            EventJson.Of(cart, "view_item", $",\"productId\":\"p\",\"price\":{price}"), EventJson.Of(cart, "add_to_cart", $",\"productId\":\"p\",\"price\":{price}")));
        return cart;
    }

    async Task<float> ProbabilityAsync(string body) => (await Engine.PostAsync("/v1/predict", body)).Json.GetProperty("probability").GetSingle();
}
