using CartRecovery.Engine.Journal;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Journal;

public sealed class CheckpointFolderTests
{
    string _path = null!;
    CheckpointFolder _folder = null!;

    [SetUp]
    public void MakeFolder()
    {
        _path = Path.Combine(Directory.CreateTempSubdirectory("checkpoints").FullName, "0");
        _folder = new CheckpointFolder(_path);
    }

    [TearDown]
    public void RemoveFolder() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Test]
    public void A_checkpoint_survives_a_restart()
    {
        Assert.That(Good(out _), Is.Empty);
        Assert.That(_folder.OldestJournalAddress(), Is.Null);
        Keep(4711);
        var checkpoint = Good(out var skipped).Single();
        Assert.That((checkpoint.Number, checkpoint.JournalAddress), Is.EqualTo((1L, 4711L)));
        Assert.That(skipped, Is.Empty);
        using var part = new StreamReader(checkpoint.Open("clock"));
        Assert.That(part.ReadToEnd(), Is.EqualTo("clock at 4711"));
        Assert.That(File.ReadAllText(Path.Combine(checkpoint.Path, "carts", "log.0")), Is.EqualTo("carts at 4711"));
    }

    [Test]
    public void The_newest_two_are_kept_and_listed_newest_first()
    {
        for (var address = 1; address <= 5; address++)
        {
            Keep(address);
        }

        Assert.That(Good(out _).Select(c => c.JournalAddress), Is.EqualTo(new[] { 5, 4 }));
        Assert.That(Directory.GetDirectories(_path).Select(Path.GetFileName), Is.EquivalentTo(new[] { "5", "4" }));
        Assert.That(_folder.OldestJournalAddress(), Is.EqualTo(4));
        Assert.That(new CheckpointFolder(_path).Begin(1).Path, Does.EndWith("6.tmp"));
    }

    [Test]
    public void An_unfinished_checkpoint_is_ignored_and_removed_at_the_next_start()
    {
        Keep(1);
        Write(_folder.Begin(2), 2);
        Assert.That(Good(out _).Select(c => c.JournalAddress), Is.EqualTo(new[] { 1 }));
        Assert.That(Directory.GetDirectories(_path), Is.EqualTo(new[] { Path.Combine(_path, "1") }));
    }

    [Test]
    public void An_abandoned_checkpoint_leaves_no_files()
    {
        Keep(1);
        using (var draft = _folder.Begin(2))
        {
            Write(draft, 2);
        }

        Assert.That(Directory.GetDirectories(_path), Is.EqualTo(new[] { Path.Combine(_path, "1") }));
    }

    [Test]
    public void A_failed_checkpoint_leaves_the_older_ones_unchanged()
    {
        Keep(1);
        using (var draft = _folder.Begin(2))
        {
            Write(draft, 2);
            Assert.That(() => draft.Write("more", _ => throw new IOException("No space left on device")), Throws.TypeOf<IOException>());
        }

        Directory.CreateDirectory(Path.Combine(_path, "3", "in the way"));
        using (var draft = _folder.Begin(3))
        {
            Write(draft, 3);
            Assert.That(() => draft.Keep(), Throws.TypeOf<IOException>());
        }

        Directory.Delete(Path.Combine(_path, "3"), recursive: true);
        Assert.That(Good(out _).Select(c => c.JournalAddress), Is.EqualTo(new[] { 1 }));
        Keep(4);
        Assert.That(Good(out _).Select(c => c.JournalAddress), Is.EqualTo(new[] { 4, 1 }));
    }

    [Test]
    public void Damage_in_any_file_is_detected_and_the_older_checkpoint_is_used()
    {
        Keep(1);
        Keep(2);
        var youngest = Good(out _).First();
        var files = Directory.GetFiles(youngest.Path, "*", SearchOption.AllDirectories);
        Assert.That(files, Has.Length.EqualTo(4));
        foreach (var file in files)
        {
            var bytes = File.ReadAllBytes(file);
            var name = Path.GetFileName(file);
            for (var i = 0; i < bytes.Length; i += name == "timers" ? 37 : 1)
            {
                bytes[i] ^= (byte)(1 << (i % 8));
                AssertFallsBack(() => File.WriteAllBytes(file, bytes), name);
                bytes[i] ^= (byte)(1 << (i % 8));
            }

            AssertFallsBack(() => File.WriteAllBytes(file, bytes[..^1]), name);
            AssertFallsBack(() => File.WriteAllBytes(file, []), name);
            AssertFallsBack(() => File.WriteAllBytes(file, [.. bytes, 0]), name);
            AssertFallsBack(() => File.Delete(file), name);
            File.WriteAllBytes(file, bytes);
            Assert.That(Good(out _).Count(), Is.EqualTo(2));
        }

        void AssertFallsBack(Action damage, string name)
        {
            damage();
            var good = Good(out var skipped).ToArray();
            Assert.That(good.Select(c => c.JournalAddress), Is.EqualTo(new[] { 1 }));
            Assert.That(skipped, Has.Count.EqualTo(1));
            Assert.That(skipped[0], Does.Contain(name).And.Contains(youngest.Path));
        }
    }

    [Test]
    public void Checkpoints_newer_than_the_one_recovered_are_removed()
    {
        Keep(1);
        Keep(2);
        var (younger, older) = Good(out _).ToArray() switch { [var y, var o] => (y, o), _ => throw new AssertionException("two are kept") };
        _folder.Adopt(younger);
        Assert.That(Good(out _).Count(), Is.EqualTo(2));
        _folder.Adopt(older);
        Assert.That(Good(out _), Is.EqualTo(new[] { older }));

        // The number is not reused, so that a stray copy cannot be mistaken for another checkpoint.
        Keep(3);
        Assert.That(Good(out _).Select(c => c.Number), Is.EqualTo(new[] { 3, 1 }));
        _folder.Adopt(null);
        Assert.That(Good(out _), Is.Empty);
    }

    [Test]
    public void An_unknown_version_is_skipped()
    {
        Keep(1);
        var manifest = Path.Combine(_path, "1", "manifest");
        var text = File.ReadAllText(manifest).Replace("checkpoint 1", "checkpoint 2");
        text = text[..(text.LastIndexOf("\nmanifest ") + 1)];
        File.WriteAllText(manifest, $"{text}manifest {Crc32C.Of(System.Text.Encoding.UTF8.GetBytes(text)):x8}\n");
        Assert.That(Good(out var skipped), Is.Empty);
        Assert.That(skipped.Single(), Does.Contain("version"));
    }

    IReadOnlyList<Checkpoint> Good(out List<string> skipped)
    {
        List<string> reasons = [];
        var good = new CheckpointFolder(_path).ReadUndamaged(reasons.Add).ToArray();
        skipped = reasons;
        return good;
    }

    void Keep(long address)
    {
        using var draft = _folder.Begin(address);
        Write(draft, address);
        draft.Keep(Path.GetDirectoryName(_path)!);
    }

    static void Write(CheckpointDraft draft, long address)
    {
        Directory.CreateDirectory(Path.Combine(draft.Path, "carts"));
        File.WriteAllText(Path.Combine(draft.Path, "carts", "log.0"), $"carts at {address}");
        draft.Write("clock", stream => stream.Write(System.Text.Encoding.UTF8.GetBytes($"clock at {address}")));
        draft.Write("timers", stream => stream.Write(new byte[200]));
    }
}
