using System.Text;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Events.MessagePack;

public sealed class MessagePackRouterTests
{
    const int MaxBatch = 2500;

    RecordingSource _source = null!;
    PartitionSet _partitions = null!;
    EventRouter _router = null!;

    // No worker runs: slabs stay in the inbox.
    [SetUp]
    public void Open()
    {
        _source = new RecordingSource();
        _partitions = new PartitionSet(3, TestStages.Options([]), new ManualTime(EventReading.Now), TimeSpan.Zero);
        _router = new EventRouter(_partitions, EventReading.Rules(), MaxBatch, Protocol.Tcp, new IngestCounters(), _source, _source);
        _router.BeginRead();
    }

    [TearDown]
    public void Close() => _partitions.Dispose();

    [Test]
    public async Task An_invalid_array_element_affects_no_other()
    {
        _router.RouteMessagePack(Event(0));
        _router.RouteMessagePack(Packer.Array(Event(1), [7], Event(2), Packer.Json("""{"id":"x"}"""), Packer.Array(Event(3)), Event(4),
            new Packer().Raw(0x81).Text("id").Text([0xff]).Bytes, Event(5)));
        _router.RouteJson(Encoding.UTF8.GetBytes(new TestEvent("page_view", EventReading.Now) { Id = "e6" }.ToString()));
        await _router.SubmitAsync(default);

        Assert.That(_source.Rejected, Is.EqualTo(new[]
        {
            (2L, "invalid_event"), (4L, "missing_field"), (5L, "invalid_event"), (7L, "invalid_utf8"),
        }));
        Assert.That(Ids(), Is.EquivalentTo(new[] { "e0", "e1", "e2", "e4", "e5", "e6" }));
        Assert.That(_router.Received, Is.EqualTo(10));
    }

    [Test]
    public async Task Events_before_an_arrays_break_are_accepted()
    {
        var whole = Packer.Array(Event(1), Event(2), Event(3));
        _router.RouteMessagePack(whole.AsSpan(0, whole.Length - 1));
        _router.RouteMessagePack([.. new Packer().Array(3).Bytes, .. Event(4), 0xc1, .. Event(5)]);
        _router.RouteMessagePack([0xdd, 0, 0, 0x09, 0xc4, .. Event(6)]);
        await _router.SubmitAsync(default);

        Assert.That(_source.Rejected, Is.EqualTo(new[] { (2L, "invalid_messagepack"), (4L, "invalid_messagepack"), (6L, "invalid_messagepack") }));
        Assert.That(Ids(), Is.EquivalentTo(new[] { "e1", "e2", "e4", "e6" }));
    }

    [Test]
    public async Task Trailing_bytes_reject_an_event_but_not_an_array()
    {
        _router.RouteMessagePack([.. Event(1), .. Event(2)]);
        _router.RouteMessagePack([.. Packer.Array(Event(3), Event(4)), 0xc0]);
        _router.RouteMessagePack([]);
        await _router.SubmitAsync(default);

        Assert.That(_source.Rejected, Is.EqualTo(new[] { (0L, "invalid_messagepack"), (3L, "invalid_messagepack"), (4L, "invalid_messagepack") }));
        Assert.That(Ids(), Is.EquivalentTo(new[] { "e3", "e4" }));
    }

    [Test]
    public void An_empty_array_has_no_effect()
    {
        _router.RouteMessagePack([0x90]);
        _router.RouteMessagePack([0xdc, 0, 0]);
        Assert.That((_source.Rejected.Count, _router.Received), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task A_batch_over_the_limit_is_rejected_as_a_whole()
    {
        _router.RouteMessagePack(Packer.Array(Enumerable.Range(0, MaxBatch).Select(Event)));
        _router.RouteMessagePack(Packer.Array(Enumerable.Range(0, MaxBatch + 1).Select(Event)));
        _router.RouteMessagePack([0xdd, 0xff, 0xff, 0xff, 0xff]);
        await _router.SubmitAsync(default);

        Assert.That(_source.Rejected, Is.EqualTo(new[] { ((long)MaxBatch, "batch_too_large"), (MaxBatch + 1, "batch_too_large") }));
        Assert.That(Ids(), Has.Count.EqualTo(MaxBatch).And.Unique);
    }

    static byte[] Event(int number) => Packer.Json(new TestEvent("page_view", EventReading.Now) { Id = $"e{number}", Cart = $"c{number}" }.ToString());

    List<string> Ids() => [.. Enumerable.Range(0, _partitions.Count).SelectMany(Slabs)
        .SelectMany(slab => Enumerable.Range(0, slab.Count).Select(i => Encoding.UTF8.GetString(slab.IdOf(slab.Records[i]))))];

    IEnumerable<EventSlab> Slabs(int partition)
    {
        while (_partitions[partition].Inbox.TryDequeue(out var item))
        {
            yield return (EventSlab)item;
        }
    }
}
