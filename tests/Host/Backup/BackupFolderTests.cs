using System.Text;
using CartRecovery.Host.Backup;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Backup;

public sealed class BackupFolderTests
{
    const string Key = "a key that has at least 32 characters";

    Scratch _scratch = null!;

    [SetUp]
    public void Make() => _scratch = new Scratch();

    [TearDown]
    public void Delete() => _scratch.Dispose();

    [Test]
    public void Backups_are_pruned_by_count_and_age_and_the_newest_stays()
    {
        using var folder = Open();
        foreach (var day in new[] { 1, 2, 3, 4 })
        {
            Add(folder, day, ("file", $"contents of day {day}"));
        }

        Assert.That(folder.Prune(keep: 3, before: null), Is.EqualTo(new[] { IdOf(1) }));
        Assert.That(folder.Prune(keep: 100, before: Day(4)), Is.EqualTo(new[] { IdOf(2), IdOf(3) }));
        Assert.That(folder.Prune(keep: 1, before: Day(20)), Is.Empty);
        Assert.That(folder.List(), Is.EqualTo(new[] { IdOf(4) }));
        Assert.That(Blobs(), Has.Length.EqualTo(1));
        Assert.That(TextOf(folder, folder.Read(), "file"), Is.EqualTo("contents of day 4"));
    }

    [Test]
    public void A_damaged_file_is_found_with_its_name([Values(null, Key)] string? key)
    {
        using var folder = Open(key);
        var manifest = Add(folder, 1, ("carts", "three carts"), ("orders", "two orders"));
        Assert.That(folder.Verify(manifest), Is.Empty);
        var blob = Blobs().Single(file => file.EndsWith(manifest.Files[1].Blob, StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(blob);
        bytes[^1] ^= 1;
        File.WriteAllBytes(blob, bytes);
        Assert.That(folder.Verify(manifest), Has.Count.EqualTo(1).And.Some.Contains(manifest.Files[1].Blob));
        File.Delete(blob);
        Assert.That(folder.Verify(manifest), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_file_is_rewritten_in_every_backup_and_its_former_contents_are_gone([Values(null, Key)] string? key)
    {
        using var folder = Open(key);
        var first = Add(folder, 1, ("database", "zoe and ben"), ("other", "kept"));
        var shared = new BackupManifest(1, IdOf(2), Day(2), "test", first.Files);
        folder.Write(shared);
        Add(folder, 3, ("database", "zoe, ben and ada"), ("other", "kept too"));
        Add(folder, 4, ("database", "ben and ada"));
        var calls = 0;
        var changed = await folder.RewriteAsync("database", async (copy, stop) =>
        {
            calls++;
            var text = await File.ReadAllTextAsync(copy, stop);
            await File.WriteAllTextAsync(copy, text.Replace("zoe", "___", StringComparison.Ordinal), stop);
            return text.Contains("zoe", StringComparison.Ordinal);
        }, _scratch.PathOf("work"));

        Assert.That((changed, calls), Is.EqualTo((2, 3)), "backups that share contents are rewritten once");
        Assert.That(folder.List().Select(id => TextOf(folder, folder.Read(id), "database")), Is.EqualTo(new[] { "___ and ben", "___ and ben", "___, ben and ada", "ben and ada" }));
        Assert.That(folder.List().SelectMany(id => folder.Verify(folder.Read(id))), Is.Empty);
        Assert.That(Directory.EnumerateFiles(_scratch.Folder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith("/lock", StringComparison.Ordinal)).Where(file => Encoding.UTF8.GetString(File.ReadAllBytes(file)).Contains("zoe", StringComparison.Ordinal)), Is.Empty);
        Assert.That(TextOf(folder, folder.Read(IdOf(3)), "other"), Is.EqualTo("kept too"));
    }

    [Test]
    public void A_destination_has_one_user_at_a_time_and_reports_what_is_missing()
    {
        Assert.That(() => BackupFolder.Open(_scratch.PathOf("none"), BackupCipher.Of(null)), Throws.TypeOf<BackupException>().With.Property("Code").EqualTo("backup_missing"));
        using var folder = Open();
        Assert.That(() => Open(), Throws.TypeOf<BackupException>().With.Property("Code").EqualTo("backup_in_use"));
        Assert.That(() => folder.Read(), Throws.TypeOf<BackupException>().With.Property("Code").EqualTo("backup_missing"));
        Assert.That(() => folder.Read("../../etc/passwd"), Throws.TypeOf<BackupException>().With.Property("Code").EqualTo("backup_missing"));
    }

    [Test]
    public void A_restore_overwrites_nothing_and_writes_nowhere_else()
    {
        using var folder = Open();
        var manifest = Add(folder, 1, ("a/b", "deep"), ("c", "flat"));
        Directory.CreateDirectory(_scratch.PathOf("full"));
        File.WriteAllText(_scratch.PathOf("full/file"), "mine");
        Assert.That(() => BackupRestore.Run(folder, manifest, _scratch.PathOf("full"), (_, _) => { }), Throws.TypeOf<BackupException>().With.Property("Code").EqualTo("restore_not_empty"));

        BackupRestore.Run(folder, manifest, _scratch.PathOf("new"), (_, _) => { });
        Assert.That(File.ReadAllText(_scratch.PathOf("new/a/b")), Is.EqualTo("deep"));

        var evil = manifest with { Files = [manifest.Files[0] with { Path = "../evil" }] };
        Assert.That(() => BackupRestore.Run(folder, evil, _scratch.PathOf("other"), (_, _) => { }), Throws.TypeOf<BackupException>().With.Property("Code").EqualTo("restore_path"));
        var damaged = manifest with { Files = [manifest.Files[0] with { Sha256 = manifest.Files[1].Sha256 }] };
        Assert.That(() => BackupRestore.Run(folder, damaged, _scratch.PathOf("other"), (_, _) => { }), Throws.TypeOf<InvalidDataException>());
        Assert.That(Directory.GetDirectories(_scratch.Folder).Select(Path.GetFileName), Is.EquivalentTo(new[] { "backups", "full", "new" }), "nothing is left of what failed");
        Assert.That(File.Exists(_scratch.PathOf("evil")), Is.False);
    }

    [Test]
    public void A_destination_belongs_to_one_data_folder()
    {
        using var folder = Open();
        folder.Claim("0123456789abcdef");
        folder.Claim("0123456789abcdef");
        Assert.That(() => folder.Claim("fedcba9876543210"), Throws.TypeOf<BackupException>().With.Property("Code").EqualTo("backup_foreign"));
    }

    [Test]
    public void Missing_and_truncated_contents_are_detected_and_failed_writes_leave_nothing([Values(null, Key)] string? key)
    {
        using var folder = Open(key);
        var manifest = Add(folder, 1, ("carts", "three carts"), ("orders", "two orders"));
        Assert.That(manifest.Files.Select(folder.Has), Is.EqualTo(new[] { true, true }));
        Assert.That(() => folder.Store("bad", source: null, _ => throw new IOException("the disk failed")), Throws.TypeOf<IOException>());
        Assert.That(Blobs(), Has.Length.EqualTo(2));
        using (var blob = File.OpenWrite(_scratch.PathOf("backups/blobs/" + manifest.Files[0].Blob)))
        {
            blob.SetLength(blob.Length - 1);
        }

        File.Delete(_scratch.PathOf("backups/blobs/" + manifest.Files[1].Blob));
        Assert.That(manifest.Files.Select(folder.Has), Is.EqualTo(new[] { false, false }));
    }

    [Test]
    public void Readers_share_a_destination_and_keep_writers_out()
    {
        Open().Dispose();
        using var one = BackupFolder.Open(_scratch.PathOf("backups"), BackupCipher.Of(null));
        using var two = BackupFolder.Open(_scratch.PathOf("backups"), BackupCipher.Of(null));
        Assert.That(() => Open(), Throws.TypeOf<BackupException>().With.Property("Code").EqualTo("backup_in_use"));
    }

    [Test]
    public void A_manifest_that_names_other_files_is_refused()
    {
        var file = new BackupFile("a/b", "0123456789abcdef0123456789abcdef", 1, "", Source: null);
        var good = new BackupManifest(1, IdOf(1), Day(1), "test", [file]);
        Assert.That(BackupManifest.Parse(good.ToJson()).Files, Is.EqualTo(good.Files));
        BackupManifest[] bad =
        [
            good with { Id = "../x" }, good with { Files = [file, file] },
            .. new[] { "", "/etc/passwd", "../x", "a/../../x", "a//b", "./a" }.Select(path => good with { Files = [file with { Path = path }] }),
            .. new[] { "", "../../keys/root", "0123456789ABCDEF0123456789ABCDEF" }.Select(blob => good with { Files = [file with { Blob = blob }] }),
        ];
        foreach (var manifest in bad)
        {
            Assert.That(() => BackupManifest.Parse(manifest.ToJson()), Throws.TypeOf<InvalidDataException>());
        }
    }

    [Test]
    public void A_restore_into_an_empty_folder_that_exists_keeps_the_folder()
    {
        using var folder = Open();
        var manifest = Add(folder, 1, ("format", "2"), ("a/b", "deep"), ("c", "flat"));
        File.WriteAllText(Path.Combine(folder.KeysPath, "root"), "key");
        Directory.CreateDirectory(_scratch.PathOf("volume/lost+found"));
        Directory.CreateDirectory(_scratch.PathOf("volume/restore.tmp"));
        BackupRestore.Run(folder, manifest, _scratch.PathOf("volume"), (_, _) => { });
        Assert.That(Directory.GetFileSystemEntries(_scratch.PathOf("volume")).Select(Path.GetFileName), Is.EquivalentTo(new[] { "a", "c", "format", "keys", "lost+found", "restored" }));
        Assert.That((File.ReadAllText(_scratch.PathOf("volume/a/b")), File.ReadAllText(_scratch.PathOf("volume/keys/root"))), Is.EqualTo(("deep", "key")));
    }

    BackupFolder Open(string? key = null) => BackupFolder.Open(_scratch.PathOf("backups"), BackupCipher.Of(key), create: true);

    string[] Blobs() => Directory.GetFiles(_scratch.PathOf("backups/blobs"));

    static BackupManifest Add(BackupFolder folder, int day, params (string Path, string Text)[] files)
    {
        var manifest = new BackupManifest(1, IdOf(day), Day(day), "test", [.. files.Select(file =>
        {
            var stream = new MemoryStream(Encoding.UTF8.GetBytes(file.Text));
            return folder.Store(file.Path, source: null, buffer => stream.Read(buffer.Span));
        })]);
        folder.Write(manifest);
        return manifest;
    }

    static string TextOf(BackupFolder folder, BackupManifest manifest, string path)
    {
        var text = new MemoryStream();
        folder.Load(manifest.Files.Single(file => file.Path == path), bytes => text.Write(bytes.Span));
        return Encoding.UTF8.GetString(text.ToArray());
    }

    static DateTime Day(int day) => new(2027, 1, day, 0, 0, 0, DateTimeKind.Utc);

    static string IdOf(int day) => BackupId.Of(Day(day));
}
