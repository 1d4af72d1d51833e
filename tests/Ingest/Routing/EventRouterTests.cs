using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Routing;

public sealed class EventRouterTests
{
    const int MaxBatch = 2500;

    RecordingSource _source = null!;
    IngestCounters _counters = null!;
    PartitionSet _partitions = null!;
    EventRouter _router = null!;

    // No worker runs: slabs stay in the inbox.
    [SetUp]
    public void Open() => Open(partitions: 3, MaxBatch);

    [TearDown]
    public void Close() => _partitions.Dispose();

    [Test]
    public async Task An_event_is_routed_to_its_carts_partition()
    {
        for (var i = 0; i < 100; i++)
        {
            Take(Event(i));
        }

        await _router.SubmitAsync(default);

        var homes = new HashSet<int>();
        for (var partition = 0; partition < 3; partition++)
        {
            foreach (var slab in Slabs(partition))
            {
                Assert.That(slab.Runs.ToArray(), Is.EqualTo(new[] { new SourceRun(_source, slab.Count, 100) }));
                Assert.That(slab.ReceivedAt, Is.EqualTo(EventReading.Now));
                foreach (var e in slab.Records.Take(slab.Count))
                {
                    Assert.That(_partitions.IndexOf(e.Cart), Is.EqualTo(partition));
                }

                if (slab.Count > 0)
                {
                    homes.Add(partition);
                }
            }
        }

        Assert.That(homes, Has.Count.EqualTo(3));
        Assert.That((_router.Received, _counters.ReceivedBy(Protocol.Tcp)), Is.EqualTo((100, 100)));
    }

    [Test]
    public async Task An_invalid_array_element_affects_no_other()
    {
        Take(Event(0));
        Take($$"""[{{Event(1)}}, 7, {{Event(2)}}, {"id":"x"}, [{{Event(3)}}], {{Event(4)}}, {"id":"\ud800","type":"refund","cartId":"c","ts":0}, {{Event(5)}}]""");
        Take(Event(6));
        await _router.SubmitAsync(default);

        Assert.That(_source.Rejected, Is.EqualTo(new[]
        {
            (2L, "invalid_event"), (4L, "missing_field"), (5L, "invalid_event"), (7L, "invalid_utf8"),
        }));
        Assert.That(Ids(), Is.EquivalentTo(new[] { "e0", "e1", "e2", "e4", "e5", "e6" }));
        Assert.That((_router.Received, _counters.ReceivedBy(Protocol.Tcp)), Is.EqualTo((10, 10)));
        Assert.That(_counters.RejectedFor(EventErrorCode.InvalidEvent), Is.EqualTo(2));
    }

    [Test]
    public async Task An_event_over_the_limit_leaves_its_neighbours_intact()
    {
        var large = Event(2).Replace("}", $",\"x\":\"{new string('x', 40_000)}\"}}", StringComparison.Ordinal);
        Take($"[{Event(1)},{large},{Event(3)}]");
        await _router.SubmitAsync(default);

        Assert.That(_source.Rejected, Is.EqualTo(new[] { (1L, "event_too_large") }));
        Assert.That(Ids(), Is.EquivalentTo(new[] { "e1", "e3" }));
    }

    [Test]
    public async Task An_event_nested_too_deeply_leaves_its_neighbours_intact()
    {
        var deep = $"{new string('[', 70)}\"]}}\"{new string(']', 70)}";
        var event2 = Event(2).Replace("}", $",\"x\":{deep}}}", StringComparison.Ordinal);
        Take($"[{Event(1)}, {event2}, {Event(3)}]");
        Take(event2);
        Take($"[{Event(4)}, {event2[..^30]}");
        await _router.SubmitAsync(default);

        Assert.That(_source.Rejected, Is.EqualTo(new[] { (1L, "invalid_event"), (3L, "invalid_event"), (5L, "invalid_json") }));
        Assert.That(Ids(), Is.EquivalentTo(new[] { "e1", "e3", "e4" }));
    }

    [Test]
    public async Task An_event_followed_by_garbage_is_rejected()
    {
        Take(Event(1) + Event(2));
        Take(Event(3) + " x");
        Take(Event(4) + "  \n");
        await _router.SubmitAsync(default);

        Assert.That(_source.Rejected, Is.EqualTo(new[] { (0L, "invalid_json"), (1L, "invalid_json") }));
        Assert.That(Ids(), Is.EqualTo(new[] { "e4" }));
    }

    [TestCase("]")]
    [TestCase(" {}")]
    [TestCase(",")]
    public async Task An_array_followed_by_garbage_is_accepted_and_the_garbage_rejected(string rest)
    {
        Take($"[{Event(1)},{Event(2)}]{rest}");
        await _router.SubmitAsync(default);

        Assert.That(_source.Rejected, Is.EqualTo(new[] { (2L, "invalid_json") }));
        Assert.That(Ids(), Is.EquivalentTo(new[] { "e1", "e2" }));
    }

    [Test]
    public async Task Events_before_the_JSON_breaks_off_are_accepted()
    {
        Take($"[{Event(1)},{Event(2)},{{\"id\":\"e3\",");
        Take(Event(4));
        await _router.SubmitAsync(default);

        Assert.That(_source.Rejected, Is.EqualTo(new[] { (2L, "invalid_json") }));
        Assert.That(Ids(), Is.EquivalentTo(new[] { "e1", "e2", "e4" }));
    }

    [TestCase("")]
    [TestCase("   ")]
    [TestCase("nonsense")]
    [TestCase("{\"id\":")]
    public void Invalid_JSON_is_rejected(string message)
    {
        Take(message);
        Assert.That(_source.Rejected, Is.EqualTo(new[] { (0L, "invalid_json") }));
    }

    [Test]
    public void Invalid_UTF8_is_rejected()
    {
        _router.RouteJson([.. "{\"id\":\""u8, 0xff, .. "\"}"u8]);
        Assert.That(_source.Rejected, Is.EqualTo(new[] { (0L, "invalid_utf8") }));
    }

    [TestCase("[]")]
    [TestCase(" [ ] ")]
    public void An_empty_array_has_no_effect(string message)
    {
        Take(message);
        Assert.That((_source.Rejected.Count, _router.Received), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task A_batch_may_have_as_many_events_as_the_limit()
    {
        Take($"[{string.Join(',', Enumerable.Range(0, MaxBatch).Select(Event))}]");
        await _router.SubmitAsync(default);

        Assert.That(_source.Rejected, Is.Empty);
        Assert.That(Ids(), Has.Count.EqualTo(MaxBatch).And.Unique);
    }

    [Test]
    public async Task A_larger_batch_is_rejected_as_a_whole()
    {
        Take($"[{string.Join(',', Enumerable.Range(0, MaxBatch + 1).Select(Event))}]");
        await _router.SubmitAsync(default);

        Assert.That(_source.Rejected, Is.EqualTo(new[] { (0L, "batch_too_large") }));
        Assert.That(Ids(), Is.Empty);
        Assert.That(_router.Received, Is.EqualTo(1));
    }

    [Test]
    public void A_batch_of_too_many_non_events_ends_at_the_limit()
    {
        Close();
        Open(partitions: 1, maxBatch: 3);
        Take("[1,2,3,4,5]");
        Assert.That(_source.Rejected.Select(r => r.Code),
            Is.EqualTo(new[] { "invalid_event", "invalid_event", "invalid_event", "batch_too_large" }));
    }

    [Test]
    public async Task Customer_events_go_to_every_partition()
    {
        Take(TestEvent.Array(
            Of("purchase", "e1") with { User = "u1", Price = 20, Session = "s1" },
            Of("coupon_applied", "e2") with { User = "u1" },
            Of("refund", "e3") with { User = "u1" },
            Of("page_view", "e4") with { User = "u1" },
            Of("purchase", "e5")));
        await _router.SubmitAsync(default);

        var home = _partitions.IndexOf(EventReading.KeyOf("c1"));
        for (var partition = 0; partition < 3; partition++)
        {
            var slab = Slabs(partition).Single();
            var ids = Enumerable.Range(0, slab.Count).Select(i => Encoding.UTF8.GetString(slab.IdOf(slab.Records[i])));
            Assert.That(ids, Is.EqualTo(partition == home ? new[] { "e1", "e2", "e3", "e4", "e5" } : ["e1", "e2", "e3"]));
            Assert.That(slab.Records.Take(slab.Count).Select(e => (e.Flags & EventFlags.ChangesNoCart) != 0), Is.All.EqualTo(partition != home));
            Assert.That(Encoding.UTF8.GetString(slab.UserOf(slab.Records[0])), Is.EqualTo("u1"));
            Assert.That(slab.Records[0].Price, Is.EqualTo(20 * Money.PerUnit));
            Assert.That(slab.Runs.ToArray().Select(run => run.UpTo), Is.EqualTo(new[] { 5 }));
        }

        Assert.That(_router.Received, Is.EqualTo(5));
    }

    [Test]
    public async Task Submitting_to_a_full_partition_waits_for_room()
    {
        Close();
        Open(partitions: 1, MaxBatch);
        for (var i = 0; i < PartitionSet.InboxCapacity; i++)
        {
            Take(Event(i));
            Assert.That(_router.SubmitAsync(default).IsCompletedSuccessfully, Is.True);
        }

        Take(Event(1000));
        var submit = _router.SubmitAsync(default).AsTask();
        Assert.That(submit.IsCompleted, Is.False);

        Assert.That(_partitions[0].Inbox.TryDequeue(out _), Is.True);
        await submit.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.That(Ids(), Has.Count.EqualTo(PartitionSet.InboxCapacity).And.Contain("e1000").And.Not.Contain("e0"));
    }

    void Open(int partitions, int maxBatch)
    {
        _source = new RecordingSource();
        _counters = new IngestCounters();
        _partitions = new PartitionSet(
            partitions, TestStages.Options([]), new ManualTime(EventReading.Now), TimeSpan.Zero);
        _router = new EventRouter(_partitions, EventReading.Rules(), maxBatch, Protocol.Tcp, _counters, _source, _source);
        _router.BeginRead();
    }

    void Take(string message) => _router.RouteJson(Encoding.UTF8.GetBytes(message));

    static TestEvent Of(string type, string id) => new(type, EventReading.Now) { Id = id };

    static string Event(int number) => new TestEvent("page_view", EventReading.Now) { Id = $"e{number}", Cart = $"c{number}" }.ToString();

    IEnumerable<EventSlab> Slabs(int partition)
    {
        while (_partitions[partition].Inbox.TryDequeue(out var item))
        {
            yield return (EventSlab)item;
        }
    }

    List<string> Ids() => [.. Enumerable.Range(0, _partitions.Count).SelectMany(Slabs)
        .SelectMany(slab => Enumerable.Range(0, slab.Count).Select(i => Encoding.UTF8.GetString(slab.IdOf(slab.Records[i]))))];
}
