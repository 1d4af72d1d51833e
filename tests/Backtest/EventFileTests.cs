using System.IO.Compression;
using System.Text;
using CartRecovery.Engine.Backtest;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Learning.Datasets;
using CartRecovery.Tests.Pipeline;

namespace CartRecovery.Tests.Backtest;

/// <summary>Replays a file of events instead of a journal.</summary>
public sealed class EventFileTests
{
    RecordedTraffic _traffic = null!;
    string _path = null!;

    [OneTimeSetUp]
    public async Task Export()
    {
        _traffic = await RecordedTraffic.RecordAsync(quiet: false, eventsARead: 1);
        _path = Write("export.ndjson", _traffic.Export(ExportFormat.Ndjson));
    }

    // One connection, every event received at its own time and no ticks, so the file is equivalent to the journal.
    [TestCase(1)]
    [TestCase(4)]
    public void An_exported_file_replays_to_the_journals_decisions(int lanes)
    {
        var report = Play(_path, lanes);
        var journal = _traffic.Replay();
        Assert.That(report.Decisions, Is.EqualTo(journal.Decisions));
        Assert.That((report.Events, report.Carts, report.Scores.Count, report.Scores.Mean, report.Rejected),
            Is.EqualTo((journal.Events, journal.Carts, journal.Scores.Count, journal.Scores.Mean, 0L)));
        Assert.That(report.Difference, Is.Null);
    }

    [Test]
    public void Gzip_and_any_line_ending_are_accepted()
    {
        var text = File.ReadAllText(_path).ReplaceLineEndings("\r\n\r\n").TrimEnd();
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        Assert.That(Play(Write("export.ndjson.gz", packed.ToArray())).Decisions, Is.EqualTo(Play(_path).Decisions));
    }

    [Test]
    public void Duplicate_events_count_once()
    {
        var lines = File.ReadAllLines(_path);
        var twice = Play(Write("twice.ndjson", Encoding.UTF8.GetBytes(string.Join('\n', lines.SelectMany(l => new[] { l, l })))));
        Assert.That((twice.Events, twice.Rejected), Is.EqualTo(((long)lines.Length, 0L)));
        Assert.That(twice.Decisions, Is.EqualTo(Play(_path).Decisions));
    }

    [Test]
    public void A_range_filters_by_event_time()
    {
        var middle = (RecordedTraffic.Times.First + RecordedTraffic.Times.Last) / 2;
        var before = Play(_path, range: new TimeRange(long.MinValue, middle));
        var after = Play(_path, range: new TimeRange(middle, long.MaxValue));
        Assert.That((before.Events + after.Events, after.EventsBefore), Is.EqualTo(((long)_traffic.Events, before.Events)));
        Assert.That(before.Decisions.Select(d => d.At), Is.All.LessThan(middle));

        // Timers due during inactivity are decided at the next event.
        Assert.That(after.Decisions.Select(d => d.At), Is.All.GreaterThan(ShopLogSample.Events.Last(e => e.At < middle).At));
    }

    [Test]
    public void Unusable_events_are_counted_and_the_first_is_reported([Values(1, 3)] int lanes)
    {
        var good = new TestEvent("add_to_cart", EventReading.Now) { Id = "e1" };
        var report = Play(Write("mixed.ndjson", Encoding.UTF8.GetBytes(
            $"{good}\n\nno json\n[{good}]\n{{\"id\":\"e2\"}}\n{good with { Id = "e3" }}\n{new string('x', 40_000)}\n{good with { Id = "e4" }}")), lanes);
        Assert.That((report.Events, report.Rejected), Is.EqualTo((3L, 4L)));
        Assert.That(report.FirstRejected, Does.StartWith("line 3: invalid_json: "));
    }

    [TestCase("")]
    [TestCase("\n")]
    [TestCase("a", "a")]
    [TestCase("a\nb\r\nc", "a", "b", "c")]
    [TestCase("a\n\nb\n", "a", "", "b")]
    [TestCase("12345678901234567890\nb", "12345678901", "b")]
    [TestCase("12345678901234567890", "12345678901")]
    public void Lines_are_split_at_any_line_ending(string text, params string[] expected)
    {
        foreach (var chunk in new[] { 1, 3, 100 })
        {
            var reader = new LineReader(new ChunkedStream(Encoding.UTF8.GetBytes(text), chunk), longest: 10);
            var lines = new List<string>();
            while (reader.TryNext(out var line))
            {
                lines.Add(Encoding.UTF8.GetString(line));
            }

            Assert.That(lines, Is.EqualTo(text == "\n" ? [""] : expected), $"{chunk} at a time");
        }
    }

    static ReplayReport Play(string path, int lanes = 1, TimeRange? range = null) => RecordedTraffic.Replay(
        [new EventFileStream(path, ["demo"u8.ToArray()], 32 * 1024, 8 << 20, TimeSpan.FromHours(1))], lanes, range);

    static string Write(string name, byte[] content)
    {
        var path = Path.Combine(TestStages.NewFolder(), name);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Returns at most a fixed number of bytes per read.</summary>
    sealed class ChunkedStream(byte[] content, int chunk) : MemoryStream(content)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, chunk));
    }
}
