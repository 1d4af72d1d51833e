using CartRecovery.Host.Jobs;
using CartRecovery.Host.Reconciliation;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Reconciliation;

/// <summary>Takes lists from a folder that others write.</summary>
public sealed class ListFilesTests
{
    Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public void Only_regular_files_with_content_are_lists()
    {
        Write("a.csv");
        Write("b.ndjson.taken");
        Write("c.csv.done");
        Write("readme.txt");
        File.WriteAllText(_scratch.PathOf("empty.csv"), "");
        File.CreateSymbolicLink(_scratch.PathOf("link.csv"), _scratch.PathOf("readme.txt"));
        Assert.That(ListFiles.In(_scratch.Folder).Select(Path.GetFileName), Is.EquivalentTo(new[] { "a.csv", "b.ndjson.taken" }));
        Assert.That(ListFiles.In(_scratch.PathOf("nowhere")), Is.Empty);
    }

    [TestCase("a.csv")]
    [TestCase("a.csv.taken")]
    public async Task A_list_is_renamed_before_and_after(string name)
    {
        Write(name);
        var list = ListFiles.Take(_scratch.PathOf(name));
        Assert.That((list.Name, File.Exists(_scratch.PathOf("a.csv.taken"))), Is.EqualTo(("a.csv", true)));
        Assert.That(await list.ReadAsync(most: 100, default), Has.Length.EqualTo(2));
        Assert.That(await list.ReadAsync(most: 1, default), Is.Null);
        list.Finish(isDone: name == "a.csv");
        Assert.That(Directory.EnumerateFiles(_scratch.Folder).Select(Path.GetFileName), Is.EqualTo(new[] { name == "a.csv" ? "a.csv.done" : "a.csv.failed" }));
    }

    [Test]
    public void Old_lists_that_were_processed_are_deleted_and_no_others()
    {
        string[] names = ["a.csv", "b.csv.done", "c.json.failed", "d.txt.done", "e.csv.done"];
        Array.ForEach(names, Write);
        var before = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        Array.ForEach(names[..^1], name => File.SetLastWriteTimeUtc(_scratch.PathOf(name), before.AddDays(-1)));
        File.SetLastWriteTimeUtc(_scratch.PathOf("e.csv.done"), before.AddDays(1));
        ListFiles.DeleteProcessed(_scratch.Folder, before);
        Assert.That(Directory.EnumerateFiles(_scratch.Folder).Select(Path.GetFileName), Is.EquivalentTo(new[] { "a.csv", "d.txt.done", "e.csv.done" }));
    }

    [TestCase("orders-2026-11-30.csv", true)]
    [TestCase("2026-11-30.json", true)]
    [TestCase("orders-2026-11-30-2.csv", false)]
    [TestCase("orders-2026-11-30-part1.csv", false)]
    [TestCase("orders-2026-13-30.csv", false)]
    [TestCase("orders.csv", false)]
    public void A_name_that_ends_with_a_day_says_that_the_day_is_whole(string name, bool isDay) =>
        Assert.That(ReconciliationJob.PeriodOf(name) is not null, Is.EqualTo(isDay));

    void Write(string name) => File.WriteAllText(_scratch.PathOf(name), "x\n");
}
