using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Tests.Encryption;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.DeadLetters;

[TestFixture]
public sealed class DeadLetterErasureTests
{
    Scratch _scratch = null!;
    KeyVault _keys = null!;

    [SetUp]
    public void SetUp()
    {
        _scratch = new Scratch();
        _keys = TestKeys.In(_scratch);
    }

    [TearDown]
    public void TearDown()
    {
        _keys.Dispose();
        _scratch.Dispose();
    }

    [Test]
    public void Letters_that_name_a_person_are_blanked_and_former_files_cannot_be_read()
    {
        byte[] former;
        using (var store = Open())
        {
            store.Append([DeadLetterSamples.Of("of ada"), DeadLetterSamples.Of("of ben")]);
            store.Mark([(1, "ada-event")], DeadLetterState.Replayed);
            former = File.ReadAllBytes(Segment());
            Assert.That(store.Erase(DeadLetterSamples.Of("").Store, NamesAda), Is.EqualTo(1));
            Assert.That(store.Erase(DeadLetterSamples.Of("").Store, NamesAda), Is.Zero, "repeated");
            store.Append([DeadLetterSamples.Of("of cleo")]);
            AssertLetters(store);
        }

        using (var again = Open())
        {
            AssertLetters(again);
        }

        Assert.That(File.ReadAllText(_scratch.PathOf("letters/marks.ndjson")), Does.Not.Contain("ada-event"));
        Directory.CreateDirectory(_scratch.PathOf("backup"));
        File.WriteAllBytes(Path.Combine(_scratch.PathOf("backup"), Path.GetFileName(Segment())), former);
        Assert.That(DeadLetterFiles.Read(_scratch.PathOf("backup"), keys: _keys).Select(letter => letter.IsLocked), Is.EqualTo(new[] { true, true }), "their keys are destroyed");
    }

    // As a crash leaves it after the letters were rewritten, and before their keys were destroyed.
    [Test]
    public void Keys_of_an_interrupted_erasure_are_destroyed_by_the_next_one()
    {
        using var store = Open();
        store.Append([DeadLetterSamples.Of("of ben")]);
        var former = File.ReadAllBytes(Segment());
        using var line = JsonDocument.Parse(former.AsMemory(0, former.AsSpan().IndexOf((byte)'\n')));
        File.WriteAllBytes(_scratch.PathOf("letters/former-keys"), line.RootElement.GetProperty("sealed").GetBytesFromBase64()[1..9]);

        Assert.That(store.Erase(DeadLetterSamples.Of("").Store, NamesAda), Is.Zero);
        Assert.That(store.Read().Single().TextOf(), Is.EqualTo("of ben"), "encrypted under another key");
        Assert.That(File.Exists(_scratch.PathOf("letters/former-keys")), Is.False);
        Directory.CreateDirectory(_scratch.PathOf("backup"));
        File.WriteAllBytes(Path.Combine(_scratch.PathOf("backup"), Path.GetFileName(Segment())), former);
        Assert.That(DeadLetterFiles.Read(_scratch.PathOf("backup"), keys: _keys).Single().IsLocked);
    }

    [Test]
    public void Letters_of_another_store_stay_in_a_file_of_all_stores()
    {
        using (var store = Open())
        {
            store.Append([DeadLetterSamples.Of("of ada")]);
        }

        // As an earlier version named it.
        var segment = Segment();
        File.Move(segment, Path.Combine(_scratch.PathOf("letters"), Path.GetFileNameWithoutExtension(segment).Split('-')[0] + ".ndjson"));
        using var again = Open();
        Assert.That(again.Erase("another", NamesAda), Is.Zero);
        Assert.That(again.Read().Single().TextOf(), Is.EqualTo("of ada"));
        Assert.That(again.Erase(DeadLetterSamples.Of("").Store, NamesAda), Is.EqualTo(1));
    }

    [Test]
    public void Nothing_is_written_if_nobody_is_named()
    {
        using var store = Open();
        store.Append([DeadLetterSamples.Of("of ben")]);
        var before = File.ReadAllBytes(Segment());

        Assert.That(store.Erase(DeadLetterSamples.Of("").Store, NamesAda), Is.Zero);
        Assert.That(File.ReadAllBytes(Segment()), Is.EqualTo(before));
    }

    static void AssertLetters(DeadLetterStore store)
    {
        var letters = store.Read().ToArray();
        Assert.That(letters.Select(letter => (letter.Id, Encoding.UTF8.GetString(letter.Event), letter.Mark.State)), Is.EqualTo(new[]
        {
            (1L, "", DeadLetterState.Dropped), (2L, "of ben", DeadLetterState.Waiting), (3L, "of cleo", DeadLetterState.Waiting),
        }));
    }

    static bool NamesAda(byte[] received) => Encoding.UTF8.GetString(received).Contains("ada", StringComparison.Ordinal);

    string Segment() => Directory.GetFiles(_scratch.PathOf("letters"), "*.ndjson").First(path => !path.EndsWith("marks.ndjson", StringComparison.Ordinal) && new FileInfo(path).Length > 0);

    DeadLetterStore Open() => new(_scratch.PathOf("letters"), DeadLetterSamples.Bounds, new ManualTime(EventReading.Now), _keys);
}
