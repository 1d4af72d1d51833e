using System.Net;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Campaigns;

/// <summary>A draft that names a segment and a template is tried on what a running engine has recorded.</summary>
public sealed class SegmentBacktestTests
{
    [Test]
    public async Task A_backtest_says_which_segments_it_used_and_compares_the_customers_of_now()
    {
        using var scratch = new Scratch();
        await using var engine = await FileEngine.StartAsync(FileEngine.ConfigOf(scratch).WriteTo(scratch));
        using var users = new TestUsers(engine);
        var maker = await users.NewAsync(new Grant("marketer", "shop"));
        Task<ApiAnswer> AskAsync(string method, string path, string? body = null) => engine.AskAsync(
            new HttpMethod(method), path, body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"), key: null, maker, ("X-Store-Id", "shop"));

        foreach (var (user, plan) in new[] { ("ann", "gold"), ("bob", "free"), ("", "") })
        {
            var (cart, whose) = ($"cart-{user}", user.Length == 0 ? "" : $",\"userId\":\"{user}\"");
            var sent = await engine.PostAsync("/v1/events", EventJson.Array(
                EventJson.Of(cart, "identify", $"{whose},\"meta\":{{\"plan\":\"{plan}\"}}"), EventJson.Of(cart, "add_to_cart", $",\"productId\":\"p\",\"price\":50{whose}"),
                EventJson.Of(cart, "begin_checkout", whose)), EngineConfig.SecretKey);
            Assert.That(sent.Status, Is.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.Accepted), sent.Body);
        }

        await AskAsync("PUT", "/v1/segments/gold", """{"conditions":[{"customer":"plan","equals":"silver"}]}""");
        await AskAsync("PUT", "/v1/segments/gold", """{"conditions":[{"customer":"plan","equals":"gold"},{"feature":"cart_value","atLeast":20}]}""");
        Assert.That((await AskAsync("PUT", "/v1/templates/hello", """{"message":"Hello {{ cart.id }}"}""")).Status, Is.EqualTo(HttpStatusCode.Created));
        var made = await AskAsync("POST", "/v1/campaigns",
            """{"name":"tried","campaign":{"trigger":{"event":"begin_checkout"},"segment":"gold","template":"hello","action":{"type":"reminder"},"channel":"socket"}}""");
        Assert.That(made.Status, Is.EqualTo(HttpStatusCode.Created), made.Body);
        var started = await AskAsync("POST", "/v1/campaigns/tried/backtest", """{"from":"1h"}""");
        Assert.That(started.Status, Is.EqualTo(HttpStatusCode.Accepted), started.Body);

        JsonElement backtest = default;
        await Eventually.Is(() =>
        {
            backtest = AskAsync("GET", $"/v1/campaigns/tried/backtests/{started.Json.GetProperty("id")}").GetAwaiter().GetResult().Json;
            return backtest.GetProperty("state").GetString() is not ("waiting" or "running");
        }, "the backtest ends");
        Assert.That(backtest.GetProperty("state").GetString(), Is.EqualTo("succeeded"), backtest.ToString());
        var (result, would) = (backtest.GetProperty("result"), backtest.GetProperty("result").GetProperty("wouldDecide"));
        Assert.That(result.GetProperty("segments").GetRawText(), Is.EqualTo("""[{"key":"gold","number":2,"comparesCustomers":true}]"""));
        Assert.That((would.GetProperty("decisions").GetInt32(), would.GetProperty("series").GetInt32()), Is.EqualTo((3, 1)), would.ToString());
        Assert.That(would.GetProperty("withheld").GetRawText(), Is.EqualTo("""[{"reason":"not_in_segment","count":2}]"""));
    }
}
