using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline;

public sealed class PartitionSetTests
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(7)]
    public void Carts_are_distributed_evenly(int count)
    {
        using var set = Open(count);
        const int Keys = 20_000;
        var shares = new int[count];
        for (var i = 0; i < Keys; i++)
        {
            shares[set.IndexOf(EventReading.KeyOf($"cart {i}"))]++;
        }

        Assert.That(shares, Is.All.InRange(Keys / count * 0.9, Keys / count * 1.1));
        Assert.That((set.IndexOf(new Hash128(5, 0)), set.IndexOf(new Hash128(5, ulong.MaxValue))), Is.EqualTo((0, count - 1)));
    }

    [Test]
    public void At_least_one_partition_is_required() => Assert.That(() => Open(0), Throws.InstanceOf<ArgumentOutOfRangeException>());

    // Through the worker threads, from four concurrent sources.
    [TestCase(3, 1)]
    [TestCase(3, 3)]
    [TestCase(7, 2)]
    public async Task Everything_submitted_is_processed_before_stopping(int partitions, int workers)
    {
        const int Sources = 4, Events = 3000, Carts = 50;
        using var set = Open(partitions, workers);
        set.Start();
        var routers = await Task.WhenAll(Enumerable.Range(0, Sources).Select(number => Task.Run(async () =>
        {
            var source = new RecordingSource();
            var router = new EventRouter(set, EventReading.AnyTime(), 2500, Protocol.Tcp, new IngestCounters(), source, source);
            source.WhenProcessed = (partition, upTo) => router.Progress.Complete(partition, upTo);
            router.BeginRead();
            for (var i = 0; i < Events; i++)
            {
                router.RouteJson((Add("p1", 1) with { Id = $"{number}-{i}", Cart = $"c{i % Carts}" }).ToUtf8());
                if (i % 10 == 0)
                {
                    await router.SubmitAsync(default);
                }
            }

            await router.SubmitAsync(default);
            return router;
        }))).WaitAsync(TimeSpan.FromMinutes(1));

        for (var i = 0; i < Carts; i++)
        {
            var cart = await set.FindAsync(EventReading.KeyOf($"c{i}"), default).WaitAsync(Eventually.Deadline);
            Assert.That(cart?.ItemCount, Is.EqualTo(Sources * Events / Carts));
        }

        set.Stop();
        Assert.That(Enumerable.Range(0, partitions).Sum(i => set[i].Counters.Processed), Is.EqualTo(Sources * Events));
        Assert.That(routers.Select(router => router.Progress.UpTo), Is.All.EqualTo(Events));
        Assert.That(Enumerable.Range(0, partitions).Select(i => set[i].Fault), Is.All.Null);
    }

    static PartitionSet Open(int count, int? workers = null) =>
        new(count, TestStages.Options([]), new ManualTime(EventReading.Now), TimeSpan.Zero, workers);
}
