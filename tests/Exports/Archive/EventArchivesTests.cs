using System.Security.Cryptography;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Exports.Archive;
using CartRecovery.Tests.Backtest;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Exports.Archive;

/// <summary>Archives recorded journals, in parts, through crashes, and without people who are forgotten.</summary>
public sealed class EventArchivesTests
{
    const string Id = "folder-1";

    static readonly long s_middle = RecordedTraffic.Times.First + ((RecordedTraffic.Times.Last - RecordedTraffic.Times.First) / 2);
    static readonly long s_end = RecordedTraffic.Times.Last + (24 * 60 * 60 * 1000);

    RecordedTraffic _traffic = null!;
    string[] _ids = null!;
    Scratch _scratch = null!;

    [OneTimeSetUp]
    public async Task Record()
    {
        _traffic = await RecordedTraffic.RecordAsync(quiet: false);
        var journals = _traffic.Journals();
        _ids = [.. new CartRecovery.Engine.Exports.JournalExport(journals.Length, i => journals[i], keys: null).Read(0, "demo", TimeRange.Everything, after: null, more: 0, default)
            .Select(row => (string)row.Row[0]!).Order(StringComparer.Ordinal)];
    }

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public async Task Every_event_is_archived_once_however_many_runs_it_takes()
    {
        using var archives = Open();
        var first = await RunAsync(archives, s_middle);
        var some = Manifest().Files.Sum(file => file.Rows);
        Assert.That((first.Events, some), Is.EqualTo((some, some)));
        Assert.That(some, Is.InRange(1, _ids.Length - 1));

        var second = await RunAsync(archives, s_end);
        Assert.That(second.Events, Is.EqualTo(_ids.Length - some));
        await AssertWholeAsync();
        var folders = Manifest().Files.Select(file => Path.GetDirectoryName(file.Path)!.Replace('\\', '/')).Distinct();
        Assert.That(folders, Is.All.Match("^events/store=demo/date=2019-10-0[12]$"));
    }

    [Test]
    public async Task A_second_run_changes_nothing()
    {
        using var archives = Open();
        await RunAsync(archives, s_end);
        var before = Directory.EnumerateFiles(To, "*", SearchOption.AllDirectories).ToDictionary(path => path, path => (Hash(path), File.GetLastWriteTimeUtc(path)));
        var again = await RunAsync(archives, s_end);
        Assert.That((again.Events, again.Files), Is.EqualTo((0, 0)));
        Assert.That(Directory.EnumerateFiles(To, "*", SearchOption.AllDirectories).ToDictionary(path => path, path => (Hash(path), File.GetLastWriteTimeUtc(path))), Is.EqualTo(before));
    }

    [TestCase("part")]
    [TestCase("parts")]
    [TestCase("manifest")]
    public async Task A_crash_at_any_step_neither_loses_nor_doubles_events(string step)
    {
        using (var archives = Open())
        {
            await RunAsync(archives, s_middle);
            archives.OnStep = at => Crash(at == step);
            Assert.That(async () => await RunAsync(archives, s_end), Throws.InstanceOf<CrashException>());
            Assert.That(Directory.EnumerateFiles(To, "*.tmp", SearchOption.AllDirectories), Is.Empty, "a draft has personal data");
        }

        using (var archives = Open())
        {
            await RunAsync(archives, s_end);
        }

        await AssertWholeAsync();
    }

    [Test]
    public async Task Archived_journals_are_released()
    {
        using var archives = Open();
        var marks = new List<IReadOnlyList<ArchiveMark?>>();
        await archives.RunAsync(To, Journals(), s_middle, s_end, oldest: null, marks.Add, _ => { }, default);
        Assert.That(marks[^1].Select(mark => mark!.Address), Is.EqualTo(Manifest().Marks.Select(mark => mark!.Address)).And.All.Positive);
    }

    [Test]
    public async Task Replaced_journals_add_only_events_received_later()
    {
        using var archives = Open();
        await RunAsync(archives, s_middle);
        var folder = new ArchiveFolder(To);
        var manifest = folder.Read()!;
        folder.Commit(manifest with { Marks = [.. manifest.Marks.Select(mark => mark! with { Sequence = mark.Sequence + 1 })] });
        await RunAsync(archives, s_end);
        await AssertWholeAsync();

        // A number of partitions changed: the former journals are read to their end, and the new ones go on.
        File.Delete(Path.Combine(To, ArchiveFolder.Manifest));
        Directory.Delete(Path.Combine(To, "events"), recursive: true);
        folder.Commit(new ArchiveManifest { Folder = Id });
        await RunAsync(archives, s_middle);
        await archives.RunAsync(To, new ArchiveJournals(3, _ => null, () => _traffic.Journals(), Keys: null, _ => ("demo", null)), s_end, s_end, oldest: null, _ => { }, _ => { }, default);
        await AssertWholeAsync();
    }

    [Test]
    public async Task Old_days_are_deleted()
    {
        using var archives = Open();
        await RunAsync(archives, s_end);
        var files = Manifest().Files.Count;
        var done = await archives.RunAsync(To, Journals(), s_end, s_end, new DateOnly(2019, 11, 1), _ => { }, _ => { }, default);
        Assert.That((done.Deleted, Manifest().Files.Count, Directory.EnumerateFiles(To, "*.parquet", SearchOption.AllDirectories).Count()), Is.EqualTo((files, 0, 0)));
        Assert.That((await RunAsync(archives, s_end)).Events, Is.Zero, "and not archived again");
    }

    [Test]
    public async Task A_damaged_or_foreign_archive_is_not_changed()
    {
        using (var archives = Open())
        {
            await RunAsync(archives, s_middle);
        }

        using var other = new EventArchives(_scratch.PathOf("other"), "folder-2");
        Assert.That(async () => await RunAsync(other, s_end), Throws.InstanceOf<ArchiveException>().With.Property("Code").EqualTo(ArchiveException.Foreign));
        Assert.That(other.Folders, Is.Empty, "nor is it erased from, or read");
        File.WriteAllText(Path.Combine(To, ArchiveFolder.Manifest), "{");
        using var mine = Open();
        Assert.That(async () => await RunAsync(mine, s_end), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("is damaged"));
        File.WriteAllText(Path.Combine(To, ArchiveFolder.Manifest), """{"format":2,"folder":"folder-1"}""");
        Assert.That(async () => await RunAsync(mine, s_end), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("format 2"));
    }

    [Test]
    public async Task An_archive_of_another_data_folder_in_the_place_of_this_ones_is_neither_read_nor_changed()
    {
        using var archives = Open();
        await RunAsync(archives, s_end);
        var folder = new ArchiveFolder(To);
        folder.Commit(folder.Read()! with { Folder = "folder-2" });
        Assert.That((archives.Read("demo").Count(), archives.FilesOf("demo").Count), Is.EqualTo((0, 0)));
        Assert.That(archives.Missing, Is.EqualTo(new[] { To }));
        Assert.That(async () => await archives.EraseAsync("demo", _ => true, default), Throws.InstanceOf<ArchiveException>().With.Property("Code").EqualTo(ArchiveException.Foreign));
        Assert.That(Manifest().Files, Is.Not.Empty);
    }

    [Test]
    public async Task Files_of_something_else_stay()
    {
        var (theirs, own) = (Path.Combine(To, "events", "store=demo", "date=2019-10-01"), Path.Combine(To, "events"));
        Directory.CreateDirectory(theirs);
        File.WriteAllText(Path.Combine(theirs, "part-000001.parquet"), "of another program");
        using var archives = Open();
        Assert.That(async () => await RunAsync(archives, s_end), Throws.InstanceOf<ArchiveException>().With.Property("Code").EqualTo(ArchiveException.Foreign), "there is no manifest");
        Assert.That((File.Exists(Path.Combine(theirs, "part-000001.parquet")), archives.Folders.Count), Is.EqualTo((true, 0)));

        Directory.Delete(own, recursive: true);
        await RunAsync(archives, s_middle);
        var outside = Directory.CreateDirectory(_scratch.PathOf("outside")).FullName;
        string[] kept = [Path.Combine(own, "README"), Path.Combine(theirs, "notes.parquet"), Path.Combine(outside, "part-000009.parquet")];
        Array.ForEach(kept, file => File.WriteAllText(file, "mine"));
        Directory.CreateSymbolicLink(Path.Combine(own, "store=demo", "date=2019-01-01"), outside);
        File.WriteAllText(Path.Combine(theirs, "part-000099.parquet.tmp"), "what a crash has left");
        await RunAsync(archives, s_end);
        Assert.That(kept.Where(file => !File.Exists(file)), Is.Empty);
        Assert.That(File.Exists(Path.Combine(theirs, "part-000099.parquet.tmp")), Is.False);
    }

    [Test]
    public async Task Two_processes_do_not_change_an_archive_at_once()
    {
        using var archives = Open();
        await RunAsync(archives, s_middle);
        using (new ArchiveFolder(To).TakeLock())
        {
            Assert.That(async () => await RunAsync(archives, s_end), Throws.InstanceOf<ArchiveException>().With.Property("Code").EqualTo(ArchiveException.Locked));
            Assert.That(async () => await archives.EraseAsync("demo", _ => true, default), Throws.InstanceOf<ArchiveException>().With.Property("Code").EqualTo(ArchiveException.Locked));
        }

        await RunAsync(archives, s_end);
        await AssertWholeAsync();
    }

    [Test]
    public async Task Events_of_a_clock_that_was_ahead_are_archived_and_stop_nothing()
    {
        // Everything after the middle claims to be received long after this run.
        using var archives = Open();
        await archives.RunAsync(To, Journals(), s_middle, s_middle - (2 * 60 * 60 * 1000), oldest: null, _ => { }, _ => { }, default);
        Assert.That(archives.Read("demo").Select(row => (string)row[0]!).Order(StringComparer.Ordinal), Is.EqualTo(_ids));
        Assert.That(Manifest().Files.Select(file => file.Date), Is.All.LessThanOrEqualTo(DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(s_middle - 1).UtcDateTime)));
        Assert.That(Manifest().Until, Is.EqualTo(s_middle), "that clock does not count");
        Assert.That((await RunAsync(archives, s_end)).Events, Is.Zero);
    }

    [Test]
    public async Task A_clock_that_jumps_ahead_deletes_nothing_by_age()
    {
        const long Day = 24 * 60 * 60 * 1000;
        using var archives = Open();
        await RunAsync(archives, s_end);
        var files = Manifest().Files.Count;
        var jumped = s_end + (20_000 * Day);
        Assert.That(async () => await archives.RunAsync(To, Journals(), jumped, jumped, DateOf(jumped).AddDays(-730), _ => { }, _ => { }, default),
            Throws.InstanceOf<ArchiveException>().With.Property("Code").EqualTo(ArchiveException.Clock));
        jumped = s_end + (20 * Day);
        await archives.RunAsync(To, Journals(), jumped, jumped, DateOf(jumped).AddDays(-10), _ => { }, _ => { }, default);
        Assert.That(Manifest().Files, Has.Count.EqualTo(files), "they are as old as at the last run");

        static DateOnly DateOf(long time) => DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(time).UtcDateTime);
    }

    [TestCase(null)]
    [TestCase("rewritten")]
    [TestCase("committed")]
    public async Task Erased_events_are_in_no_byte_of_the_archive_and_all_others_stay(string? crash)
    {
        string user;
        using (var archives = Open())
        {
            await RunAsync(archives, s_middle);
            await RunAsync(archives, s_end);
            user = archives.Read("demo").Select(row => (string?)row[4]).OfType<string>().GroupBy(id => id, StringComparer.Ordinal).MaxBy(group => group.Count())!.Key;
            Assert.That(await FoundAsync(user), Is.Not.Empty, "the search finds what is there");
            archives.OnStep = at => Crash(at == crash);
            if (crash is not null)
            {
                Assert.That(async () => await archives.EraseAsync("demo", IsOf, default), Throws.InstanceOf<CrashException>());
            }
        }

        var others = 0;
        using (var archives = Open())
        {
            await archives.EraseAsync("demo", IsOf, default);
            Assert.That(await archives.EraseAsync("demo", IsOf, default), Is.Zero, "a second time there is nothing");
            others = archives.Read("demo").Count();
            Assert.That(await archives.EraseAsync("other", _ => true, default), Is.Zero, "another store's");
        }

        Assert.That(await FoundAsync(user), Is.Empty);
        Assert.That(others, Is.InRange(1, _ids.Length - 1));
        await AssertFilesAsync();
        using (var archives = Open())
        {
            Assert.That((await RunAsync(archives, s_end)).Events, Is.Zero, "they do not come back");
            Assert.That(await archives.EraseAsync("demo", _ => true, default), Is.EqualTo(others));
            Assert.That(Directory.EnumerateFiles(To, "*.parquet", SearchOption.AllDirectories), Is.Empty, "nothing is left of a file without rows");
        }

        bool IsOf(object?[] row) => (string?)row[4] == user;
    }

    [Test]
    public async Task Erasing_fails_while_an_archive_is_missing()
    {
        using var archives = Open();
        await RunAsync(archives, s_end);
        Directory.Move(To, To + ".unmounted");
        Assert.That(async () => await archives.EraseAsync("demo", _ => true, default), Throws.InstanceOf<IOException>().With.Message.Contains("mount it"));
        Directory.CreateDirectory(To);
        Assert.That(async () => await archives.EraseAsync("demo", _ => true, default), Throws.InstanceOf<IOException>().With.Message.Contains("mount it"), "an empty mount point");
        Assert.That(async () => await RunAsync(archives, s_end), Throws.InstanceOf<IOException>().With.Message.Contains("mount it"), "nor is it begun anew");
        Assert.That(archives.Missing, Is.EqualTo(new[] { To }));
        Directory.Delete(To);
        Directory.Move(To + ".unmounted", To);
        Assert.That(await archives.EraseAsync("demo", _ => true, default), Is.EqualTo(_ids.Length));
    }

    string To => _scratch.PathOf("archive");

    EventArchives Open() => new(_scratch.PathOf("archives"), Id);

    ArchiveManifest Manifest() => new ArchiveFolder(To).Read()!;

    ArchiveJournals Journals()
    {
        var journals = _traffic.Journals();
        return new ArchiveJournals(journals.Length, i => journals[i], () => [], Keys: null, _ => ("demo", null));
    }

    Task<ArchiveOutcome> RunAsync(EventArchives archives, long until) => archives.RunAsync(To, Journals(), until, s_end, oldest: null, _ => { }, _ => { }, default);

    async Task AssertWholeAsync()
    {
        var tables = await AssertFilesAsync();
        Assert.That(tables.SelectMany(table => table.Rows).Select(row => (string)row[0]!).Order(StringComparer.Ordinal), Is.EqualTo(_ids));
        Assert.That(tables.Select(table => table.Rows.Select(row => (DateTime)row[11]!)), Is.All.Ordered, "each in the order received");
    }

    // The files that the manifest lists, as it lists them, and no others.
    async Task<IReadOnlyList<ParquetTable>> AssertFilesAsync()
    {
        var manifest = Manifest();
        var tables = new List<ParquetTable>();
        foreach (var file in manifest.Files)
        {
            var bytes = await File.ReadAllBytesAsync(Path.Combine(To, file.Path));
            var table = await ParquetTable.ReadAsync(bytes);
            Assert.That((file.Bytes, file.Sha256, file.Rows), Is.EqualTo((bytes.LongLength, Convert.ToHexStringLower(SHA256.HashData(bytes)), table.Rows.Count)), file.Path);
            Assert.That(table.Rows.Select(row => DateOnly.FromDateTime((DateTime)row[11]!)), Is.All.EqualTo(file.Date), file.Path);
            tables.Add(table);
        }

        Assert.That(Directory.EnumerateFiles(Path.Combine(To, "events"), "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(To, path).Replace('\\', '/')),
            Is.EquivalentTo(manifest.Files.Select(file => file.Path)));
        return tables;
    }

    // Pages are compressed, so what they decode to is searched as well as the files' bytes.
    async Task<IReadOnlyList<string>> FoundAsync(string text)
    {
        var found = PersonSearch.Find(To, [text], _ => true).ToList();
        foreach (var path in Directory.EnumerateFiles(To, "*.parquet", SearchOption.AllDirectories))
        {
            var table = await ParquetTable.ReadAsync(await File.ReadAllBytesAsync(path));
            found.AddRange(PersonSearch.FindIn([(path, EventJsonOf(table))], [text]));
        }

        return found;
    }

    static byte[] EventJsonOf(ParquetTable table) => System.Text.Encoding.UTF8.GetBytes(string.Join('\n', table.Rows.Select(row => string.Join('|', row))));

    static string Hash(string path) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));

    static void Crash(bool isNow)
    {
        if (isNow)
        {
            throw new CrashException();
        }
    }

    sealed class CrashException : Exception;
}
