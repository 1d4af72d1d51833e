using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Events;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline;

/// <summary>A cart ends 90 days after its last event, in event time.</summary>
public sealed class CartLifetimeTests
{
    const long Lifetime = 90 * EventReading.Day;

    [Test]
    public void An_event_after_the_end_begins_a_new_cart()
    {
        using var run = new StageRun([]);
        run.Play(Add(Start), Add(Start + Lifetime));
        Assert.That((run.Cart().EventCount, run.Cart().ItemCount), Is.EqualTo((2u, 2)));

        run.Play(Add(Start + (2 * Lifetime) + 1));
        Assert.That((run.Cart().EventCount, run.Cart().ItemCount, run.Cart().FirstAt), Is.EqualTo((1u, 1, Start + (2 * Lifetime) + 1)));
        Assert.That(run.Counters.Carts, Is.EqualTo(2));
    }

    [Test]
    public void A_cart_that_has_ended_is_missing_whether_or_not_it_is_touched()
    {
        using var run = new StageRun([]);
        run.Play(Add(Start));
        run.PassTo(Start + Lifetime);
        Assert.That(run.Stages.Find(EventReading.KeyOf("c1")), Is.Not.Null);
        run.PassTo(Start + Lifetime + 1);
        Assert.That(run.Stages.Find(EventReading.KeyOf("c1")), Is.Null);
    }

    [Test]
    public void A_timer_that_was_due_before_the_end_still_fires_after_a_jump_in_time()
    {
        using var run = new StageRun([TestStages.OnIdle("left", Duration.FromMinutes(3))]);
        run.Play(Add(Start));
        run.PassTo(Start + (2 * Lifetime));
        Assert.That(run.Consumer.Campaigns, Is.EqualTo(["left"]));
    }

    // The same events, compacted at random moments and never: 200 days of carts, many times the memory.
    [TestCase(1)]
    [TestCase(2)]
    public void State_and_decisions_do_not_depend_on_when_compaction_ran(int seed)
    {
        var (never, most) = Play(seed, compacts: false);
        var (often, bytes) = Play(seed, compacts: true);
        Assert.That(often, Is.EqualTo(never));
        Assert.That(never.Count(line => line.EndsWith("missing", StringComparison.Ordinal)), Is.GreaterThan(500));
        Assert.That(bytes, Is.LessThan(most), "compaction must have run");
    }

    static (List<string> State, long Bytes) Play(int seed, bool compacts)
    {
        const int Carts = 6000, Events = 30_000;
        var (random, moments) = (new Random(seed), new Random(-seed));
        var consumer = new RecordingConsumer();
        var options = TestStages.Options([TestStages.OnIdle("left", Duration.FromHours(24))], memory: 1);
        using var stages = new PartitionStages(0, options, new PartitionCounters());
        for (var sent = 0; sent < Events; sent += 200)
        {
            var from = sent;
            var slab = EventReading.Slab(Enumerable.Range(0, 200).Select(i =>
            {
                var day = (from + i) * 200L * EventReading.Day / Events;

                // Shoppers move on: a cart is active for some time, and few return much later.
                var cart = random.Next(20) == 0 ? random.Next(Carts) : ((from / 10) + random.Next(600)) % Carts;
                return new TestEvent("add_to_cart", Start + day) { Id = $"{from + i}", Cart = $"c{cart}", Product = $"p{random.Next(9)}", Price = random.Next(1, 99) };
            }));
            slab.ReceivedAt = slab.Records[slab.Count - 1].Timestamp;
            stages.Process(slab);
            stages.Decide();
            consumer.Take(stages.Decisions);
            for (var step = compacts ? moments.Next(8) : 0; step > 0; step--)
            {
                stages.Compact();
            }
        }

        var state = Enumerable.Range(0, Carts).Select(i => stages.Find(EventReading.KeyOf($"c{i}")) is { } cart
            ? $"c{i} {cart.EventCount} {cart.FirstAt} {cart.LastAt} {cart.Value} {cart.ItemCount} {cart.TimerAt} {cart.IdleDoneAt} {cart.LastInterventionAt}" : $"c{i} missing");
        return ([.. state, .. consumer.Json],
            Directory.EnumerateFiles(options.DataFolder, "carts.*").Sum(file => new FileInfo(file).Length));
    }

    static TestEvent Add(long at) => new("add_to_cart", at) { Product = "p1", Price = 5 };
}
