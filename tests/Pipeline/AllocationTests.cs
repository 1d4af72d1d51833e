using System.Text;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.MessagePack;

namespace CartRecovery.Tests.Pipeline;

/// <summary>Enforces the hot path's rule: processing an event allocates nothing.</summary>
[Category("Allocation")]
public sealed class AllocationTests
{
    const int Carts = 500;
    const int EventsAMessage = 50;

    [Test]
    public void A_batch_from_message_to_decision_allocates_nothing(
        [Values(1, 3)] int partitions, [Values(1, 64, 256)] int batchRows, [Values] bool messagePack, [Values] bool servesMany)
    {
        // Campaigns of every kind whose conditions are evaluated and do not hold.
        var never = new ConditionConfig { Feature = "cart_value", Above = 1e9 };
        var options = TestStages.Options(
            [
                TestStages.OnEvent("event", "add_to_cart", never), TestStages.OnScore("score", above: 0, below: null, never),
                TestStages.OnIdle("idle", Duration.FromSeconds(30), never), TestStages.OnIdle("longer", Duration.FromMinutes(2), never),
                TestStages.OnScore("unlikely", above: 1),
                Asking("asking", model: "uplift"),
            ],
            batchRows: batchRows, serving: servesMany ? Many() : null);
        using var pipeline = new PipelineFixture(options, partitions, receivedAt: 0);
        var messages = Messages(rounds: 120).Select(json => messagePack ? Packer.Json(json) : Encoding.UTF8.GetBytes(json)).ToArray();

        var receivedAt = EventReading.Now;

        // The first three quarters warm up code, carts, timers and buffers.
        var warm = messages.Length * 3 / 4;
        foreach (var message in messages.AsSpan(0, warm))
        {
            Play(message);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var message in messages.AsSpan(warm))
        {
            Play(message);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(pipeline.Rejected, Is.Empty);
        Assert.That(pipeline.Counters.Sum(c => c.Carts), Is.EqualTo(Carts));
        Assert.That(pipeline.Counters.Sum(c => c.Predictions), Is.EqualTo(messages.Length * EventsAMessage));
        Assert.That(allocated, Is.Zero, $"{(double)allocated / ((messages.Length - warm) * EventsAMessage):0.##} bytes per event");

        void Play(byte[] message)
        {
            pipeline.ReceiveAt(receivedAt += EventsAMessage * 20);
            if (messagePack)
            {
                pipeline.Router.RouteMessagePack(message);
            }
            else
            {
                pipeline.Router.RouteJson(message);
            }

            if (pipeline.Process() != EventsAMessage)
            {
                throw new InvalidOperationException("An event was lost.");
            }

            pipeline.Decide();
        }
    }

    // A canary that decides for half of the carts, a shadow, and a model that a campaign asks for.
    static ServingPlan Many()
    {
        var model = TestStages.Model;
        return new ServingPlan(
            new ServedModel(model, ServingPlan.ChampionAlias), new CanaryModel(new ServedModel(model, ServingPlan.CanaryAlias, "purchase@next"), percent: 50),
            [new ShadowModel(new ServedModel(model, ServingPlan.ShadowAlias, "purchase@shadow"), rate: 0.2)],
            [new ServedModel(model, "uplift")]);
    }

    static CampaignConfig Asking(string name, string model)
    {
        var campaign = TestStages.OnScore(name, above: 1);
        campaign.Trigger.Score!.Model = model;
        return campaign;
    }

    // Shoppers view, add, remove and buy, signed in or not, to exercise lines, sessions, histories and timers.
    static IEnumerable<string> Messages(int rounds)
    {
        var random = new Random(1);
        var at = EventReading.Now;
        string[] types = ["page_view", "view_item", "view_item", "add_to_cart", "remove_from_cart", "begin_checkout", "coupon_applied", "purchase"];
        for (var message = 0; message < rounds * Carts / EventsAMessage; message++)
        {
            yield return TestEvent.Array(Enumerable.Range(0, EventsAMessage).Select(i =>
            {
                var cart = ((message * EventsAMessage) + i) % Carts;
                return new TestEvent(types[random.Next(types.Length)], at += 20)
                {
                    Id = $"e{message}-{i}",
                    Cart = $"cart {cart}",
                    User = cart % 2 == 0 ? $"user {cart}" : null,
                    Session = cart % 3 == 0 ? null : $"session {cart} {message / 1000}",
                    Product = $"p{random.Next(20)}",
                    Price = random.Next(100, 10_000) / 100m,
                    Quantity = random.Next(1, 4),
                    Device = cart % 2 == 0 ? "mobile" : "desktop",
                    Source = "email",
                };
            }));
        }
    }
}
