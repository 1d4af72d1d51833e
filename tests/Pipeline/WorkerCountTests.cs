using System.Runtime.InteropServices;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline;

/// <summary>Carts, decisions and acknowledgements are independent of the number of workers.</summary>
public sealed class WorkerCountTests
{
    const int Partitions = 7;
    const int Carts = 60;
    const int Waves = 5;
    const int EventsAWave = 400;

    static readonly CampaignConfig[] s_campaigns =
    [
        TestStages.OnEvent("added", "add_to_cart", new ConditionConfig { Feature = "item_views", AtLeast = 2 }),
        TestStages.OnEvent("bought", "purchase"),
        TestStages.OnIdle("left", Duration.FromMinutes(3)),
        TestStages.OnIdle("left-longer", Duration.FromMinutes(15), new ConditionConfig { Feature = "item_views", AtLeast = 4 }),
    ];

    [Test]
    public async Task Seven_partitions_give_the_same_on_one_two_and_seven_workers([Range(1, 8)] int seed)
    {
        var (carts, decisions) = await PlayAsync(seed, workers: Partitions);
        Assert.That(decisions, Has.Length.GreaterThan(Carts).And.Unique);
        foreach (var workers in new[] { 1, 2 })
        {
            var other = await PlayAsync(seed, workers);
            Assert.That(other.Carts, Is.EqualTo(carts));
            Assert.That(other.Decisions, Is.EqualTo(decisions));
        }
    }

    static async Task<(string[] Carts, string[] Decisions)> PlayAsync(int seed, int workers)
    {
        var random = new Random(seed);
        var time = new ManualTime(Start);
        var consumer = new RecordingConsumer();
        using var set = new PartitionSet(
            Partitions, TestStages.Options(s_campaigns, TimeSpan.FromMinutes(5), memory: 1 << 20), time, TimeSpan.Zero, workers);
        for (var i = 0; i < Partitions; i++)
        {
            consumer.Attach(set[i].Tail);
        }

        set.Start();
        var source = new RecordingSource();
        var router = new EventRouter(set, EventReading.AnyTime(), 2500, Protocol.Tcp, new IngestCounters(), source, source);
        source.WhenProcessed = router.Progress.Complete;
        var sent = 0;
        for (var wave = 0; wave <= Waves; wave++)
        {
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            router.BeginRead(now);

            // The last wave only moves the partitions' clocks, so that every timer has fired.
            for (var i = 0; i < (wave < Waves ? EventsAWave : Carts); i++)
            {
                var e = wave < Waves ? Next(random) : Of("page_view") with { Cart = $"last {i}" };
                router.RouteJson((e with { At = now, Id = $"e{++sent}" }).ToUtf8());
                if (random.Next(10) == 0)
                {
                    await router.SubmitAsync(default);
                }
            }

            await router.SubmitAsync(default);
            await set.FlushAsync(default).WaitAsync(Eventually.Deadline);
            time.Advance(TimeSpan.FromMinutes(wave < Waves - 1 ? random.Next(1, 20) : 60));
        }

        var carts = new List<string>();
        for (var i = 0; i < Carts; i++)
        {
            var cart = (await set.FindAsync(EventReading.KeyOf($"c{i}"), default).WaitAsync(Eventually.Deadline)).GetValueOrDefault();
            carts.Add(Convert.ToHexString(MemoryMarshal.AsBytes(new ReadOnlySpan<Engine.State.Carts.CartRecord>(ref cart))));
        }

        set.Stop();
        Assert.That((router.Progress.UpTo, source.Rejected.Count), Is.EqualTo(((long)sent, 0)));
        foreach (var partition in source.Processed.GroupBy(told => told.Partition, told => told.UpTo))
        {
            Assert.That(partition, Is.Ordered, $"acknowledgements of partition {partition.Key}");
        }

        return ([.. carts], [.. consumer.Json.Order(StringComparer.Ordinal)]);
    }

    static TestEvent Next(Random random)
    {
        var product = $"p{random.Next(5)}";
        return (random.Next(8) switch
        {
            0 => Of("purchase"),
            1 => Remove(product, random.Next(1, 3)),
            2 or 3 => Add(product, random.Next(1, 500), random.Next(1, 4)),
            _ => View(product, random.Next(1, 500)),
        }) with
        { Cart = $"c{random.Next(Carts)}", User = random.Next(3) == 0 ? $"u{random.Next(9)}" : null };
    }
}
