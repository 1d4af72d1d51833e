using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.DeadLetters;

[TestFixture]
public sealed class DeadLetterStoreTests
{
    ManualTime _time = null!;
    DeadLetterFolder _folder = null!;

    [SetUp]
    public void SetUp() => (_folder, _time) = (new DeadLetterFolder(), new ManualTime(EventReading.Now));

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void A_letter_survives_a_restart_completely()
    {
        var letter = DeadLetterSamples.Of("{\"price\":\"1\"}\u0000\n\u2028\ud83d\ude00") with { FromServer = false, IsTruncated = true, Connection = 0 };
        using (var store = Open())
        {
            store.Append([letter, DeadLetterSamples.Of("second")]);
        }

        using var again = Open();
        var read = again.Read().ToArray();
        Assert.That(read.Select(l => l.Id), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(read[0] with { Id = 0, Event = letter.Event }, Is.EqualTo(letter));
        Assert.That(read[0].Event, Is.EqualTo(letter.Event));
        Assert.That(again.Find(2)!.TextOf(), Is.EqualTo("second"));
        Assert.That((again.Find(3), again.Find(0)), Is.EqualTo(((DeadLetter?)null, (DeadLetter?)null)));
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public FsCheck.Property Any_bytes_round_trip() => FsCheck.Fluent.Prop.ForAll<byte[]>(FsCheck.Fluent.ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        using var folder = new DeadLetterFolder();
        using var store = new DeadLetterStore(folder.Path, DeadLetterSamples.Bounds, _time);
        store.Append([DeadLetterSamples.Of(bytes), DeadLetterSamples.Of("after")]);

        Assert.That(store.Read().Select(l => l.Event), Is.EqualTo(new[] { bytes, "after"u8.ToArray() }));
    });

    [Test]
    public void A_file_truncated_at_any_byte_opens_for_appending()
    {
        using (var store = Open())
        {
            store.Append([DeadLetterSamples.Of("one"), DeadLetterSamples.Of("two"), DeadLetterSamples.Of("three")]);
        }

        var whole = File.ReadAllBytes(_folder.Segments.Single());
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(_folder.Segments.Single(), whole[..length]);
            var left = whole.AsSpan(0, length).Count((byte)'\n');
            using var store = Open();

            Assert.That(store.Read().Select(l => l.TextOf()), Is.EqualTo(new[] { "one", "two", "three" }.Take(left)));
            Assert.That(store.Count(DeadLetterState.Waiting), Is.EqualTo(left));
            store.Append([DeadLetterSamples.Of("next")]);
            Assert.That(store.Read().Last() is { Id: var id } last ? (id, last.TextOf()) : default, Is.EqualTo((left + 1L, "next")));
        }
    }

    [Test]
    public void Marks_truncated_at_any_byte_open()
    {
        using (var store = Open())
        {
            store.Append([DeadLetterSamples.Of("one"), DeadLetterSamples.Of("two")]);
            store.Mark([(1, "e1")], DeadLetterState.Replayed);
            store.Mark([(2, null)], DeadLetterState.Dropped);
        }

        var path = Path.Combine(_folder.Path, "marks.ndjson");
        var whole = File.ReadAllBytes(path);
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            using var store = Open();
            var left = whole.AsSpan(0, length).Count((byte)'\n');
            Assert.That(store.Read().Select(l => l.Mark.State), Is.EqualTo(new[]
            {
                left >= 1 ? DeadLetterState.Replayed : DeadLetterState.Waiting, left >= 2 ? DeadLetterState.Dropped : DeadLetterState.Waiting,
            }));
        }
    }

    [Test]
    public void A_letters_state_survives_a_restart()
    {
        using (var store = Open())
        {
            store.Append([DeadLetterSamples.Of("one"), DeadLetterSamples.Of("two"), DeadLetterSamples.Of("three")]);
            _time.Advance(TimeSpan.FromMilliseconds(5));
            store.Mark([(2, "e2"), (99, "none")], DeadLetterState.Replayed);
        }

        using var again = Open();
        Assert.That(again.Find(2)!.Mark, Is.EqualTo(new DeadLetterMark(DeadLetterState.Replayed, EventReading.Now + 5, "e2")));
        Assert.That((again.Count(DeadLetterState.Waiting), again.Count(DeadLetterState.Replayed), again.Count(DeadLetterState.Dropped)), Is.EqualTo((2, 1, 0)));
        Assert.That(DeadLetterFiles.Find(_folder.Path, 2)!.Mark.EventId, Is.EqualTo("e2"));
    }

    [Test]
    public void The_oldest_letters_are_removed_to_make_room()
    {
        const int bound = 64 * 1024;
        using var store = new DeadLetterStore(_folder.Path, new DeadLetterBounds(bound, TimeSpan.FromDays(1)), _time);
        for (var i = 1; i <= 400; i++)
        {
            store.Append([DeadLetterSamples.Of(new string('x', 500))]);
            store.Mark([(i, "e")], DeadLetterState.Replayed);
            Assert.That(store.Bytes, Is.LessThanOrEqualTo(bound));
        }

        var ids = store.Read().Select(l => l.Id).ToArray();
        Assert.That(ids, Is.EqualTo(Enumerable.Range((int)ids[0], ids.Length)));
        Assert.That(ids[^1], Is.EqualTo(400));
        Assert.That(ids, Has.Length.GreaterThan(50));
        Assert.That(_folder.Segments.Sum(s => new FileInfo(s).Length), Is.EqualTo(store.Bytes));
        Assert.That((store.Count(DeadLetterState.Waiting), store.Count(DeadLetterState.Replayed)), Is.EqualTo((0, ids.Length)));
    }

    [Test]
    public void A_letter_over_the_total_limit_is_rejected_without_loss()
    {
        using var store = new DeadLetterStore(_folder.Path, new DeadLetterBounds(4096, TimeSpan.FromDays(1)), _time);
        store.Append([DeadLetterSamples.Of("one")]);

        Assert.That(() => store.Append([DeadLetterSamples.Of(new string('x', 5000))]), Throws.InstanceOf<IOException>());
        Assert.That(store.Read().Select(l => l.TextOf()), Is.EqualTo(new[] { "one" }));
    }

    [Test]
    public void Letters_expire_and_their_numbers_are_not_reused()
    {
        using (var store = Open())
        {
            store.Append([DeadLetterSamples.Of("old", EventReading.Now)]);
            _time.Advance(TimeSpan.FromDays(10));
            store.Append([DeadLetterSamples.Of("newer", _time.GetUtcNow().ToUnixTimeMilliseconds())]);
            _time.Advance(TimeSpan.FromDays(21));
            store.Expire();
            Assert.That(store.Read().Select(l => l.TextOf()), Is.EqualTo(new[] { "newer" }));
        }

        _time.Advance(TimeSpan.FromDays(19));
        using var again = Open();
        Assert.That(again.Read(), Is.Empty);
        Assert.That((again.Bytes, again.Count(DeadLetterState.Waiting)), Is.EqualTo((0, 0)));
        again.Append([DeadLetterSamples.Of("next", _time.GetUtcNow().ToUnixTimeMilliseconds())]);
        Assert.That(again.Read().Single().Id, Is.EqualTo(3));
    }

    [Test]
    public void Dropping_letters_frees_their_bytes()
    {
        using var store = Open();
        store.Append([DeadLetterSamples.Of("one"), DeadLetterSamples.Of("two")]);
        store.Mark([(1, null)], DeadLetterState.Dropped);
        Assert.That((store.Count(DeadLetterState.Waiting), store.Count(DeadLetterState.Dropped)), Is.EqualTo((1, 1)));

        store.Mark([(2, null)], DeadLetterState.Dropped);
        Assert.That((store.Bytes, store.Count(DeadLetterState.Waiting), store.Count(DeadLetterState.Dropped)), Is.EqualTo((0, 0, 0)));
        store.Append([DeadLetterSamples.Of("three")]);
        Assert.That(store.Read().Select(l => (l.Id, l.Mark.State)), Is.EqualTo(new[] { (3L, DeadLetterState.Waiting) }));
    }

    [Test]
    public void A_damaged_line_loses_only_its_letter()
    {
        using (var store = Open())
        {
            store.Append([DeadLetterSamples.Of("one"), DeadLetterSamples.Of("two"), DeadLetterSamples.Of("three")]);
        }

        var text = File.ReadAllText(_folder.Segments.Single());
        File.WriteAllText(_folder.Segments.Single(), text.Replace("\"id\":2,", "\"id\":2x", StringComparison.Ordinal));
        using var again = Open();
        Assert.That(again.Read().Select(l => l.Id), Is.EqualTo(new[] { 1, 3 }));
        again.Append([DeadLetterSamples.Of("four")]);
        Assert.That(again.Find(4)!.TextOf(), Is.EqualTo("four"));
    }

    [Test]
    public void Reading_starts_after_a_number_and_needs_no_store()
    {
        using var store = new DeadLetterStore(_folder.Path, new DeadLetterBounds(1 << 20, TimeSpan.FromDays(1)), _time);
        for (var i = 0; i < 300; i++)
        {
            store.Append([DeadLetterSamples.Of(new string('x', 1000))]);
        }

        Assert.That(_folder.Segments, Has.Length.GreaterThan(3));
        foreach (var after in new[] { 0, 1, 77, 299, 300 })
        {
            Assert.That(DeadLetterFiles.Read(_folder.Path, after).Select(l => l.Id), Is.EqualTo(Enumerable.Range(after + 1, 300 - after)));
        }

        Assert.That(DeadLetterFiles.Read(Path.Combine(_folder.Path, "nowhere")), Is.Empty);
    }

    DeadLetterStore Open() => new(_folder.Path, DeadLetterSamples.Bounds, _time);
}
