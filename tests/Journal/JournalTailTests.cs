using System.Text;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Journal;

/// <summary>Every reader of a journal's tail reads each durable entry once and in order, however far behind it is.</summary>
public sealed class JournalTailTests
{
    static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    // Small limits, so that a few entries fill pages and segments.
    static readonly JournalLayout s_layout = new(SegmentSize: 256 * 1024, PageSize: 64 * 1024);

    Scratch _scratch = null!;

    [SetUp]
    public void MakeScratch() => _scratch = new Scratch();

    [TearDown]
    public void ClearUp() => _scratch.Dispose();

    [Test]
    public void An_entry_is_readable_once_it_is_durable()
    {
        var tail = new JournalTail();
        using var journal = Open(tail);
        var cursor = tail.Open("reader", from: null, EntryKind.Tick);
        journal.Append(EntryKind.Tick, "one"u8, at: 5);
        Assert.That(cursor.TryRead(out _), Is.False);

        journal.WaitUntilDurable(s_deadline, TimeProvider.System);
        Eventually.Is(() => tail.Durable == journal.TailAddress, "the tail knows").GetAwaiter().GetResult();
        Assert.That(cursor.Lag, Is.EqualTo(1));
        Assert.That(cursor.TryRead(out var entry), Is.True);
        Assert.That((Encoding.UTF8.GetString(entry.Payload.Span), entry.At, entry.Sequence), Is.EqualTo(("one", 5L, 1L)));
        Assert.That((cursor.TryRead(out _), cursor.Lag, cursor.Position), Is.EqualTo((false, 0L, journal.TailAddress)));
    }

    // 3 MB pass through 1 MB of memory: whoever reads late reads from the disk, and catches up with memory.
    [TestCase(1)]
    [TestCase(100)]
    [TestCase(100_000)]
    public void A_reader_reads_all_entries_in_order_however_late(int readEvery)
    {
        var tail = new JournalTail();
        using var journal = Open(tail);
        var cursor = tail.Open("reader", from: 0, EntryKind.Decisions);
        var (read, random) = (new List<int>(), new Random(7));
        for (var i = 0; i < 1000; i++)
        {
            Append(journal, EntryKind.Decisions, i, random.Next(1, 6000));
            Append(journal, EntryKind.Events, -1, random.Next(1, 6000));
            if (i % readEvery == 0)
            {
                ReadInto(read, cursor);
            }
        }

        WaitUntilReadable(journal, tail);
        ReadInto(read, cursor);
        Assert.That(read, Is.EqualTo(Enumerable.Range(0, 1000)));
        Assert.That((cursor.Lag, cursor.Lost), Is.EqualTo((0L, 0L)));
    }

    [Test]
    public void Readers_at_different_speeds_do_not_disturb_each_other()
    {
        var tail = new JournalTail();
        using var journal = Open(tail);
        var cursors = Enumerable.Range(1, 5).Select(i => tail.Open($"reader {i}", from: 0, EntryKind.Tick)).ToArray();
        var read = cursors.Select(_ => new List<int>()).ToArray();
        for (var i = 0; i < 2000; i++)
        {
            Append(journal, EntryKind.Tick, i, 1000);
            for (var c = 0; c < cursors.Length; c++)
            {
                if (i % (1 << (2 * c)) == 0)
                {
                    ReadInto(read[c], cursors[c], max: 7);
                }
            }
        }

        WaitUntilReadable(journal, tail);
        for (var c = 0; c < cursors.Length; c++)
        {
            ReadInto(read[c], cursors[c]);
            Assert.That(read[c], Is.EqualTo(Enumerable.Range(0, 2000)), $"reader {c}");
        }
    }

    [Test]
    public void A_reader_beside_the_writer_reads_all_entries()
    {
        const int count = 20_000;
        var tail = new JournalTail();
        using var journal = Open(tail);
        var cursor = tail.Open("reader", from: 0, EntryKind.Tick);
        var read = new List<int>();
        var reading = Task.Run(() =>
        {
            SpinWait.SpinUntil(() =>
            {
                ReadInto(read, cursor);
                return read.Count == count;
            }, s_deadline);
        });
        var random = new Random(3);
        for (var i = 0; i < count; i++)
        {
            Append(journal, EntryKind.Tick, i, random.Next(1, 400));
            if (i % 50 == 0)
            {
                journal.Commit();
            }
        }

        WaitUntilReadable(journal, tail);
        reading.GetAwaiter().GetResult();
        Assert.That(read, Is.EqualTo(Enumerable.Range(0, count)));
    }

    [Test]
    public void A_reader_continues_after_a_restart_where_it_kept_its_position()
    {
        var (position, read) = (0L, new List<int>());
        for (var life = 0; life < 10; life++)
        {
            var tail = new JournalTail();
            using var journal = Open(tail);
            var cursor = tail.Open("reader", position, EntryKind.Tick);
            for (var i = 0; i < 300; i++)
            {
                Append(journal, EntryKind.Tick, (life * 300) + i, 500);
                if (i == 150)
                {
                    WaitUntilReadable(journal, tail);
                    ReadInto(read, cursor, max: 100);
                    position = cursor.Position;
                }
            }

            journal.WaitUntilDurable(s_deadline, TimeProvider.System);
        }

        var last = new JournalTail();
        using var reopened = Open(last);
        ReadInto(read, last.Open("reader", position, EntryKind.Tick));
        Assert.That(read, Is.EqualTo(Enumerable.Range(0, 3000)));
    }

    [Test]
    public void A_name_keeps_its_position_while_no_reader_is_open()
    {
        var file = Path.Combine(_scratch.Folder, "cursors");
        var tail = new JournalTail(file);
        var address = 0L;
        using (var journal = Open(tail))
        {
            Append(journal, EntryKind.Tick, 1, 10);
            WaitUntilReadable(journal, tail);
            using (var cursor = tail.Open("reader", from: null, EntryKind.Tick))
            {
                address = cursor.Position;
                Append(journal, EntryKind.Tick, 2, 10);
                WaitUntilReadable(journal, tail);
                ReadInto([], cursor);
                cursor.Release(address);
            }

            tail.Save();
        }

        var later = new JournalTail(file);
        using var reopened = Open(later);
        Assert.That(later.NeededFrom, Is.EqualTo(address));
        var read = new List<int>();
        ReadInto(read, later.Open("reader", from: null, EntryKind.Tick));
        Assert.That(read, Is.EqualTo(new[] { 2 }), "what was released is not read again, the rest is");

        later.Forget("reader");
        Assert.That(new JournalTail(file).NeededFrom, Is.EqualTo(long.MaxValue));
    }

    [Test]
    public void A_cursor_that_opens_further_on_releases_nothing()
    {
        var tail = new JournalTail(Path.Combine(_scratch.Folder, "cursors"));
        using var journal = Open(tail);
        long before, after;
        using (var cursor = tail.Open("reader", from: null, EntryKind.Tick))
        {
            before = cursor.Position;
            Append(journal, EntryKind.Tick, 1, 10);
            WaitUntilReadable(journal, tail);
            ReadInto([], cursor);
            after = cursor.Position;
        }

        using var again = tail.Open("reader", after, EntryKind.Tick);
        Assert.That((again.Position, tail.NeededFrom), Is.EqualTo((after, before)), "its database may lose that position with the power");
        again.Release(after);
        Assert.That(tail.NeededFrom, Is.EqualTo(after));
    }

    [Test]
    public void A_damaged_file_of_names_is_refused()
    {
        var file = Path.Combine(_scratch.Folder, "cursors");
        File.WriteAllText(file, "twelve reader\n");
        Assert.That(() => new JournalTail(file), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("twelve reader"));
    }

    [Test]
    public void A_reader_that_is_too_far_behind_is_told_what_it_lost_and_goes_on()
    {
        var tail = new JournalTail();
        using var journal = Open(tail);
        var gaps = new List<JournalGap>();
        var cursor = tail.Open("reader", from: 0, EntryKind.Tick);
        cursor.OnLost = gaps.Add;
        for (var i = 0; i < 3000; i++)
        {
            Append(journal, EntryKind.Tick, i, 1000);
        }

        WaitUntilReadable(journal, tail);
        journal.TruncateUntil(4 * s_layout.SegmentSize);
        var read = new List<int>();
        ReadInto(read, cursor);

        Assert.That(gaps, Is.EqualTo(new[] { new JournalGap(0, 4 * s_layout.SegmentSize) }));
        Assert.That(cursor.Lost, Is.EqualTo(4 * s_layout.SegmentSize));
        Assert.That(read, Is.Not.Empty.And.EqualTo(Enumerable.Range(3000 - read.Count, read.Count)));
        Assert.That(read[0], Is.GreaterThan(0));
    }

    [Test]
    public void The_journal_keeps_what_the_slowest_reader_needs_up_to_the_bound()
    {
        var tail = new JournalTail();
        using var device = new FileJournalDevice(Path.Combine(_scratch.Folder, "journal"));
        using var journal = new PartitionJournal(device, s_layout, 0, 0, 1, tail);
        for (var i = 0; i < 3000; i++)
        {
            Append(journal, EntryKind.Tick, i, 1000);
        }

        WaitUntilReadable(journal, tail);
        var segment = s_layout.SegmentSize;
        Assert.That(Until(wanted: long.MaxValue, maxLag: long.MaxValue), Is.GreaterThanOrEqualTo(10 * segment), "no reader: checkpoints alone decide");
        Assert.That(Until(wanted: (3 * segment) + 5, maxLag: long.MaxValue), Is.EqualTo(3 * segment));
        Assert.That(Until(wanted: 0, maxLag: 5 * segment), Is.InRange(6 * segment, 8 * segment), "only what fits in the bound is kept");

        long Until(long wanted, long maxLag) =>
            new JournalRetention(device, s_layout, TimeSpan.Zero, bytes: 0, maxLag, TimeProvider.System).Until(needed: long.MaxValue, wanted);
    }

    [Test]
    public void A_reader_is_woken_by_the_kind_it_asked_for()
    {
        var tail = new JournalTail();
        using var journal = Open(tail);
        var calls = 0;
        var cursor = tail.Open("reader", from: 0, EntryKind.Tick, EntryKind.Decisions);
        cursor.NotifyOf = EntryKind.Decisions;
        cursor.OnReadable = _ => Interlocked.Increment(ref calls);
        Append(journal, EntryKind.Tick, 1, 10);
        WaitUntilReadable(journal, tail);
        Assert.That(calls, Is.Zero);

        Append(journal, EntryKind.Decisions, 2, 10);
        journal.WaitUntilDurable(s_deadline, TimeProvider.System);
        Eventually.Is(() => Volatile.Read(ref calls) == 1, "the reader is woken").GetAwaiter().GetResult();
    }

    [Test]
    public void Without_a_journal_the_writer_waits_for_the_slowest_reader()
    {
        var tail = new JournalTail();
        var cursor = tail.Open("reader", from: null, EntryKind.Decisions);
        var payload = new byte[100_000];
        var written = 0;
        var writing = Task.Run(() =>
        {
            for (; written < 100; written++)
            {
                BitConverter.TryWriteBytes(payload, written);
                tail.AppendVolatile(EntryKind.Decisions, at: 0, payload);
            }
        });
        Eventually.Is(() => Volatile.Read(ref written) is > 5 and < 12, "the memory is full").GetAwaiter().GetResult();
        Assert.That(writing.IsCompleted, Is.False);

        var read = new List<int>();
        Eventually.Is(() =>
        {
            ReadInto(read, cursor);
            return read.Count == 100;
        }, "everything is read").GetAwaiter().GetResult();
        Assert.That(read, Is.EqualTo(Enumerable.Range(0, 100)));
        writing.GetAwaiter().GetResult();
    }

    [Test]
    public void A_reader_that_had_nothing_to_read_for_an_hour_is_not_an_hour_behind()
    {
        var time = new ManualTime(3_600_000);
        var tail = new JournalTail();
        using var journal = Open(tail);
        var cursor = tail.Open("reader", from: null, EntryKind.Tick);
        journal.Append(EntryKind.Tick, "first"u8, at: 1000);
        WaitUntilReadable(journal, tail);
        Assert.That(cursor.TryRead(out _), Is.True);
        Assert.That((cursor.TryRead(out _), cursor.LagTime(time)), Is.EqualTo((false, TimeSpan.Zero)));

        journal.Append(EntryKind.Tick, "second"u8, at: 3_598_000);
        WaitUntilReadable(journal, tail);
        Assert.That(cursor.LagTime(time), Is.EqualTo(TimeSpan.FromSeconds(2)));
    }

    [Test]
    public void A_name_has_one_reader_at_a_time()
    {
        var tail = new JournalTail();
        using (tail.Open("reader", from: null, EntryKind.Tick))
        {
            Assert.That(() => tail.Open("reader", from: null, EntryKind.Tick), Throws.InvalidOperationException);
        }

        Assert.That(() => tail.Open("reader", from: null, EntryKind.Tick).Dispose(), Throws.Nothing);
    }

    PartitionJournal Open(JournalTail tail)
    {
        var device = new FileJournalDevice(Path.Combine(_scratch.Folder, "journal"));
        var reader = new JournalReader(device, s_layout);
        while (reader.TryNext(out _))
        {
        }

        return new PartitionJournal(device, s_layout, reader.Begin, reader.End, Math.Max(1, reader.NextSequence), tail);
    }

    static void Append(PartitionJournal journal, EntryKind kind, int number, int length)
    {
        var payload = new byte[sizeof(int) + length];
        BitConverter.TryWriteBytes(payload, number);
        journal.Append(kind, payload, at: 1);
    }

    static void WaitUntilReadable(PartitionJournal journal, JournalTail tail)
    {
        Assert.That(journal.WaitUntilDurable(s_deadline, TimeProvider.System), Is.True);
        Eventually.Is(() => tail.Durable >= journal.TailAddress, "the tail knows").GetAwaiter().GetResult();
    }

    static void ReadInto(List<int> numbers, JournalCursor cursor, int max = int.MaxValue)
    {
        for (var n = 0; n < max && cursor.TryRead(out var entry); n++)
        {
            numbers.Add(BitConverter.ToInt32(entry.Payload.Span));
        }
    }
}
