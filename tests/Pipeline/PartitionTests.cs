using System.Threading.Channels;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline;

public sealed class PartitionTests
{
    readonly RecordingConsumer _consumer = new();
    readonly RecordingSource _source = new() { ConnectionId = 7 };
    ManualTime _time = null!;

    [SetUp]
    public void SetClocks()
    {
        _time = new ManualTime(Start);
        _source.Processed.Clear();
        _source.WhenProcessed = null;
    }

    [Test]
    public async Task A_lookup_is_answered_after_earlier_work()
    {
        using var set = Open();
        var partition = set[0];
        set.Start();
        for (var i = 1; i <= 50; i++)
        {
            partition.Inbox.TryEnqueue(Slab(upTo: i, Of("page_view")));
            var cart = await partition.FindAsync(EventReading.KeyOf("c1"), default).WaitAsync(Eventually.Deadline);
            Assert.That(cart?.EventCount, Is.EqualTo(i));
        }

        Assert.That(await partition.FindAsync(EventReading.KeyOf("nobody's"), default).WaitAsync(Eventually.Deadline), Is.Null);
    }

    [Test]
    public async Task A_partial_batch_waits_until_its_maximum_age()
    {
        using var set = Open(maxAge: TimeSpan.FromMilliseconds(10));
        var partition = set[0];
        var latency = new MetricRegistry().Histogram("latency_seconds", "Received to decided.");
        partition.Counters.Latency = latency;
        set.Start();
        partition.Inbox.TryEnqueue(Slab(upTo: 1, Of("page_view")));
        partition.Inbox.TryEnqueue(Slab(upTo: 2, Of("page_view")));
        var cart = await partition.FindAsync(EventReading.KeyOf("c1"), default).WaitAsync(Eventually.Deadline);
        Assert.That((cart?.EventCount, partition.Counters.Runs, partition.Counters.Processed, _source.Processed.Count), Is.EqualTo(((uint?)2, 0, 0, 0)));

        _time.Advance(TimeSpan.FromMilliseconds(10));
        await Eventually.Is(() => _source.Processed.Count == 2, "both slabs are processed");
        Assert.That((partition.Counters.Runs, partition.Counters.Predictions, partition.Counters.Processed), Is.EqualTo((1, 2, 2)));
        Assert.That((latency.Count, latency.Sum), Is.EqualTo((2, 0.02)));
    }

    [Test]
    public async Task A_full_batch_does_not_wait()
    {
        using var set = Open(maxAge: TimeSpan.FromMilliseconds(10), batchRows: 4);
        var partition = set[0];
        set.Start();
        for (var i = 1; i <= 4; i++)
        {
            partition.Inbox.TryEnqueue(Slab(upTo: i, Of("page_view")));
        }

        await Eventually.Is(() => _source.Processed.Count == 4, "the batch is processed");
        Assert.That(partition.Counters.Processed, Is.EqualTo(4));
    }

    [Test]
    public async Task A_source_is_notified_in_order_after_the_count()
    {
        using var set = Open();
        var partition = set[0];
        long counted = 0;
        _source.WhenProcessed = (_, upTo) => counted += partition.Counters.Processed >= upTo ? 1 : 0;
        set.Start();
        for (var i = 1; i <= 100; i++)
        {
            partition.Inbox.TryEnqueue(Slab(upTo: i, Of("page_view")));
        }

        await Eventually.Is(() => _source.Processed.Count == 100, "all slabs are processed");

        Assert.That(_source.Processed, Is.EqualTo(Enumerable.Range(1, 100).Select(i => (0, (long)i))));
        Assert.That(counted, Is.EqualTo(100));
    }

    [Test]
    public async Task Stopping_drains_the_inbox()
    {
        using var set = Open(maxAge: TimeSpan.FromHours(1));
        var partition = set[0];
        for (var i = 1; i <= 200; i++)
        {
            partition.Inbox.TryEnqueue(Slab(upTo: i, Add("p1", 1)));
        }

        var lookup = partition.FindAsync(EventReading.KeyOf("c1"), default);
        set.Start();
        set.Stop();

        Assert.That((await lookup)?.ItemCount, Is.EqualTo(200));
        Assert.That((partition.Counters.Processed, _source.Processed.Count, partition.Fault), Is.EqualTo((200, 200, (Exception?)null)));
        Assert.That(partition.Inbox.TryEnqueue(Slab(upTo: 201, Of("page_view"))), Is.False);
        Assert.That(async () => await partition.FindAsync(EventReading.KeyOf("c1"), default), Throws.InstanceOf<ChannelClosedException>());
        set.Stop();
    }

    [Test]
    public async Task Slabs_return_to_the_pool()
    {
        using var set = Open();
        var partition = set[0];
        set.Start();
        var slab = Slab(upTo: 1, Of("page_view"));
        partition.Inbox.TryEnqueue(slab);
        await Eventually.Is(() => _source.Processed.Count == 1, "the slab is processed");
        set.Stop();
        Assert.That(set.Slabs.Rent(), Is.SameAs(slab));
        Assert.That(slab.Count, Is.Zero);
    }

    [Test]
    public async Task A_cart_goes_idle_without_further_events()
    {
        using var set = Open(TestStages.OnIdle("left", Duration.FromMinutes(20)));
        var partition = set[0];
        var taken = _consumer.Taken.Count;
        set.Start();
        partition.Inbox.TryEnqueue(Slab(upTo: 1, Of("page_view")));
        await Eventually.Is(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(10));
                return _consumer.Taken.Count > taken;
            },
            "the cart is idle");
        var (intervention, connection) = _consumer.Taken[^1];
        Assert.That((intervention.Campaign, intervention.DecidedAt.ToUnixTimeMilliseconds(), connection), Is.EqualTo(("left", Start + 20 * Minute, 7L)));
    }

    [Test]
    public async Task A_fault_is_reported_and_releases_all_waiters()
    {
        var fault = new TaskCompletionSource<Exception>();
        using var release = new ManualResetEventSlim();
        using var processed = new ManualResetEventSlim();
        using var set = Open();
        var partition = set[0];
        _source.WhenProcessed = (_, _) =>
        {
            processed.Set();
            release.Wait(Eventually.Deadline);
            throw new InvalidOperationException("The source is broken.");
        };
        partition.OnFault = fault.SetResult;
        set.Start();
        partition.Inbox.TryEnqueue(Slab(upTo: 1, Of("page_view")));
        await Eventually.Is(() => processed.IsSet, "the worker has processed the slab: it takes lookups before");
        var lookup = partition.FindAsync(EventReading.KeyOf("c1"), default);
        release.Set();

        Assert.That((await fault.Task.WaitAsync(Eventually.Deadline)).Message, Is.EqualTo("The source is broken."));
        Assert.That(partition.Fault, Is.SameAs(await fault.Task));
        Assert.That(async () => await lookup.WaitAsync(Eventually.Deadline), Throws.InvalidOperationException);
        Assert.That(partition.Inbox.TryEnqueue(Slab(upTo: 2, Of("page_view"))), Is.False);
        Assert.That(async () => await partition.FindAsync(EventReading.KeyOf("c1"), default), Throws.InstanceOf<ChannelClosedException>());
        set.Stop();
    }

    PartitionSet Open(params CampaignConfig[] campaigns)
    {
        var set = Open(TestStages.Options(campaigns), TimeSpan.Zero);
        _consumer.Attach(set[0].Tail);
        return set;
    }

    PartitionSet Open(TimeSpan maxAge, int batchRows = 256) => Open(TestStages.Options([], batchRows: batchRows), maxAge);

    PartitionSet Open(PipelineOptions options, TimeSpan maxAge)
    {
        var set = new PartitionSet(1, options, _time, maxAge);
        set.Watermark.Raise(Start, Start);
        return set;
    }

    EventSlab Slab(long upTo, params TestEvent[] events)
    {
        var slab = EventReading.Slab(events);
        slab.EndRun(_source, upTo);
        slab.ReceivedAt = _time.GetUtcNow().ToUnixTimeMilliseconds();
        slab.ReceivedTicks = _time.GetTimestamp();
        return slab;
    }
}
