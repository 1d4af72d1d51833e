using System.Text;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Erasure;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Pipeline.Erasure;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Journal.Erasure;

/// <summary>Entries are replaced in place: readers and recovery find each as it was or as it is, also after a crash.</summary>
public sealed class JournalRewriterTests
{
    const int Count = 400;
    static readonly JournalLayout s_layout = new(SegmentSize: 256 * 1024, PageSize: 64 * 1024);

    Scratch _scratch = null!;

    [SetUp]
    public void MakeScratch() => _scratch = new Scratch();

    [TearDown]
    public void ClearUp() => _scratch.Dispose();

    [Test]
    public void Replaced_entries_are_read_from_disk_and_from_memory_and_the_others_are_as_before()
    {
        var tail = new JournalTail();
        using var journal = Open(tail, out var device);
        var (early, late) = (tail.Open("early", from: 0, EntryKind.Decisions), tail.Open("late", from: 0, EntryKind.Decisions));
        Fill(journal, tail);
        var times = device.Segments().Select(device.LastWritten).ToArray();
        var rewriter = Rewrite(device, tail);

        Assert.That(Read(), Is.EqualTo(Enumerable.Range(0, Count).Select(After)));
        Assert.That(Tail(late), Is.EqualTo(Enumerable.Range(0, Count).Select(After)));
        Assert.That((rewriter.Entries, rewriter.Segments), Is.EqualTo((Count / 2, device.Segments().Count)));
        Assert.That(device.Segments().SkipLast(1).Select(device.LastWritten), Is.EqualTo(times.SkipLast(1)), "retention goes by it");
        Assert.That(File.Exists(device.RedoFile), Is.False);
        Assert.That(Found("secret 1 "), Is.Empty);

        // What comes later does not bring the former bytes back, on the same page and beyond.
        for (var i = 0; i < Count; i++)
        {
            journal.Append(EntryKind.Decisions, Encoding.UTF8.GetBytes($"later {i}"), at: i);
            journal.Commit();
        }

        journal.WaitUntilDurable(Eventually.Deadline, TimeProvider.System);
        Assert.That(Read().Take(Count), Is.EqualTo(Enumerable.Range(0, Count).Select(After)));
        Assert.That(Tail(early).Take(Count), Is.EqualTo(Enumerable.Range(0, Count).Select(After)));
        Assert.That(Found("secret 1 "), Is.Empty);
    }

    [TestCase("before the redo file")]
    [TestCase("after the redo file")]
    [TestCase("after the journal")]
    public void A_crash_leaves_the_former_entries_or_the_new_ones(string step)
    {
        using (var journal = Open(tail: null, out var device))
        {
            Fill(journal, tail: null);
            Assert.That(() => Rewrite(device, tail: null, at => _ = at == step ? throw new IOException(at) : 0), Throws.InstanceOf<IOException>());
        }

        var isNew = step == "after the journal";
        Assert.That(Read(), Is.EqualTo(Enumerable.Range(0, Count).Select(i => isNew ? After(i) : Before(i))));
        using (var journal = Open(tail: null, out var device))
        {
            Assert.That(File.Exists(device.RedoFile), Is.EqualTo(step == "after the redo file"));
            JournalRedo.Apply(device, s_layout);
            Assert.That(File.Exists(device.RedoFile), Is.False);
            Assert.That(Read(), Is.EqualTo(Enumerable.Range(0, Count).Select(i => step == "before the redo file" ? Before(i) : After(i))));
        }
    }

    [Test]
    public void A_half_written_entry_is_read_from_the_redo_file_until_it_is_written_again()
    {
        using var journal = Open(tail: null, out var device);
        Fill(journal, tail: null);
        Assert.That(() => Rewrite(device, tail: null, at => _ = at == "after the redo file" ? throw new IOException(at) : 0), Throws.InstanceOf<IOException>());
        var entries = JournalRedo.Read(device.RedoFile);
        foreach (var (address, entry) in entries)
        {
            device.Overwrite(s_layout.SegmentOf(address), [(s_layout.OffsetOf(address) + sizeof(int), entry.AsMemory(0, entry.Length / 2))]);
        }

        var read = Read();
        Assert.That(read.Where((_, i) => i % 2 == 1), Is.EqualTo(Enumerable.Range(0, Count).Where(i => i % 2 == 1).Select(After)));
        Assert.That(read.Where((_, i) => i % 2 == 0), Is.EqualTo(Enumerable.Range(0, Count).Where(i => i % 2 == 0).Select(Before)));
        JournalRedo.Apply(device, s_layout);
        Assert.That(Read(), Is.EqualTo(Enumerable.Range(0, Count).Select(After)));
    }

    [Test]
    public void A_damaged_redo_file_is_damage()
    {
        using var journal = Open(tail: null, out var device);
        Fill(journal, tail: null);
        File.WriteAllText(device.RedoFile, "0123456789abcdef");
        Assert.That(() => JournalRedo.Apply(device, s_layout), Throws.InstanceOf<JournalException>().With.Property(nameof(JournalException.Code)).EqualTo("journal_damaged"));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(254)]
    [TestCase(255)]
    [TestCase(256)]
    [TestCase(70_000)]
    public void An_entry_keeps_its_length_and_its_frame(int padding)
    {
        var entry = new byte[JournalFrame.Size + 3 + padding];
        new JournalFrame(EntryKind.Events, 7, 8, 9).WriteTo(entry);
        JournalFrame.Rewrite(entry, "abc"u8);
        Assert.That(JournalFrame.TryRead(entry, out var frame), Is.True);
        Assert.That((frame.Kind, frame.Sequence, frame.Durable, frame.At, frame.Version, frame.Padding), Is.EqualTo((EntryKind.Events, 7L, 8L, 9L, JournalFrame.CurrentVersion, padding)));
        Assert.That(Encoding.UTF8.GetString(entry[frame.Length..^frame.Padding]), Is.EqualTo("abc"));
        JournalFrame.Rewrite(entry, "z"u8);
        Assert.That(JournalFrame.TryRead(entry, out frame), Is.True);
        Assert.That((frame.Padding, frame.Version), Is.EqualTo((padding + 2, JournalFrame.CurrentVersion)));
    }

    // Entries of very different lengths, half of which have a secret.
    static string Before(int i) => $"entry {i} secret {i % 2} {new string('x', i * 37 % 3000)}";

    static string After(int i) => i % 2 == 0 ? Before(i) : $"entry {i}";

    static JournalRewriter Rewrite(JournalDevice device, JournalTail? tail, Action<string>? onStep = null)
    {
        var rewriter = new JournalRewriter(device, s_layout, tail) { OnStep = onStep };
        var reader = new JournalReader(device, s_layout);
        while (reader.TryNext(out var entry))
        {
            var text = Encoding.UTF8.GetString(entry.Payload.Span);
            if (text.Contains("secret 1 ", StringComparison.Ordinal))
            {
                rewriter.Replace(entry.Address, reader.Entry.Span, Encoding.UTF8.GetBytes(text[..text.IndexOf(" secret", StringComparison.Ordinal)]));
            }
        }

        rewriter.Flush();
        return rewriter;
    }

    static void Fill(PartitionJournal journal, JournalTail? tail)
    {
        for (var i = 0; i < Count; i++)
        {
            journal.Append(EntryKind.Decisions, Encoding.UTF8.GetBytes(Before(i)), at: i);
        }

        // As an erasure's: FasterLog writes nothing before it again.
        journal.Append(EntryKind.Erasure, new byte[ErasureEntry.MinSize], at: 0);
        journal.WaitUntilDurable(Eventually.Deadline, TimeProvider.System);
        if (tail is not null)
        {
            Assert.That(() => tail.Durable, Is.EqualTo(journal.TailAddress).After(10_000, 5));
        }
    }

    PartitionJournal Open(JournalTail? tail, out FileJournalDevice device)
    {
        device = new FileJournalDevice(_scratch.PathOf("journal"));
        var reader = new JournalReader(device, s_layout);
        while (reader.TryNext(out _))
        {
        }

        return new PartitionJournal(device, s_layout, reader.Begin, reader.End, Math.Max(1, reader.NextSequence), tail);
    }

    List<string> Read()
    {
        using var device = new FileJournalDevice(_scratch.PathOf("journal"), readOnly: true);
        var (reader, texts) = (new JournalReader(device, s_layout), new List<string>());
        while (reader.TryNext(out var entry))
        {
            if (entry.Kind == EntryKind.Decisions)
            {
                texts.Add(Encoding.UTF8.GetString(entry.Payload.Span));
            }
        }

        return texts;
    }

    static List<string> Tail(JournalCursor cursor)
    {
        var texts = new List<string>();
        while (cursor.TryRead(out var entry))
        {
            texts.Add(Encoding.UTF8.GetString(entry.Payload.Span));
        }

        return texts;
    }

    IEnumerable<string> Found(string text) => Encryption.TestKeys.Found(_scratch.Folder, text);
}
