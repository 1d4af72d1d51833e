using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Exports;
using CartRecovery.Primitives;
using CartRecovery.Tests.Backtest;

namespace CartRecovery.Tests.Exports;

/// <summary>Follows the events of recorded journals.</summary>
public sealed class JournalTapTests
{
    static readonly TapPosition s_begin = new([default, default]);

    RecordedTraffic _traffic = null!;
    JournalView[] _journals = null!;
    (string Id, Hash128 Cart)[] _all = null!;
    EventPlace[] _places = null!;
    long[] _ends = null!;

    [OneTimeSetUp]
    public async Task Record()
    {
        _traffic = await RecordedTraffic.RecordAsync(quiet: true, eventsARead: 17);
        _journals = _traffic.Journals();
        var export = new JournalExport(_journals.Length, i => _journals[i], keys: null);
        _places = [.. export.Read(store: 0, "demo", TimeRange.Everything, after: null, more: 1, default).Select(row => row.Place)];
        _ends = [.. _journals.Select((_, i) => _places.Last(place => place.Partition == i).At.Address + 1)];
        _all = [.. Read(s_begin).Events];
    }

    [Test]
    public void Every_event_is_read_once_and_then_none()
    {
        var (events, next, skipped) = Read(s_begin);
        Assert.That((events.Length, skipped), Is.EqualTo((_traffic.Events, 0)));
        Assert.That(events.Select(e => e.Id), Is.Unique);
        Assert.That(Read(next).Events, Is.Empty);
    }

    [Test]
    public void Reading_goes_on_after_any_event()
    {
        var after = Enumerable.Range(0, _journals.Length).Select(i => _places.Where(place => place.Partition == i).ElementAt(5).At).ToArray();
        Assert.That(Read(new TapPosition(after)).Events, Has.Length.EqualTo(_traffic.Events - (6 * _journals.Length)));
    }

    [Test]
    public void What_exceeds_the_limit_is_skipped_and_said()
    {
        var (events, next, skipped) = Read(s_begin, limit: 10);
        Assert.That(events, Has.Length.EqualTo(10));
        Assert.That(skipped, Is.GreaterThan(0));
        Assert.That(Read(next).Events, Is.Empty, "the present is shown next");
    }

    [Test]
    public void Of_many_bytes_the_newest_are_read()
    {
        // Those of the last page and what is before it in the same page.
        var newest = new JournalTap(_journals.Length, i => _journals[i], i => _ends[i], keys: null) { MaxBytes = 1024 };
        var read = new List<string>();
        var (_, skipped) = newest.Read(0, s_begin, EventType.None, 1, int.MaxValue, (EventSlab slab, in EventRecord e) => read.Add(IdOf(slab, e)), default);
        Assert.That(skipped, Is.GreaterThan(0), string.Join(' ', _ends));
        Assert.That(read, Has.Count.InRange(1, _all.Length - 1));
        Assert.That(read, Is.EqualTo(_all.Zip(_places).Where(e => e.Second.At.Address >= _journals[0].PageOf(_ends[e.Second.Partition] - 1024)).Select(e => e.First.Id)));
    }

    [Test]
    public void A_sample_has_all_events_of_its_carts()
    {
        var half = Read(s_begin, share: 0.5).Events;
        var carts = half.Select(e => e.Cart).ToHashSet();
        Assert.That(half, Is.EqualTo(_all.Where(e => carts.Contains(e.Cart))));
        Assert.That(carts, Has.Count.InRange(_all.Select(e => e.Cart).Distinct().Count() / 4, _all.Select(e => e.Cart).Distinct().Count() * 3 / 4));
    }

    [Test]
    public void Only_a_store_and_a_type_are_read()
    {
        Assert.That(Read(s_begin, store: 1).Events, Is.Empty);
        var purchases = Read(s_begin, type: EventType.Purchase).Events;
        Assert.That(purchases, Has.Length.InRange(1, _all.Length - 1));
    }

    [TestCase("0.0-1f.2", true)]
    [TestCase("0.0", false)]
    [TestCase("0.0-ffffffffffff.0", false)]
    [TestCase("", false)]
    [TestCase("0-0", false)]
    [TestCase("-1.0-0.0", false)]
    [TestCase("0.x-0.0", false)]
    public void A_position_is_of_these_journals_or_none(string text, bool isOne)
    {
        Assert.That(TapPosition.Parse(text) is { } position && Tap().Has(position), Is.EqualTo(isOne));
        if (isOne)
        {
            Assert.That(TapPosition.Parse(text)!.Value.ToText(), Is.EqualTo(text));
        }
    }

    [Test]
    public void The_present_has_nothing_after_it() => Assert.That(Read(Tap().Present()).Events, Is.Empty);

    JournalTap Tap() => new(_journals.Length, i => _journals[i], i => _ends[i], keys: null);

    ((string Id, Hash128 Cart)[] Events, TapPosition Next, long Skipped) Read(
        TapPosition after, int store = 0, EventType type = EventType.None, double share = 1, int limit = int.MaxValue)
    {
        var read = new List<(string, Hash128)>();
        var (next, skipped) = Tap().Read(store, after, type, share, limit, (EventSlab slab, in EventRecord e) => read.Add((IdOf(slab, e), e.Cart)), default);
        return ([.. read], next, skipped);
    }

    static string IdOf(EventSlab slab, in EventRecord e) => System.Text.Encoding.UTF8.GetString(slab.IdOf(e));
}
