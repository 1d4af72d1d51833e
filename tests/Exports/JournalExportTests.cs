using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Exports;
using CartRecovery.Engine.Journal;
using CartRecovery.Tests.Backtest;

namespace CartRecovery.Tests.Exports;

/// <summary>Reads the events of recorded journals, from the beginning and from places in between.</summary>
public sealed class JournalExportTests
{
    RecordedTraffic _traffic = null!;
    (string Id, EventPlace Place)[] _all = null!;

    [OneTimeSetUp]
    public async Task Record()
    {
        _traffic = await RecordedTraffic.RecordAsync(quiet: true, eventsARead: 17);
        _all = [.. Read(after: null)];
    }

    [Test]
    public void Every_event_is_read_once()
    {
        Assert.That(_all, Has.Length.EqualTo(_traffic.Events));
        Assert.That(_all.Select(e => e.Id), Is.Unique);
        Assert.That(_all.Select(e => e.Place), Is.Unique);
        Assert.That(_all.Select(e => e.Place.Partition).Distinct(), Is.EqualTo(Enumerable.Range(0, RecordedTraffic.Partitions)));
    }

    [Test]
    public void A_cut_export_goes_on_after_any_event_without_loss_or_doubling()
    {
        // Ends and beginnings of blocks and partitions are among them.
        for (var i = 0; i < _all.Length; i += 97)
        {
            Assert.That(Read(_all[i].Place).Select(e => e.Id), Is.EqualTo(_all.Skip(i + 1).Select(e => e.Id)), $"{_all[i].Place}");
        }

        var blockEnds = _all.Zip(_all.Skip(1)).Where(pair => pair.First.Place.At.Address != pair.Second.Place.At.Address).Select(pair => pair.First.Place).ToArray();
        Assert.That(blockEnds, Is.Not.Empty);
        foreach (var place in blockEnds.Take(20).Append(_all[^1].Place))
        {
            Assert.That(Read(place).Select(e => e.Id).FirstOrDefault(), Is.EqualTo(_all.SkipWhile(e => e.Place != place).Skip(1).FirstOrDefault().Id), $"{place}");
        }
    }

    [Test]
    public void A_place_is_read_as_it_was_written_and_only_for_as_many_partitions()
    {
        var place = new EventPlace(1, new EventPosition(4711, 12), Sequence: 3, WrittenAt: 1_795_167_600_123);
        Assert.That(EventPlace.Parse(place.ToText(2), 2), Is.EqualTo(place));
        foreach (var text in new[] { place.ToText(3), "", "2-1-5-1", "2-2-5-1-1-1", "2-1-x-1-1-1", "2-1-5-9999999999-1-1", "2--1-5-1-1", "2-1-5-1-1-1-1" })
        {
            Assert.That(EventPlace.Parse(text, 2), Is.Null, text);
        }
    }

    [Test]
    public void A_range_selects_events_by_time_received()
    {
        var (first, last) = RecordedTraffic.Times;
        var range = new TimeRange(first, first + ((last - first) / 2));
        var some = Read(after: null, range).ToArray();
        Assert.That(some, Has.Length.InRange(1, _all.Length - 1));
        Assert.That(Read(some[some.Length / 2].Place, range).Select(e => e.Id), Is.EqualTo(some.Skip((some.Length / 2) + 1).Select(e => e.Id)));
    }

    [Test]
    public void A_place_that_the_journal_has_no_more_is_told()
    {
        var export = Export();
        // Each is a search of its own.
        Assert.That(_all.Where((_, i) => i % 16 == 0).Append(_all[^1]).Select(e => export.Has(e.Place)), Is.All.True);
        Assert.That(export.Has(_all[0].Place with { At = new EventPosition(long.MaxValue, 1) }), Is.False);
    }

    [Test]
    public void A_place_of_another_journal_is_told_though_there_is_an_event_at_its_address()
    {
        var place = _all[_all.Length / 3].Place;
        foreach (var other in new[] { place with { Sequence = place.Sequence + 1 }, place with { WrittenAt = place.WrittenAt + 1 } })
        {
            Assert.That(Export().Has(other), Is.False);
            Assert.That(() => Read(other).ToArray(), Throws.InstanceOf<JournalException>().With.Property(nameof(JournalException.Code)).EqualTo(JournalView.Moved), "also if it was asked before");
        }
    }

    JournalExport Export()
    {
        var journals = _traffic.Journals();
        return new JournalExport(journals.Length, i => journals[i], keys: null);
    }

    IEnumerable<(string Id, EventPlace Place)> Read(EventPlace? after, TimeRange? range = null) =>
        Export().Read(store: 0, "demo", range ?? TimeRange.Everything, after, more: 1, default).Select(row => ((string)row.Row[0]!, row.Place));
}
