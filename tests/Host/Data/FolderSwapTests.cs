using CartRecovery.Host.Data;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Data;

/// <summary>A change of a data folder that ends anywhere is finished, or did not happen.</summary>
public sealed class FolderSwapTests
{
    static readonly FolderFormat s_former = new(Partitions: 2, Segment: 1 << 22, HasStoreNumbers: true, HasKeyedIds: false);
    static readonly FolderFormat s_next = new(Partitions: 5, Segment: 1 << 22, HasStoreNumbers: true, HasKeyedIds: true);

    Scratch _scratch = null!;

    string Data => _scratch.PathOf("data");

    [SetUp]
    public void Create()
    {
        _scratch = new Scratch();
        Fill(Data, "former");
        s_former.Write(Data);
        File.WriteAllText(Path.Combine(Data, "secret"), "secret");
    }

    [TearDown]
    public void Remove() => _scratch.Dispose();

    [Test]
    public void What_was_only_prepared_is_dropped()
    {
        Fill(FolderSwap.Prepare(Data).Root, "next");
        FolderSwap.Resume(Data);
        Assert.That(Contents(Data), Is.EqualTo("former former former"));
        Assert.That(FolderFormat.Read(Data), Is.EqualTo(s_former));
        Assert.That(Directory.Exists(Path.Combine(Data, "next.tmp")), Is.False);
    }

    [Test]
    public void A_cleanup_that_ended_anywhere_is_finished()
    {
        // Only what is deleted last is left.
        var next = Directory.CreateDirectory(Path.Combine(Data, "next")).FullName;
        File.WriteAllText(Path.Combine(next, "keys.db"), "");
        FolderSwap.Resume(Data);

        Assert.That((Directory.Exists(next), Contents(Data)), Is.EqualTo((false, "former former former")));
    }

    // The moves of a swap, in their order; each may be the last before a crash.
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    [TestCase(5)]
    [TestCase(6)]
    [TestCase(7)]
    public void A_swap_that_ended_anywhere_is_finished(int moves)
    {
        Fill(FolderSwap.Prepare(Data).Root, "next");
        FolderSwap.Commit(Data, s_next);
        var (next, archive) = (Path.Combine(Data, "next"), Path.Combine(Data, "archive", "1"));
        Action[] all =
        [
            () => Directory.CreateDirectory(archive),
            () => Directory.Move(Path.Combine(Data, "journal"), Path.Combine(archive, "journal")),
            () => Directory.Move(Path.Combine(next, "journal"), Path.Combine(Data, "journal")),
            () => Directory.Delete(Path.Combine(Data, "checkpoints"), recursive: true),
            () => Directory.Move(Path.Combine(next, "checkpoints"), Path.Combine(Data, "checkpoints")),
            () => Directory.Delete(Path.Combine(Data, "stores"), recursive: true),
            () => Directory.Move(Path.Combine(next, "stores"), Path.Combine(Data, "stores")),
        ];
        Array.ForEach(all[..moves], move => move());
        Assert.That(DataFolder.ReadFormat(Data), Is.EqualTo(s_next), "whoever plans before the folder is opened");
        FolderSwap.Resume(Data);

        Assert.That(Contents(Data), Is.EqualTo("next next next"));
        Assert.That(FolderFormat.Read(Data), Is.EqualTo(s_next));
        Assert.That(File.ReadAllText(Path.Combine(archive, "journal", "0", "file")), Is.EqualTo("former"));
        Assert.That(FolderFormat.Read(archive), Is.EqualTo(s_former));
        Assert.That(File.ReadAllText(Path.Combine(archive, "secret")), Is.EqualTo("secret"));
        Assert.That(Directory.Exists(next), Is.False);

        FolderSwap.Resume(Data);
        Assert.That(Contents(Data), Is.EqualTo("next next next"));
    }

    [Test]
    public void Each_swap_has_an_archive_of_its_own()
    {
        for (var i = 1; i <= 11; i++)
        {
            Fill(FolderSwap.Prepare(Data).Root, $"next{i}");
            FolderSwap.Commit(Data, s_next);
            FolderSwap.Resume(Data);
        }

        Assert.That(Directory.GetDirectories(Path.Combine(Data, "archive")).Select(Path.GetFileName), Is.EquivalentTo(Enumerable.Range(1, 11).Select(i => $"{i}")));
        Assert.That(File.ReadAllText(Path.Combine(Data, "archive", "11", "journal", "0", "file")), Is.EqualTo("next10"));
    }

    static void Fill(string root, string text)
    {
        foreach (var name in new[] { "journal", "checkpoints", "stores" })
        {
            var folder = Directory.CreateDirectory(Path.Combine(root, name, "0"));
            File.WriteAllText(Path.Combine(folder.FullName, "file"), text);
        }
    }

    static string Contents(string root) =>
        string.Join(' ', new[] { "journal", "checkpoints", "stores" }.Select(name => File.ReadAllText(Path.Combine(root, name, "0", "file"))));
}
