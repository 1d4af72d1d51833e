using System.Text;
using CartRecovery.Engine.Storage;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Storage;

/// <summary>Texts in the bytes of a database that no row uses.</summary>
public sealed class DatabaseScrubTests
{
    Scratch _scratch = null!;
    string _path = null!;

    [SetUp]
    public void SetUp()
    {
        _scratch = new Scratch();
        _path = _scratch.PathOf("test.db");
    }

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public void A_text_of_a_row_is_not_unused()
    {
        using var database = Fill(rows: 2000);
        Assert.That((Has("row-7 "), Has("z9")), Is.EqualTo((false, false)));
        Assert.That(DatabaseScrub.Contains(_path, [Encoding.UTF8.GetBytes("row-7 ")], default), "the file has it");
    }

    [Test]
    public void A_deleted_text_is_found_in_the_gaps_of_a_page_until_the_database_is_rewritten()
    {
        using var database = Fill(rows: 2000);
        database.Execute("PRAGMA secure_delete=OFF");
        database.Execute("DELETE FROM t WHERE x LIKE 'row-7 %' OR x LIKE 'row-1500 %'");
        Truncate();
        Assert.That((Has("row-7 "), Has("row-1500 "), Has("row-8 ")), Is.EqualTo((true, true, false)));
        DatabaseScrub.Rewrite(_path);
        Truncate();
        Assert.That((Has("row-7 "), Has("row-1500 "), Has("row-8 ")), Is.EqualTo((false, false, false)));
    }

    [Test]
    public void A_deleted_text_is_found_in_free_pages()
    {
        using var database = Fill(rows: 2000);
        database.Execute("PRAGMA secure_delete=OFF");
        database.Execute("DELETE FROM t WHERE rowid > 100 AND rowid < 1900");
        Truncate();
        Assert.That((Has("row-1000 "), Has("row-50 ")), Is.EqualTo((true, false)));
    }

    [Test]
    public void Deleting_securely_leaves_nothing()
    {
        using var database = Fill(rows: 2000);
        database.Execute("PRAGMA secure_delete=ON");
        database.Execute("DELETE FROM t WHERE rowid > 100 AND rowid < 1900");
        Truncate();
        Assert.That(Has("row-1000 "), Is.False);
    }

    [Test]
    public void The_rest_of_a_long_row_counts_as_unused()
    {
        using var database = Fill(rows: 1);
        database.Execute($"INSERT INTO t (x) VALUES ('{new string('a', 20_000)} z9 {new string('a', 20_000)}')");
        Truncate();
        Assert.That((Has("z9"), Has("row-0 ")), Is.EqualTo((true, false)));
    }

    [Test]
    public void A_file_of_another_layout_is_rewritten()
    {
        File.WriteAllBytes(_path, new byte[8192]);
        Assert.That((Has("z9"), DatabaseScrub.HasUnused(_path, [], default)), Is.EqualTo((true, false)));
    }

    Database Fill(int rows)
    {
        var database = new Database(_path);
        database.Execute("CREATE TABLE t (x TEXT)");
        database.Execute($"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {rows - 1}) INSERT INTO t (x) SELECT 'row-' || i || ' of the table' FROM n");
        Truncate();
        return database;
    }

    void Truncate() => Assert.That(DatabaseScrub.TryTruncateLog(_path), Is.True);

    bool Has(string text) => DatabaseScrub.HasUnused(_path, [Encoding.UTF8.GetBytes(text)], default);
}
