using System.Net;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Events;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Journeys;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Security;

/// <summary>A discount code that somebody harvests is worth one order.</summary>
public sealed class DiscountCodeTests
{
    [Test]
    public void Each_message_has_a_code_of_its_own_that_nobody_can_guess()
    {
        using var run = new JourneyFixture([Series(Discount())]);
        for (var i = 0; i < 50; i++)
        {
            run.Decide($"c{i}");
        }

        Assert.That(run.Sent.Select(sent => sent.Code), Is.Unique.And.All.Match("^SAVE-[0-9A-HJKMNP-TV-Z]{10}$"));
        Assert.That(run.Sent.Select(sent => sent.Message), Is.EqualTo(run.Sent.Select(sent => $"take {sent.Code}")));
    }

    [Test]
    public void A_message_that_is_rendered_again_has_the_same_code()
    {
        using var first = new JourneyFixture([Series(Discount())]);
        using var second = new JourneyFixture([Series(Discount())]);
        first.Decide("c1", id: "same");
        second.Decide("c1", id: "same");
        Assert.That(second.Sent[0].Code, Is.EqualTo(first.Sent[0].Code));
    }

    [Test]
    public void A_servers_order_uses_the_code_up_and_a_browsers_does_not()
    {
        using var run = new JourneyFixture([Series(Discount())]);
        run.Decide("c1");
        var code = run.Sent[0].Code!;
        run.Tell(EventType.Purchase, "c1", verified: false, meta: $$"""{"code":"{{code}}"}""");
        Assert.That(run.It.Store.Codes.Find("shop", code)?.UsedAt, Is.Null);
        run.Tell(EventType.Purchase, "c2", meta: $$"""{"code":"{{code}}"}""");
        Assert.That(run.It.Store.Codes.Find("shop", code)?.UsedBy, Is.EqualTo("c2"));
    }

    [Test]
    public async Task A_code_is_redeemed_by_one_cart()
    {
        await using var engine = await InProcessEngine.StartAsync();
        var store = engine.Host.Stores.Stores[0].Id;
        await engine.Host.Journeys.InvokeAsync((journeys, now) =>
        {
            journeys.Store.Codes.Issue(store, "SAVE-1", "iv_1", "c1", 10, now);
            return true;
        });

        Assert.That((await engine.GetAsync("/v1/codes/SAVE-1")).Json.GetProperty("usedAt").ValueKind, Is.EqualTo(System.Text.Json.JsonValueKind.Null));
        var first = await RedeemAsync(engine, "SAVE-1", "c1");
        var again = await RedeemAsync(engine, "SAVE-1", "c1");
        var another = await RedeemAsync(engine, "SAVE-1", "c2");
        var unknown = await RedeemAsync(engine, "SAVE-2", "c1");

        foreach (var body in new[] { "{}", """{"cartId":null}""", """{"cartId":""}""", """{"cart_id":"c1"}""" })
        {
            Assert.That((await engine.PostAsync("/v1/codes/SAVE-1/redeem", body)).Status, Is.EqualTo(HttpStatusCode.BadRequest), body);
        }

        Assert.That((first.Status, again.Status), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
        Assert.That(again.Json.GetProperty("usedAt").GetString(), Is.EqualTo(first.Json.GetProperty("usedAt").GetString()));
        Assert.That((another.Problem, unknown.Problem), Is.EqualTo(((409, "code_used"), (404, "code_unknown"))));
        Assert.That((await engine.GetAsync("/v1/codes/SAVE-1")).Json.GetProperty("usedBy").GetString(), Is.EqualTo("c1"));
    }

    static Task<ApiAnswer> RedeemAsync(InProcessEngine engine, string code, string cart) =>
        engine.PostAsync($"/v1/codes/{code}/redeem", $$"""{"cartId":"{{cart}}"}""");

    static StepConfig Discount() => new()
    {
        Channel = "socket",
        Message = "take {{ offer.code }}",
        Action = new ActionConfig { Type = ActionKind.Discount, Percent = 10, Codes = new DiscountCodesConfig { Prefix = "SAVE-" } },
    };
}
