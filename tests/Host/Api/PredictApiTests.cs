using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

[TestFixture]
sealed class PredictApiTests : EngineFixture
{
    [Test]
    public async Task A_cart_and_its_features_give_the_same_probability()
    {
        var cart = EventJson.NewCart();
        await Engine.PostAsync("/v1/events", EventJson.Array(
            EventJson.Of(cart, "view_item", ",\"productId\":\"p\",\"price\":30"), EventJson.Of(cart, "add_to_cart", ",\"productId\":\"p\",\"price\":30"),
            EventJson.Of(cart, "begin_checkout")));
        var byCart = (await Engine.PostAsync("/v1/predict", $"{{\"cartId\":\"{cart}\"}}")).Json;
        var all = (await Engine.FeaturesAsync(cart))!.Value;
        var byFeatures = (await Engine.PostAsync("/v1/predict", $"{{\"features\":{all.GetRawText()}}}")).Json;

        Assert.That(Probability(byCart), Is.InRange(0, 1).And.EqualTo(Probability(byFeatures)));
        Assert.That(byCart.GetProperty("cartId").GetString(), Is.EqualTo(cart));
        Assert.That(byFeatures.TryGetProperty("cartId", out _), Is.False);
        Assert.That(byCart.GetProperty("modelVersion").GetString(), Is.EqualTo(Engine.Host.Model.Id));
        Assert.That(byCart.GetProperty("reasons").GetArrayLength(), Is.InRange(1, 3));
        Assert.That(byCart.GetProperty("features").EnumerateObject().Select(f => f.Name), Is.EqualTo(Engine.Host.Model.Features));
        Assert.That(byCart.GetProperty("features").GetRawText(), Is.EqualTo(byFeatures.GetProperty("features").GetRawText()));
    }

    [Test]
    public async Task Omitted_features_take_the_baseline()
    {
        var nothing = (await Engine.PostAsync("/v1/predict", "{\"features\":{}}")).Json;
        var all = string.Join(',', Engine.Host.Model.Features.Select(f => $"\"{f}\":5"));
        var other = (await Engine.PostAsync("/v1/predict", $"{{\"features\":{{{all}}}}}")).Json;

        Assert.That(nothing.GetProperty("features").EnumerateObject().Select(f => f.Value.GetSingle()), Is.EqualTo(Engine.Host.Model.Baseline.ToArray()));
        Assert.That(nothing.GetProperty("reasons").EnumerateArray().Select(r => r.GetProperty("effect").GetDouble()), Has.All.EqualTo(0));
        Assert.That(Probability(other), Is.Not.EqualTo(Probability(nothing)));
    }

    [TestCase("", "invalid_json")]
    [TestCase("hello", "invalid_json")]
    [TestCase("{\"cartId\":\"c\"", "invalid_json")]
    [TestCase("[]", "missing_field")]
    [TestCase("{}", "missing_field")]
    [TestCase("{\"cartId\":7}", "missing_field")]
    [TestCase("{\"features\":[1]}", "missing_field")]
    [TestCase("{\"features\":{\"shoe_size\":44}}", "unknown_feature")]
    [TestCase("{\"features\":{\"adds\":\"3\"}}", "wrong_type")]
    [TestCase("{\"features\":{\"adds\":null}}", "wrong_type")]
    [TestCase("{\"features\":{\"adds\":1e999}}", "out_of_range")]
    [TestCase("{\"features\":{\"adds\":-1e39}}", "out_of_range")]
    [TestCase("{\"cartId\":\"\\ud83d\"}", "invalid_utf8")]
    [TestCase("{\"features\":{\"\\ud83d\":1}}", "invalid_utf8")]
    public async Task An_invalid_request_is_explained(string body, string code) =>
        Assert.That((await Engine.PostAsync("/v1/predict", body)).Problem, Is.EqualTo((400, code)));

    [Test]
    public async Task Invalid_UTF8_is_a_problem() => Assert.That(
        (await Engine.PostAsync("/v1/predict", (byte[])[.. "{\"cartId\":\""u8, 0xff, .. "\"}"u8])).Problem, Is.EqualTo((400, "invalid_utf8")));

    [Test]
    public async Task Predictions_require_a_secret_key_and_an_existing_cart()
    {
        Assert.That((await Engine.PostAsync("/v1/predict", "{\"cartId\":\"nobody\"}")).Problem, Is.EqualTo((404, "cart_not_found")));
        Assert.That((await Engine.PostAsync("/v1/predict", "{\"features\":{}}", "pk_demo")).Problem, Is.EqualTo((403, "secret_key_required")));
        Assert.That((await Engine.PostAsync("/v1/predict", new string(' ', 513 * 1024))).Problem, Is.EqualTo((413, "message_too_large")));
    }

    static float Probability(JsonElement answer) => answer.GetProperty("probability").GetSingle();
}
