using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest;

/// <summary>A device that says when it sent its events may have a wrong clock.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SentAtTests
{
    const long Now = EventReading.Now;
    const long Ahead = 4 * EventReading.Minute;

    readonly DeviceClocks _devices = new();
    readonly IngestCounters _counters = new();
    readonly RecordingSource _source = new();
    PartitionSet _partitions = null!;

    [SetUp]
    public void Open() => _partitions = new PartitionSet(1, TestStages.Options([]), new ManualTime(Now), TimeSpan.Zero);

    [TearDown]
    public void Close() => _partitions.Dispose();

    static IEnumerable<TestCaseData> Doors() =>
        from form in new[]
        {
            """{"sentAt":SENT,"events":[EVENT]}""", """{"events":[EVENT],"sentAt":SENT}""", """{"sentAt":"RFC","batch":[EVENT]}""", """{"batch":[EVENT],"sentAt":SENT.75,"context":{"a":[1]}}""",
            """[EVENT,"sentAt":SENT]""", """EVENT,"sentAt":SENT""", """EVENT,"sentAt":"RFC" """, """EVENT,"sentAt":SENT.5,"x":{"y":[1]}""",
        }
        from isMessagePack in new[] { false, true }
        select new TestCaseData(form, isMessagePack);

    [TestCaseSource(nameof(Doors))]
    public async Task A_fast_clock_is_corrected_at_every_door(string form, bool isMessagePack)
    {
        var router = Router();
        Take(router, form, Now + Ahead - 30_000, Now + Ahead, isMessagePack);

        var e = (await EventsAsync(router)).Single();

        Assert.That((e.Timestamp, e.Flags & EventFlags.Clamped), Is.EqualTo((Now - 30_000, EventFlags.None)));
        Assert.That((router.Corrected, _counters.Corrected, router.Clamped), Is.EqualTo((1, 1, 0)));
        Assert.That(e.MetaLength, Is.Zero.Or.EqualTo("{\"x\":{\"y\":[1]}}".Length), "what was sent is no field of the shop's");
    }

    [TestCase("null")]
    [TestCase("\"yesterday\"")]
    [TestCase("1732095600")]
    [TestCase("0")]
    [TestCase("1e300")]
    [TestCase("true")]
    [TestCase("[1]")]
    [TestCase("{}")]
    public async Task What_is_no_time_of_sending_is_ignored(string sentAt)
    {
        foreach (var isMessagePack in new[] { false, true })
        {
            var router = Router();
            Take(router, $"EVENT,\"sentAt\":{sentAt}", Now - 1000, 0, isMessagePack);
            Take(router, $$"""{"events":[EVENT],"sentAt":{{sentAt}}}""", Now - 1000, 0, isMessagePack);
            Assert.That((await EventsAsync(router)).Select(e => e.Timestamp), Is.EqualTo(new[] { Now - 1000, Now - 1000 }));
            Assert.That((_source.Rejected, router.Corrected), Is.EqualTo((new List<(long, string)>(), 0)));
        }
    }

    [Test]
    public async Task A_time_out_of_range_after_the_correction_is_clamped_and_one_in_range_is_not()
    {
        var router = Router();
        Take(router, """{"sentAt":SENT,"events":[EVENT]}""", Now + (10 * 60 * EventReading.Minute) - 5000, Now + (10 * 60 * EventReading.Minute));
        Take(router, """{"sentAt":SENT,"events":[EVENT]}""", Now - (15 * 60 * EventReading.Minute), Now + (10 * 60 * EventReading.Minute));

        var events = await EventsAsync(router);

        Assert.That(events.Select(e => (e.Timestamp, (e.Flags & EventFlags.Clamped) != 0)), Is.EqualTo(new[] { (Now - 5000, false), (Now - EventReading.Day, true) }));
    }

    [Test]
    public async Task A_device_is_known_again_on_its_next_connection_and_no_event_overtakes_an_earlier_one()
    {
        // The first message was quick, the second slow: as if it came 9 seconds later.
        var first = Router();
        Take(first, """{"sentAt":SENT,"events":[EVENT]}""", Now + Ahead, Now + Ahead);
        var second = Router();
        Take(second, """{"sentAt":SENT,"events":[EVENT]}""", Now + Ahead - 8000, Now + Ahead - 9000);
        var other = Router();
        Take(other, """{"sentAt":SENT,"events":[EVENT]}""", Now - 8000, Now - 9000, session: "of another device");

        Assert.That((await EventsAsync(first))[0].Timestamp, Is.EqualTo(Now));
        Assert.That((await EventsAsync(second))[0].Timestamp, Is.EqualTo(Now - 8000));
        Assert.That((await EventsAsync(other))[0].Timestamp, Is.EqualTo(Now + 1000));
    }

    [Test]
    public async Task A_servers_clock_is_its_connections_own()
    {
        var first = Router(isServer: true);
        Take(first, """{"sentAt":SENT,"events":[EVENT]}""", Now + Ahead, Now + Ahead);
        Take(first, "EVENT", Now + Ahead, 0, session: "another shopper");
        var second = Router(isServer: true);
        Take(second, "EVENT", Now - 1000, 0);

        Assert.That((await EventsAsync(first)).Select(e => e.Timestamp), Is.EqualTo(new[] { Now, Now }));
        Assert.That((await EventsAsync(second))[0].Timestamp, Is.EqualTo(Now - 1000));
    }

    [Test]
    public async Task An_early_event_counts_at_its_receipt_where_no_clock_is_ahead()
    {
        var router = Router(future: 0);
        Take(router, "EVENT", Now + Ahead, 0);
        Take(router, "EVENT", Now, 0);

        Assert.That((await EventsAsync(router)).Select(e => (e.Timestamp, e.Flags & EventFlags.Clamped)), Is.EqualTo(new[] { (Now, EventFlags.None), (Now, EventFlags.None) }));
        Assert.That((router.Corrected, _counters.Corrected, router.Clamped), Is.EqualTo((1, 1, 0)));
    }

    EventRouter Router(bool isServer = false, long future = 5 * EventReading.Minute)
    {
        var router = new EventRouter(_partitions, EventReading.Rules(isServer, future: future) with { CorrectsTimes = true, Devices = _devices }, 100, Protocol.Http, _counters, _source, _source);
        router.BeginRead(Now);
        return router;
    }

    static void Take(EventRouter router, string form, long at, long sentAt, bool isMessagePack = false, string session = "x1")
    {
        // "EVENT" alone, or with further fields, is an event; within brackets it is one as a whole.
        var e = new TestEvent("view_item", at) { Session = session }.ToString()[..^1];
        var rfc = DateTimeOffset.FromUnixTimeMilliseconds(sentAt).ToString("O");
        var text = form.Trim().Replace("RFC", rfc, StringComparison.Ordinal).Replace("SENT", sentAt.ToString(), StringComparison.Ordinal);
        text = text.StartsWith("[EVENT,", StringComparison.Ordinal) ? text.Replace("EVENT", e, StringComparison.Ordinal).Replace("]", "}]", StringComparison.Ordinal)
            : text.StartsWith("EVENT", StringComparison.Ordinal) ? text.Replace("EVENT", e, StringComparison.Ordinal) + "}" : text.Replace("EVENT", e + "}", StringComparison.Ordinal);
        var json = Encoding.UTF8.GetBytes(text);
        if (isMessagePack)
        {
            router.RouteMessagePack(JsonToMessagePack(json));
        }
        else
        {
            router.RouteJson(json);
        }
    }

    static byte[] JsonToMessagePack(byte[] json) => Engine.Events.MessagePack.JsonToMessagePack.Convert(json);

    async Task<List<EventRecord>> EventsAsync(EventRouter router)
    {
        await router.SubmitAsync(default);
        var events = new List<EventRecord>();
        while (_partitions[0].Inbox.TryDequeue(out var item))
        {
            events.AddRange(((EventSlab)item).Records.Take(((EventSlab)item).Count));
        }

        return events;
    }
}
