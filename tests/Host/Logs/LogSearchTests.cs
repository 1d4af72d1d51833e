using System.Globalization;
using CartRecovery.Host.Logs;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Logs;

sealed class LogSearchTests
{
    Scratch _scratch = null!;
    LogSearch _search = null!;

    [SetUp]
    public void Open()
    {
        _scratch = new Scratch();
        _search = new LogSearch(_scratch.Folder);
    }

    [TearDown]
    public void Close()
    {
        _search.Dispose();
        _scratch.Dispose();
    }

    [Test]
    public async Task Pages_go_back_through_the_files_without_gaps_or_repeats([Values(1, 3, 7, 100)] int limit)
    {
        Write("engine-20261201.ndjson", 0, 5);
        Write("engine-20261202.ndjson", 5, 10);
        Write("engine-20261202_001.ndjson", 10, 12);
        Write("engine-20261202_010.ndjson", 12, 13);
        File.WriteAllText(_scratch.PathOf("other.ndjson"), Line(99));

        List<int> found = [];
        LogPosition? before = null;
        do
        {
            using var page = await _search.FindAsync(new LogQuery(), before, limit, CancellationToken.None);
            Assert.That(page.Lines, Has.Count.LessThanOrEqualTo(limit));
            found.AddRange(page.Lines.Select(line => line.RootElement.GetProperty("number").GetInt32()));
            before = page.Next is { } next ? LogPosition.Read(next.ToString()) : null;
        }
        while (before is not null);

        Assert.That(found, Is.EqualTo(Enumerable.Range(0, 13).Reverse()));
    }

    [Test]
    public async Task Lines_across_windows_are_whole()
    {
        var padding = new string('x', 3000);
        File.WriteAllLines(_scratch.PathOf("engine-20261202.ndjson"), Enumerable.Range(0, 1000).Select(i => Line(i, padding)));
        using var page = await _search.FindAsync(new LogQuery(), before: null, 1000, CancellationToken.None);
        Assert.That(page.Lines.Select(line => line.RootElement.GetProperty("number").GetInt32()), Is.EqualTo(Enumerable.Range(0, 1000).Reverse()));
    }

    [Test]
    public async Task A_line_that_is_not_ended_yet_and_one_that_is_too_long_are_left_out()
    {
        File.WriteAllText(_scratch.PathOf("engine-20261202.ndjson"), $"{Line(1)}\n{Line(2, new string('x', 3 << 20))}\n{Line(3)}\n{Line(4)[..40]}");
        using var page = await _search.FindAsync(new LogQuery(), before: null, 10, CancellationToken.None);
        Assert.That(page.Lines.Select(line => line.RootElement.GetProperty("number").GetInt32()), Is.EqualTo(new[] { 3, 1 }));
    }

    [Test]
    public async Task A_file_deleted_meanwhile_is_passed_over()
    {
        Write("engine-20261201.ndjson", 0, 2);
        Write("engine-20261202.ndjson", 2, 4);
        using var page = await _search.FindAsync(new LogQuery(), before: null, 1, CancellationToken.None);
        File.Delete(_scratch.PathOf("engine-20261202.ndjson"));
        using var next = await _search.FindAsync(new LogQuery(), page.Next, 10, CancellationToken.None);
        Assert.That(next.Lines.Select(line => line.RootElement.GetProperty("number").GetInt32()), Is.EqualTo(new[] { 1, 0 }));
    }

    [Test]
    public async Task A_page_reads_a_bounded_number_of_bytes_and_says_where_to_go_on()
    {
        var padding = new string('x', 1000);
        var lines = string.Concat(Enumerable.Range(1, 1000).Select(i => Line(i, padding) + "\n"));
        using (var file = File.CreateText(_scratch.PathOf("engine-20261202.ndjson")))
        {
            file.Write(Line(0, "needle") + "\n");
            for (long written = 0; written < LogSearch.MaxBytes; written += lines.Length)
            {
                file.Write(lines);
            }
        }

        var query = new LogQuery();
        Assert.That(query.TryAdd("needle", out _));
        using var first = await _search.FindAsync(query, before: null, 10, CancellationToken.None);
        Assert.That((first.Lines.Count, first.Next is not null), Is.EqualTo((0, true)));
        using var second = await _search.FindAsync(query, first.Next, 10, CancellationToken.None);
        Assert.That(second.Lines, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Files_that_begin_after_the_time_are_not_read()
    {
        Write("engine-20261202.ndjson", 0, 5);
        var lines = string.Concat(Enumerable.Range(0, 1000).Select(i => Line(1800 + i, new string('x', 1000)) + "\n"));
        using (var file = File.CreateText(_scratch.PathOf("engine-20261202_001.ndjson")))
        {
            for (long written = 0; written < LogSearch.MaxBytes; written += lines.Length)
            {
                file.Write(lines);
            }
        }

        var to = DateTimeOffset.Parse("2026-12-02T08:00:03Z", CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        using var page = await _search.FindAsync(new LogQuery { To = to }, before: null, 10, CancellationToken.None);
        Assert.That(page.Lines.Select(line => line.RootElement.GetProperty("number").GetInt32()), Is.EqualTo(new[] { 2, 1, 0 }), "in the first page, though the later file is as large as a page");
    }

    [Test]
    public async Task A_log_without_files_is_empty()
    {
        using var search = new LogSearch(_scratch.PathOf("none"));
        using var page = await search.FindAsync(new LogQuery(), before: null, 10, CancellationToken.None);
        Assert.That((page.Lines.Count, page.Next), Is.EqualTo((0, (LogPosition?)null)));
    }

    void Write(string name, int from, int to) => File.WriteAllText(_scratch.PathOf(name), string.Concat(Enumerable.Range(from, to - from).Select(i => Line(i) + "\n")));

    static string Line(int number, string message = "") => string.Create(CultureInfo.InvariantCulture,
        $$"""{"time":"2026-12-02T08:{{number / 60 % 60:00}}:{{number % 60:00}}.000Z","level":"information","event":"test","category":"Tests","message":"{{message}}","number":{{number}}}""");
}
