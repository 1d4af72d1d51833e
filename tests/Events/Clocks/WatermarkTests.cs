using System.Text;
using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Events.Clocks;

public sealed class WatermarkTests
{
    const long Now = EventReading.Now;

    [Test]
    public void The_watermark_never_decreases()
    {
        var watermark = new Watermark();
        Assert.That(watermark.Now, Is.Zero);
        watermark.Raise(7, 0);
        watermark.Raise(5, 0);
        Assert.That(watermark.Now, Is.EqualTo(7));
    }

    [Test]
    public void Concurrent_writers_keep_the_highest()
    {
        var watermark = new Watermark();
        Parallel.For(0, 4, thread =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                watermark.Raise(i * 4 + thread, 0);
            }
        });
        Assert.That(watermark.Now, Is.EqualTo(399_999));
    }

    [Test]
    public void An_events_watermark_never_exceeds_its_arrival()
    {
        using var partitions = Partitions(1);
        var router = RouterTo(partitions);
        router.BeginRead();
        Take(router, Now - 500, Now - 900, Now + 1000, Now - 1);

        Assert.That(Watermarks(router, partitions), Is.EqualTo(new[] { Now - 500, Now - 500, Now, Now }));
    }

    [Test]
    public void The_process_watermark_advances_when_a_read_is_submitted()
    {
        using var partitions = Partitions(1);
        var (first, second) = (RouterTo(partitions), RouterTo(partitions));
        first.BeginRead();
        second.BeginRead();
        Take(first, Now - 100);
        Assert.That(partitions.Watermark.Now, Is.Zero);
        Assert.That(Watermarks(first, partitions), Is.EqualTo(new[] { Now - 100 }));
        Assert.That(partitions.Watermark.Now, Is.EqualTo(Now - 100));

        // A concurrent read does not see the other's watermark yet; its next read does.
        Take(second, Now - 300);
        Assert.That(Watermarks(second, partitions), Is.EqualTo(new[] { Now - 300 }));
        second.BeginRead();
        Take(second, Now - 200);
        Assert.That(Watermarks(second, partitions), Is.EqualTo(new[] { Now - 100 }));
    }

    [Test]
    public void A_replay_supplies_its_own_time_of_arrival()
    {
        using var partitions = Partitions(1);
        var router = RouterTo(partitions);
        router.BeginRead(Now - EventReading.Day);
        Take(router, Now - EventReading.Day + 5);
        Assert.That(router.SubmitAsync(default).IsCompletedSuccessfully, Is.True);

        Assert.That(partitions[0].Inbox.TryDequeue(out var item), Is.True);
        var slab = (EventSlab)item!;
        Assert.That((slab.ReceivedAt, slab.Records[0].Timestamp, slab.Records[0].Watermark),
            Is.EqualTo((Now - EventReading.Day, Now - EventReading.Day + 5, Now - EventReading.Day)));
    }

    [Test]
    public void A_customer_fact_carries_the_watermark_but_no_meta()
    {
        using var partitions = Partitions(2);
        var router = RouterTo(partitions);
        router.BeginRead();
        router.RouteJson(new TestEvent("purchase", Now - 10) { User = "u1", Product = "p1", Price = 5, Device = "mobile" }.ToUtf8());
        Assert.That(router.SubmitAsync(default).IsCompletedSuccessfully, Is.True);

        var home = partitions.IndexOf(EventReading.KeyOf("c1"));
        for (var partition = 0; partition < 2; partition++)
        {
            Assert.That(partitions[partition].Inbox.TryDequeue(out var item), Is.True);
            var slab = (EventSlab)item!;
            ref readonly var e = ref slab.Records[0];
            Assert.That(e.Watermark, Is.EqualTo(Now - 10));
            Assert.That(Encoding.UTF8.GetString(slab.ProductOf(e)), Is.EqualTo("p1"));
            Assert.That(Encoding.UTF8.GetString(slab.MetaOf(e)), Is.EqualTo(partition == home ? """{"device":"mobile"}""" : ""));
        }
    }

    static PartitionSet Partitions(int count) =>
        new(count, TestStages.Options([]), new ManualTime(Now), TimeSpan.Zero);

    static EventRouter RouterTo(PartitionSet partitions)
    {
        var source = new RecordingSource();
        return new EventRouter(partitions, EventReading.Rules(), 2500, Protocol.Tcp, new IngestCounters(), source, source);
    }

    static void Take(EventRouter router, params long[] times) =>
        router.RouteJson(Encoding.UTF8.GetBytes(TestEvent.Array(times.Select(time => new TestEvent("page_view", time)))));

    static long[] Watermarks(EventRouter router, PartitionSet partitions)
    {
        Assert.That(router.SubmitAsync(default).IsCompletedSuccessfully, Is.True);
        Assert.That(partitions[0].Inbox.TryDequeue(out var item), Is.True);
        var slab = (EventSlab)item!;
        return [.. slab.Records.Take(slab.Count).Select(e => e.Watermark)];
    }
}
