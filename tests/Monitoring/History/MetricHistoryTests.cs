using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Storage;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Monitoring.History;

/// <summary>Checks what a history keeps, through crashes, age and bounds.</summary>
public sealed class MetricHistoryTests
{
    const long Start = 1_764_000_000_000 / HistoryLevels.FinestSpan * HistoryLevels.FinestSpan;

    static readonly LabelMatcher[] s_all = [new(SeriesLabels.Name, LabelMatch.NotEqual, "")];

    Scratch _folder = null!;
    ManualTime _time = null!;
    MetricHistory _history = null!;

    string FilePath => _folder.PathOf("metrics.db");

    [SetUp]
    public void Open()
    {
        (_folder, _time) = (new Scratch(), new ManualTime(Start));
        _history = Reopened();
    }

    [TearDown]
    public void Close()
    {
        _history.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void Queries_see_samples_at_once_and_within_their_range()
    {
        Run(TimeSpan.FromMinutes(1), i => i);
        Assert.That(Values("ticks_total", 30_000, 45_000), Is.EqualTo(new[] { 2.0, 3 }));
        Assert.That(Values("ticks_total", 61_000, 90_000), Is.Empty);
        Assert.That(_history.Find([new("job", LabelMatch.Equal, "b")], Start, Start + 60_000).Single()["job"], Is.EqualTo("b"));
        Assert.That(_history.Latest(s_all, Start).Select(latest => latest.Sample), Is.All.EqualTo(new SeriesSample(Start + 60_000, 4)));
    }

    [Test]
    public void A_crash_loses_only_what_was_not_flushed()
    {
        Run(TimeSpan.FromHours(5), i => i, flushEvery: 2);
        var flushed = _history.Select(s_all, 0, long.MaxValue).ToDictionary(series => series.Labels, series => series.Samples);
        _time.Advance(TimeSpan.FromSeconds(15));
        _history.Append(Ticks("a"), Now, 9999);

        // What a killed process leaves: the files as they are.
        using var crashed = new Scratch();
        foreach (var file in Directory.EnumerateFiles(_folder.Folder))
        {
            File.Copy(file, crashed.PathOf(Path.GetFileName(file)));
        }

        using var recovered = MetricHistory.Open(crashed.PathOf("metrics.db"), time: _time);
        var read = recovered.Select(s_all, 0, long.MaxValue).ToArray();
        Assert.That(read, Has.Length.EqualTo(2));
        Assert.That(read.Select(series => series.Samples), Is.All.EqualTo(flushed[Ticks("a")]).And.All.Length.EqualTo(1200));
        Assert.That(recovered.Append(Ticks("a"), Now - 15_000, 1), Is.EqualTo(AppendResult.OutOfOrder), "known already");
        Assert.That(recovered.Append(Ticks("a"), Now, 1), Is.EqualTo(AppendResult.Appended));
    }

    [Test]
    public void A_restart_loses_nothing()
    {
        Run(TimeSpan.FromMinutes(150), i => i);
        _history.Describe(new MetricMetadata("ticks_total", MetricType.Counter, "Ticks."));
        _history.Dispose();
        _history = Reopened();
        Assert.That(Values("ticks_total", 0, long.MaxValue - Start), Is.EqualTo(Enumerable.Range(1, 600)));
        Assert.That(_history.Metadata.Single().Help, Is.EqualTo("Ticks."));
    }

    [Test]
    public void Old_samples_are_read_from_coarser_levels_and_keep_the_increase()
    {
        Run(TimeSpan.FromDays(4), i => i * 3, flushEvery: 240);
        var samples = _history.Select([new("job", LabelMatch.Equal, "a"), .. s_all], 0, long.MaxValue).Single().Samples;
        var distances = samples.Zip(samples.Skip(1), (a, b) => (int)(b.Time - a.Time)).Distinct();
        Assert.That(distances, Is.EqualTo(new[] { 60_000, 15_000 }));
        Assert.That(samples.Select(sample => sample.Value), Is.Ordered.Ascending);
        Assert.That(samples[^1].Value - samples[0].Value, Is.EqualTo(3 * (Now - samples[0].Time) / 15_000));

        var engine = new PromQlEngine(_history);
        var rate = (PromVector)engine.Evaluate(PromQuery.Parse("rate(ticks_total{job=\"a\"}[1h])"), Start + (5 * 3_600_000));
        Assert.That(rate.Samples.Single().Value, Is.EqualTo(0.2).Within(1e-9));
    }

    [Test]
    public void What_no_level_keeps_any_more_is_gone_from_the_disk()
    {
        Run(TimeSpan.FromHours(3), i => i);
        for (var day = 0; day < 410; day += 10)
        {
            _time.Advance(TimeSpan.FromDays(10));
            _history.Flush();
        }

        Assert.That(_history.Statistics.Series, Is.Zero);
        Assert.That(_history.Statistics.LevelBytes, Is.All.Zero);
        Assert.That(Rows("series") + Rows("chunks") + Rows("log"), Is.Zero);
    }

    [Test]
    public void Samples_that_are_not_taken_are_counted_by_reason()
    {
        _history.Dispose();
        _history = Reopened(new MetricHistoryOptions { MaxSeries = 2 });
        Run(TimeSpan.FromMinutes(1), i => i);
        Assert.Multiple(() =>
        {
            Assert.That(_history.Append(Ticks("a"), Now, 4), Is.EqualTo(AppendResult.Duplicate));
            Assert.That(_history.Append(Ticks("a"), Now, 5), Is.EqualTo(AppendResult.OutOfOrder));
            Assert.That(_history.Append(Ticks("a"), Now + 600_000, 5), Is.EqualTo(AppendResult.TooNew));
            Assert.That(_history.Append(Ticks("a"), Now - (3 * 86_400_000), 5), Is.EqualTo(AppendResult.TooOld));
            Assert.That(_history.Append(Ticks("c"), Now, 5), Is.EqualTo(AppendResult.SeriesLimit));
            Assert.That(_history.Statistics.Refused.Values.Sum(), Is.EqualTo(4));
        });
        _history.Dispose();
        _history = Reopened();
        Assert.That(_history.Append(SeriesLabels.Of("not a name"), Now, 5), Is.EqualTo(AppendResult.InvalidLabels));
    }

    [Test]
    public void Places_are_reserved_for_rules_and_for_the_engine()
    {
        _history.Dispose();
        _history = Reopened(new MetricHistoryOptions { MaxSeries = 20 });
        Assert.That(Fill(SeriesOwner.Other), Is.EqualTo(16));
        Assert.That(Fill(SeriesOwner.Rule), Is.EqualTo(2));
        Assert.That(Fill(SeriesOwner.Engine), Is.EqualTo(2));

        int Fill(SeriesOwner owner) => Enumerable.Range(0, 30).Count(i => _history.Append(Ticks($"{owner}{i}"), Now, 1, owner) == AppendResult.Appended);
    }

    [Test]
    public void Series_that_have_ended_give_way_to_new_ones_when_the_history_is_full()
    {
        var options = new MetricHistoryOptions { MaxSeries = 10 };
        _history.Dispose();
        _history = Reopened(options);
        for (var i = 0; i < 6; i++)
        {
            _history.Append(Ticks($"old{i}"), Now, 1);
        }

        Run(TimeSpan.FromHours(3), i => i);
        Assert.That(_history.Append(Ticks("new0"), Now, 1), Is.EqualTo(AppendResult.Appended), "of eight places, six are of series that have ended");
        Assert.That(Enumerable.Range(1, 20).Count(i => _history.Append(Ticks($"new{i}"), Now, 1) == AppendResult.Appended), Is.EqualTo(5), "what is live stays");
        _history.Flush();
        Assert.That((Rows("series"), _history.Statistics.Series), Is.EqualTo((8L, 8)));
        Assert.That(_history.Append(Ticks("old0"), Now, 1), Is.EqualTo(AppendResult.SeriesLimit));
        _history.Dispose();
        _history = Reopened(options);
        Assert.That(_history.Find(s_all, 0, long.MaxValue).Select(labels => labels["job"]), Is.EquivalentTo(new[] { "a", "b", "new0", "new1", "new2", "new3", "new4", "new5" }));
        Assert.That(Values("ticks_total", 0, 60_000), Is.EqualTo(new[] { 1.0, 2, 3, 4 }), "the samples of live series stay too");
    }

    [Test]
    public void A_damaged_chunk_is_said_and_the_others_are_read()
    {
        Run(TimeSpan.FromHours(7), i => i, flushEvery: 20);
        using (var database = new Database(FilePath))
        {
            database.Execute("UPDATE chunks SET data = zeroblob(length(data)) WHERE key = (SELECT min(key) FROM chunks)");
        }

        Assert.That(_history.Select(s_all, 0, long.MaxValue).Select(series => series.Samples.Length), Is.EquivalentTo(new[] { 1680, 1200 }));
        Assert.That(_history.Statistics.Damaged, Is.EqualTo(1));
        Assert.That(_history.Statistics.Problem, Does.Contain("damaged"));
    }

    [Test]
    public void A_file_that_is_no_database_is_put_aside()
    {
        _history.Dispose();
        File.WriteAllText(FilePath, new string('x', 8192));
        _history = Reopened();
        Assert.That(_history.Statistics.Problem, Does.Contain(".damaged"));
        Run(TimeSpan.FromMinutes(1), i => i);
        Assert.That(Values("ticks_total", 0, 60_000), Has.Length.EqualTo(4));
    }

    [Test]
    public void Beyond_its_bytes_a_history_loses_its_oldest_samples()
    {
        _history.Dispose();
        _history = Reopened(new MetricHistoryOptions { MaxBytes = 300_000 });
        var random = new Random(1);
        Run(TimeSpan.FromHours(36), _ => random.NextDouble(), flushEvery: 40);
        Assert.That(_history.Statistics.Bytes, Is.LessThan(420_000));
        var oldest = _history.Select(s_all, 0, long.MaxValue).Min(series => series.Samples[0].Time);
        Assert.That(oldest, Is.GreaterThan(Start + 15_000));
        Assert.That(_history.Select(s_all, 0, long.MaxValue).Select(series => series.Samples[^1].Time), Is.All.EqualTo(Now));
    }

    [Test]
    public void Late_samples_of_a_series_that_had_stopped_join_their_window()
    {
        _history.Append(Ticks("a"), Start + 60_000, 1);
        _time.Advance(TimeSpan.FromHours(3));
        _history.Flush();
        Assert.That(_history.Append(Ticks("a"), Start + 120_000, 2), Is.EqualTo(AppendResult.Appended));
        _history.Flush();
        Assert.That(Values("ticks_total", 0, 200_000), Is.EqualTo(new[] { 1.0, 2 }));
        _history.Append(Ticks("a"), Now, 3);
        _history.Flush();
        Assert.That(Values("ticks_total", 0, Now - Start), Is.EqualTo(new[] { 1.0, 2, 3 }));
    }

    [Test]
    public void Levels_that_do_not_fit_together_are_refused() => Assert.That(
        () => Reopened(new MetricHistoryOptions { Levels = [new(TimeSpan.FromSeconds(7), TimeSpan.FromDays(2))] }), Throws.ArgumentException);

    long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    static SeriesLabels Ticks(string job) => SeriesLabels.Of("ticks_total", "job", job);

    MetricHistory Reopened(MetricHistoryOptions? options = null) => MetricHistory.Open(FilePath, options, _time);

    // Appends to two series every 15 seconds.
    void Run(TimeSpan length, Func<int, double> value, int flushEvery = 100)
    {
        for (var i = 1; i <= length.TotalSeconds / 15; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(15));
            var next = value(i);
            _history.Append(Ticks("a"), Now, next);
            _history.Append(Ticks("b"), Now, next);
            if (i % flushEvery == 0)
            {
                _history.Flush();
            }
        }
    }

    double[] Values(string name, long from, long to) =>
        [.. _history.Select([new(SeriesLabels.Name, LabelMatch.Equal, name), new("job", LabelMatch.Equal, "a")], Start + from, Start + to)
            .SelectMany(series => series.Samples).Select(sample => sample.Value)];

    long Rows(string table)
    {
        using var database = new Database(FilePath, isReader: true);
        return database.Prepare($"SELECT count(*) FROM {table}").Number() ?? 0;
    }
}
