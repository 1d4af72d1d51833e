using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Delivery;
using CartRecovery.Plugins.TestKit;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting;

/// <summary>A reload that replaces a sink which cannot deliver.</summary>
[Parallelizable]
public sealed class SinkReloadTests
{
    const int Carts = 12;

    [Test]
    public async Task What_waits_for_a_replaced_sink_goes_to_the_one_after_it_once()
    {
        await using var hangs = new HttpReceiver(Settings);
        await using var hangsToo = new HttpReceiver(Settings);
        await using var works = new HttpReceiver(Settings);
        await hangs.SetAsync(ReceiverBehaviour.Hang);
        await hangsToo.SetAsync(ReceiverBehaviour.Hang);
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Sinks["hook"] = HookTo(hangs);
            var campaign = InProcessEngine.Answering("add_to_cart", "for {{ cart_id }}.");
            campaign.Channel = "hook";
            config.Decisions.Campaigns.Add(campaign);
        });
        for (var cart = 0; cart < Carts; cart++)
        {
            await engine.PostAsync("/v1/events", EventJson.Of($"cart{cart:00}", "add_to_cart", ",\"productId\":\"p1\",\"price\":5"));
        }

        await Eventually.Is(() => engine.Host.Sinks.Runners[0].FreeCapacity == 0 && hangs.Opened > 0, "the queue is full");
        var former = engine.Host.Sinks.Runners[0];
        engine.Reload(config => config.Sinks["hook"] = HookTo(hangsToo));
        await Eventually.Is(() => engine.Host.Sinks.Runners[0].FreeCapacity == 0 && hangsToo.Opened > 0, "the next queue is full too");
        await Eventually.Is(() => former.Total(FinalOutcome.Kept) == 4, "what the first gave up waits for room in the second's queue");
        engine.Reload(config => config.Sinks["hook"] = HookTo(works));

        await Eventually.Is(() => works.Received.Count >= Carts, () => $"all are delivered, not {works.Received.Count}");
        var delivered = works.Received.Select(request => Enumerable.Range(0, Carts).Single(cart => request.Contains($"for cart{cart:00}.", StringComparison.Ordinal)));
        Assert.That(delivered, Is.EquivalentTo(Enumerable.Range(0, Carts)), "each once");
        await Eventually.Is(() => engine.Host.Sinks.Runners[0].Total(FinalOutcome.Delivered) == Carts, "each counts once");
        Assert.That(engine.Host.Sinks.Runners[0].Total(FinalOutcome.Kept), Is.GreaterThanOrEqualTo(4), "the counters of a sink go on");
    }

    static Dictionary<string, OptionValue> Settings(string url) => new() { ["url"] = new(url), ["secret"] = new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") };

    static SinkConfig HookTo(HttpReceiver receiver)
    {
        var sink = new SinkConfig { Type = "webhook", Batch = 1, BatchAge = Duration.FromMilliseconds(0), MaxInFlight = 1, Queue = 3, Timeout = Duration.FromMinutes(5) };
        foreach (var (name, value) in receiver.Settings)
        {
            sink.SetOption(name, value);
        }

        return sink;
    }
}
