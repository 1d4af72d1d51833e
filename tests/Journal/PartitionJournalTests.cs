using System.Collections.Concurrent;
using System.Text;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Journal;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Journal;

/// <summary>Durable entries are read back whatever happened to the others.</summary>
public sealed class PartitionJournalTests
{
    static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    // Small limits, so that a few entries fill pages and segments.
    static readonly JournalLayout s_layout = new(SegmentSize: 16 * 1024, PageSize: 4096);

    Scratch _scratch = null!;

    [SetUp]
    public void MakeScratch() => _scratch = new Scratch();

    [TearDown]
    public void ClearUp() => _scratch.Dispose();

    [Test]
    public void Entries_are_read_in_the_order_appended([Values(0, 1, 7, 300)] int entries)
    {
        var texts = Texts(entries).ToArray();
        Write(texts);
        Assert.That(Read(out var reader), Is.EqualTo(texts));
        Assert.That(reader.TornBytes, Is.Zero);
    }

    [Test]
    public void A_journal_continues_where_it_ended()
    {
        for (var life = 0; life < 20; life++)
        {
            Write(Texts(life * 3, life));
        }

        Assert.That(Read(out _), Is.EqualTo(Enumerable.Range(0, 20).SelectMany(life => Texts(life * 3, life))));
    }

    [Test]
    public void Durability_is_reported_only_once_reached()
    {
        var durable = new ConcurrentQueue<long>();
        var device = Device();
        using var journal = new PartitionJournal(device, s_layout, 0, 0, 1) { OnDurable = durable.Enqueue };
        var address = journal.Append(EntryKind.Tick, "one"u8, at: 0);
        Assert.That(journal.Durable, Is.LessThan(address));
        Assert.That(journal.WaitUntilDurable(s_deadline, TimeProvider.System), Is.True);
        Assert.That(journal.Durable, Is.EqualTo(address));

        // Reported on the device's thread after waiters are released.
        SpinWait.SpinUntil(() => !durable.IsEmpty, s_deadline);
        Assert.That(durable, Is.EqualTo([address]));
    }

    [Test]
    public void A_truncated_tail_ends_the_journal_and_earlier_entries_remain()
    {
        var texts = Texts(100).ToArray();
        Write(texts);
        File.Delete(Mark);
        var file = Segments()[^1];
        for (var length = new FileInfo(file).Length; length > 0; length -= 97)
        {
            using (var cut = File.OpenHandle(file, FileMode.Open, FileAccess.Write))
            {
                RandomAccess.SetLength(cut, length);
            }

            AssertStart(texts, Read(out _));
        }
    }

    [Test]
    public void What_is_missing_of_a_durable_tail_is_damage_although_nothing_follows()
    {
        var texts = Texts(10).ToArray();
        Write(texts);
        var (file, whole) = (Segments()[^1], File.ReadAllBytes(Segments()[^1]));
        var used = whole.AsSpan().LastIndexOfAnyExcept((byte)0);
        foreach (var (what, bytes) in new[]
        {
            ("cut", whole[..(used - 10)]), ("wiped", [.. whole[..(used - 2000)], .. new byte[whole.Length - used + 2000]]), ("flipped", [.. whole[..used], (byte)(whole[used] ^ 1), .. whole[(used + 1)..]]),
            ("cut to nothing", whole[..4]),
        })
        {
            File.WriteAllBytes(file, bytes);
            Assert.That(Assert.Throws<JournalException>(() => Read(out _), what)!.Code, Is.EqualTo("journal_damaged"), what);
        }

        // What is beyond the mark was never known to be durable.
        File.WriteAllBytes(file, whole);
        Write(Texts(3, seed: 1));
        var mark = File.ReadAllBytes(Mark);
        Write(Texts(1, seed: 2));
        var last = Segments()[^1];
        File.WriteAllBytes(Mark, mark);
        File.WriteAllBytes(last, File.ReadAllBytes(last)[..^(s_layout.PageSize - 20)]);
        Assert.That(Read(out _), Is.EqualTo(texts.Concat(Texts(3, seed: 1))));

        // A mark that is not whole tells nothing.
        File.WriteAllBytes(Mark, [.. mark[..8], 0, 0, 0, 0]);
        Assert.That(Read(out _), Is.EqualTo(texts.Concat(Texts(3, seed: 1))));
    }

    [Test]
    public void Garbage_after_the_tail_is_reported()
    {
        var texts = Texts(10).ToArray();
        Write(texts);
        using var device = Device();
        var before = Reader(device);
        while (before.TryNext(out _)) { }

        using (var stream = new FileStream(Segments()[^1], FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.SetLength(s_layout.OffsetOf(before.End));
            stream.Seek(0, SeekOrigin.End);
            stream.Write(Encoding.UTF8.GetBytes(new string('x', 77)));
        }

        Assert.That(Read(out var reader), Is.EqualTo(texts));
        Assert.That((reader.End, reader.TornBytes), Is.EqualTo((before.End, 77L)));
    }

    [Test]
    public void A_hole_in_the_middle_is_damage([Values(0, 1, 2)] int segment)
    {
        Write(Texts(200).ToArray(), commitEach: true);
        Assert.That(Segments(), Has.Length.GreaterThan(4));
        using (var file = new FileStream(Segments()[segment], FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Seek(1000, SeekOrigin.Begin);
            file.Write(new byte[500]);
        }

        Assert.That(Assert.Throws<JournalException>(() => Read(out _))!.Code, Is.EqualTo("journal_damaged"));
    }

    [Test]
    public void A_missing_segment_is_damage()
    {
        Write(Texts(200).ToArray(), commitEach: true);
        File.Delete(Segments()[1]);
        Assert.That(Assert.Throws<JournalException>(() => Read(out _))!.Code, Is.EqualTo("journal_damaged"));
    }

    [Test]
    public void Segments_that_are_deleted_during_a_read_are_not_taken_for_the_end([Values(1, 40, 100)] int read)
    {
        Write(Texts(200).ToArray(), commitEach: true);
        var view = new JournalView(() => new FileJournalDevice(Path.Combine(_scratch.Folder, "journal"), readOnly: true), s_layout, new JournalStores("demo"u8.ToArray()));
        using var reader = view.Read();
        for (var i = 0; i < read; i++)
        {
            Assert.That(reader.TryNext(out _), Is.True);
        }

        Array.ForEach(Segments()[..^1], File.Delete);
        var moved = Assert.Throws<JournalException>(() =>
        {
            while (reader.TryNext(out _)) { }
        });
        Assert.That(moved!.Code, Is.EqualTo("journal_moved"));
    }

    [Test]
    public void Every_flipped_byte_is_detected()
    {
        var texts = Texts(12).ToArray();
        Write(texts);
        var file = Segments()[0];
        var whole = File.ReadAllBytes(file);
        using var device = Device();
        var end = Reader(device);
        while (end.TryNext(out _)) { }

        for (var at = (int)JournalLayout.FirstAddress; at < end.End; at++)
        {
            var bytes = (byte[])whole.Clone();
            bytes[at] ^= 0x10;
            File.WriteAllBytes(file, bytes);
            string[] read = [];
            try
            {
                read = Read(out _);
            }
            catch (JournalException e)
            {
                Assert.That(e.Code, Is.EqualTo("journal_damaged"));
                continue;
            }

            // A flip in the padding between entries has no effect.
            AssertStart(texts, read);
        }
    }

    [Test]
    public void Segments_before_the_truncation_are_removed()
    {
        var device = Device();
        using (var journal = new PartitionJournal(device, s_layout, 0, 0, 1))
        {
            foreach (var text in Texts(200))
            {
                journal.Append(EntryKind.Tick, Encoding.UTF8.GetBytes(text), at: 0);
            }

            journal.WaitUntilDurable(s_deadline, TimeProvider.System);
            journal.TruncateUntil(2 * s_layout.SegmentSize + 100);
            journal.Append(EntryKind.Tick, "last"u8, at: 0);
            journal.WaitUntilDurable(s_deadline, TimeProvider.System);
            Eventually.Is(() => !File.Exists(device.FileOf(1)), "the segments are removed").GetAwaiter().GetResult();
        }

        Assert.That(Segments().Select(Path.GetFileName).First(), Is.EqualTo("0000000002.journal"));
        var read = Read(out _);
        Assert.That(read, Is.Not.Empty);
        Assert.That(Texts(200).Append("last").TakeLast(read.Length), Is.EqualTo(read));
    }

    static void AssertStart(string[] all, string[] read) => Assert.That(read, Is.EqualTo(all.Take(read.Length)));

    static IEnumerable<string> Texts(int count, int seed = 0)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(i => $"{seed}/{i} {new string((char)('a' + (i % 26)), random.Next(1, 900))}");
    }

    string[] Segments() => [.. Directory.GetFiles(Path.Combine(_scratch.Folder, "journal"), "*.journal").Order(StringComparer.Ordinal)];

    string Mark => Path.Combine(_scratch.Folder, "journal", FileJournalDevice.MarkName);

    FileJournalDevice Device() => new(Path.Combine(_scratch.Folder, "journal"));

    static JournalReader Reader(JournalDevice device) => new(device, s_layout);

    void Write(IEnumerable<string> texts, bool commitEach = false)
    {
        var device = Device();
        var reader = Reader(device);
        while (reader.TryNext(out _)) { }

        using var journal = new PartitionJournal(device, s_layout, reader.Begin, reader.End, Math.Max(1, reader.NextSequence));
        foreach (var text in texts)
        {
            journal.Append(EntryKind.Tick, Encoding.UTF8.GetBytes(text), at: 0);
            if (commitEach)
            {
                journal.WaitUntilDurable(s_deadline, TimeProvider.System);
            }
        }

        Assert.That(journal.WaitUntilDurable(s_deadline, TimeProvider.System), Is.True);
    }

    string[] Read(out JournalReader reader)
    {
        using var device = new FileJournalDevice(Path.Combine(_scratch.Folder, "journal"), readOnly: true);
        reader = Reader(device);
        var texts = new List<string>();
        while (reader.TryNext(out var entry))
        {
            Assert.That(entry.Kind, Is.EqualTo(EntryKind.Tick));
            texts.Add(Encoding.UTF8.GetString(entry.Payload.Span));
        }

        return [.. texts];
    }
}
