using System.Text;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Routing;

/// <summary>Sources that take turns share slabs, and each event keeps its own source.</summary>
public sealed class SlabFillerTests
{
    PartitionSet _partitions = null!;
    SlabFiller _filler = null!;

    [SetUp]
    public void Open()
    {
        _partitions = new PartitionSet(1, TestStages.Options([]), new ManualTime(EventReading.Now), TimeSpan.Zero);
        _filler = new SlabFiller(_partitions);
        _filler.Begin();
    }

    [TearDown]
    public void Close() => _partitions.Dispose();

    [Test]
    public void Quiet_sources_share_a_slab_and_keep_their_events()
    {
        var (shopper, server) = (Source(), Source());
        var (one, other) = (Router(shopper), Router(server));
        Take(one, 2);
        Take(other, 1);
        Take(one, 1);
        _filler.Submit(isRoundOver: true);

        var slab = Submitted().Single();
        Assert.That(slab.Runs.ToArray(), Is.EqualTo(new[] { new SourceRun(shopper, 2, 2), new SourceRun(server, 3, 1), new SourceRun(shopper, 4, 3) }));
        Assert.That((one.Progress.UpTo, other.Progress.UpTo), Is.EqualTo((0, 0)));
        one.Progress.Complete(0, 3);
        Assert.That((one.Progress.UpTo, other.Progress.UpTo), Is.EqualTo((3, 0)));
    }

    [Test]
    public void Turns_of_a_source_that_is_alone_are_one_run()
    {
        var source = Source();
        var router = Router(source);
        Take(router, 2);
        Take(router, 5);
        _filler.Submit(isRoundOver: true);

        Assert.That(Submitted().Single().Runs.ToArray(), Is.EqualTo(new[] { new SourceRun(source, 7, 7) }));
    }

    [Test]
    public void A_slab_that_fills_within_a_turn_does_not_cover_the_events_after_it()
    {
        var router = Router(Source());
        Take(router, EventSlab.Capacity + 10);
        _filler.Submit(isRoundOver: true);

        Assert.That(Submitted().Select(slab => (slab.Count, slab.Runs[0].UpTo)), Is.EqualTo(new[] { (EventSlab.Capacity, 256L), (10, 266L) }));
    }

    [Test]
    public void A_fuller_slab_does_not_wait_for_the_other_sources_of_the_round()
    {
        var (busy, quiet) = (Router(Source()), Router(Source()));
        Take(quiet, 1);
        _filler.Submit(isRoundOver: false);
        Assert.That(Submitted(), Is.Empty);
        Take(busy, 100);
        _filler.Submit(isRoundOver: false);

        Assert.That(Submitted().Single().Count, Is.EqualTo(101));
    }

    [Test]
    public void A_slab_is_handed_over_once_though_another_partition_has_failed()
    {
        using var partitions = new PartitionSet(2, TestStages.Options([]), new ManualTime(EventReading.Now), TimeSpan.Zero);
        var (filler, source) = (new SlabFiller(partitions), Source());
        filler.Begin();
        var router = new EventRouter(partitions, EventReading.Rules(), 2500, Protocol.Tcp, new IngestCounters(), source, source, filler: filler);
        for (var i = 0; i < EventSlab.Capacity; i++)
        {
            router.RouteJson(Encoding.UTF8.GetBytes(EventJson.Of($"c{i}")));
        }

        router.EndTurn();
        partitions[1].Inbox.Close();
        Assert.That(() => filler.Submit(isRoundOver: true), Throws.InstanceOf<System.Threading.Channels.ChannelClosedException>());
        filler.Submit(isRoundOver: true);

        Assert.That(partitions[0].Inbox.Depth, Is.EqualTo(1));
    }

    static RecordingSource Source() => new();

    EventRouter Router(RecordingSource source) =>
        new(_partitions, EventReading.Rules(), 2500, Protocol.Tcp, new IngestCounters(), source, source, filler: _filler);

    static void Take(EventRouter router, int count)
    {
        for (var i = 0; i < count; i++)
        {
            router.RouteJson(Encoding.UTF8.GetBytes(EventJson.Of("c")));
        }

        router.EndTurn();
    }

    List<EventSlab> Submitted()
    {
        var slabs = new List<EventSlab>();
        while (_partitions[0].Inbox.TryDequeue(out var item))
        {
            slabs.Add((EventSlab)item);
        }

        return slabs;
    }
}
