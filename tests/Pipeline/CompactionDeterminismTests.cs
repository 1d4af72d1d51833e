using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Timing;
using CartRecovery.Tests.Events;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline;

/// <summary>The same events, compacted at random moments and never: 200 days of carts, many times the memory.</summary>
[Parallelizable]
public sealed class CompactionDeterminismTests
{
    const int Carts = 4000;
    const int Events = 20_000;
    const int EventsASlab = 200;
    const long Hour = EventReading.Day / 24;

    [TestCase(1, Leap.None)]
    [TestCase(2, Leap.Short)]
    [TestCase(3, Leap.Long)]
    public void State_and_decisions_do_not_depend_on_when_compaction_ran(int seed, Leap leap)
    {
        var (never, most, _) = Play(seed, leap, compacts: false);
        var (often, bytes, inLeap) = Play(seed, leap, compacts: true);
        Assert.That(often, Is.EqualTo(never));
        Assert.That(never.Count(line => line.EndsWith("missing", StringComparison.Ordinal)), Is.GreaterThan(Carts / 10).And.LessThan(Carts));
        Assert.That(bytes, Is.LessThan(most * 3 / 4), "compaction must have run");
        Assert.That(inLeap, leap == Leap.Long ? Is.Positive : Is.Not.Positive, "carts that only a wrong clock ended");
    }

    static (List<string> State, long Bytes, int EndedInLeap) Play(int seed, Leap leap, bool compacts)
    {
        var (random, moments) = (new Random(seed), new Random(-seed));
        var consumer = new RecordingConsumer();
        var options = TestStages.Options([TestStages.OnIdle("left", Duration.FromHours(24))], memory: 1);
        using var stages = new PartitionStages(0, options, new PartitionCounters());
        var ended = 0;
        for (var sent = 0; sent < Events; sent += EventsASlab)
        {
            Fold(at => Start + ((sent + at) * 200L * EventReading.Day / Events), sent);
            if (sent == Events / 2 && leap != Leap.None)
            {
                var (now, before) = (stages.Now, Missing(stages));
                LeapAhead(now);
                stages.Tick(new ClockTick(ClockTickKind.SetBack, now + Hour).Encode());
                ended = Missing(stages) - before;
            }
        }

        var state = Enumerable.Range(0, Carts).Select(i => stages.Find(EventReading.KeyOf($"c{i}")) is { } cart
            ? $"c{i} {cart.EventCount} {cart.FirstAt} {cart.LastAt} {cart.LastReceivedAt} {cart.Value} {cart.ItemCount} {cart.TimerAt} {cart.IdleDoneAt} {cart.LastInterventionAt}"
            : $"c{i} missing");
        return ([.. state, .. consumer.Json], Directory.EnumerateFiles(options.DataFolder, "carts.*").Sum(file => new FileInfo(file).Length), ended);

        // The clock is a year ahead, for some hours or for two days.
        void LeapAhead(long now)
        {
            var wrong = now + (365 * EventReading.Day);
            stages.Tick(new ClockTick(ClockTickKind.Hold, wrong + 30_000).Encode());
            for (var i = 0; i < 8; i++)
            {
                var at = wrong + (i * (leap == Leap.Long ? 7 * Hour : Hour / 2));
                Fold(_ => at, Events + (i * EventsASlab));
                stages.Tick(at + 30_000);
                Settle();
            }
        }

        void Fold(Func<int, long> at, int first)
        {
            var slab = EventReading.Slab(Enumerable.Range(0, EventsASlab).Select(i =>
            {
                // Shoppers move on: a cart is active for some time, and few return much later.
                var cart = random.Next(20) == 0 ? random.Next(Carts) : ((first / 10) + random.Next(400)) % Carts;
                return new TestEvent("add_to_cart", at(i)) { Id = $"{first + i}", Cart = $"c{cart}", Product = $"p{random.Next(9)}", Price = random.Next(1, 99) };
            }));
            slab.ReceivedAt = slab.Records[slab.Count - 1].Timestamp;
            stages.Process(slab);
            Settle();
        }

        void Settle()
        {
            stages.Decide();
            consumer.Take(stages.Decisions);
            for (var step = compacts ? moments.Next(8) : 0; step > 0; step--)
            {
                stages.Compact();
            }
        }
    }

    static int Missing(PartitionStages stages) => Enumerable.Range(0, Carts).Count(i => stages.Find(EventReading.KeyOf($"c{i}")) is null);

    /// <summary>How long the server's clock is ahead.</summary>
    public enum Leap
    {
        None,
        Short,
        Long,
    }
}
