using System.Runtime.CompilerServices;
using System.Text;
using CartRecovery.Engine.Telemetry;

namespace CartRecovery.Tests.Telemetry;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class MetricRegistryTests
{
    readonly MetricRegistry _registry = new();

    [Test]
    public async Task A_metric_is_read_at_each_scrape()
    {
        var (events, depth) = (1L, 5L);
        _registry.Counter("cartrecovery_reads_total", "Reads.", ["protocol"], () => [new(events, "tcp"), new(0, "http")]);
        _registry.Gauge("cartrecovery_reads_depth", "Depth.", () => depth);
        await ScrapeAsync();
        (events, depth) = (7, 2);

        Assert.That(await ScrapeAsync(), Does.Contain("cartrecovery_reads_total{protocol=\"tcp\"} 7\n")
            .And.Contain("cartrecovery_reads_total{protocol=\"http\"} 0\n").And.Contain("cartrecovery_reads_depth 2\n"));
    }

    [Test]
    public async Task A_gauges_series_ends_with_what_it_measures_and_a_counters_stays()
    {
        string[] sinks = ["kept", "gone"];
        _registry.Gauge("cartrecovery_stopped", "Stopped.", ["sink"], () => sinks.Select(sink => new Sample(1, sink)));
        _registry.Counter("cartrecovery_sent_total", "Sent.", ["sink"], () => sinks.Select(sink => new Sample(1, sink)));
        await ScrapeAsync();
        sinks = ["kept"];

        var scrape = await ScrapeAsync();
        Assert.That(scrape, Does.Contain("cartrecovery_stopped{sink=\"kept\"} 1\n").And.Not.Contain("cartrecovery_stopped{sink=\"gone\"}"));
        Assert.That(scrape, Does.Contain("cartrecovery_sent_total{sink=\"gone\"} 1\n"));
    }

    [Test]
    public async Task A_failing_metric_is_counted_and_the_others_are_written()
    {
        _registry.Gauge("cartrecovery_broken", "Broken.", () => throw new IOException("gone"));
        _registry.Gauge("cartrecovery_sound", "Sound.", () => 7);

        Assert.That(await ScrapeAsync(), Does.Contain("\ncartrecovery_sound 7\n").And.Contain("\ncartrecovery_metrics_failures_total 1\n"));
    }

    [Test]
    public async Task Process_metrics_are_exported()
    {
        var snapshot = await _registry.ReadAsync();

        double Of(string name) => snapshot.Families[name].Samples.Sum(s => s.Value);
        Assert.That(Of("process_cpu_seconds_total"), Is.GreaterThan(0));
        Assert.That(Of("process_resident_memory_bytes"), Is.GreaterThan(1_000_000));
        Assert.That(Of("process_start_time_seconds"), Is.GreaterThan(1_600_000_000));
        Assert.That(Of("dotnet_gc_allocated_bytes_total"), Is.GreaterThan(0));
        Assert.That(snapshot.Families["dotnet_gc_collections_total"].Samples, Has.Count.EqualTo(GC.MaxGeneration + 1));
        if (OperatingSystem.IsLinux())
        {
            Assert.That(Of("process_open_fds"), Is.GreaterThan(2));
        }
    }

    [Test]
    public async Task Concurrent_scrapes_each_receive_a_complete_page()
    {
        _registry.Gauge("cartrecovery_reads_depth", "Depth.", ["queue"], () => Enumerable.Range(0, 50).Select(i => new Sample(i, $"q{i}")));
        var pages = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(ScrapeAsync)));

        Assert.That(pages, Has.All.Matches<string>(page => page!.Split("cartrecovery_reads_depth{").Length == 51));
    }

    [Test]
    public async Task A_snapshot_preserves_labels()
    {
        _registry.Gauge("cartrecovery_odd", "Odd.", ["a", "b"], () => [new(1.5, "x\\y\"z\nw", "{1,2}=3 4")]);
        var family = (await _registry.ReadAsync()).Families["cartrecovery_odd"];

        Assert.That((family.Type, family.Help), Is.EqualTo(("gauge", "Odd.")));
        Assert.That(family.Samples.Single().Labels, Is.EqualTo(new KeyValuePair<string, object?>[] { new("a", "x\\y\"z\nw"), new("b", "{1,2}=3 4") }));
        Assert.That(family.Samples.Single().Value, Is.EqualTo(1.5));
    }

    [Test]
    public async Task A_quantile_is_interpolated_in_its_bucket()
    {
        var histogram = _registry.Histogram("cartrecovery_reads_seconds", "Time.", [1, 2, 4]);
        Assert.That((await _registry.ReadAsync()).Quantile("cartrecovery_reads_seconds", 0.5), Is.Zero);
        histogram.Observe(0.5, 50);
        histogram.Observe(3, 40);
        histogram.Observe(9, 10);
        var snapshot = await _registry.ReadAsync();

        Assert.That(snapshot.Quantile("cartrecovery_reads_seconds", 0.25), Is.EqualTo(0.5));
        Assert.That(snapshot.Quantile("cartrecovery_reads_seconds", 0.7), Is.EqualTo(3));
        Assert.That(snapshot.Quantile("cartrecovery_reads_seconds", 0.99), Is.EqualTo(4));
    }

    async Task<string> ScrapeAsync()
    {
        using var page = new MemoryStream();
        await _registry.WriteAsync(page);
        return Encoding.UTF8.GetString(page.ToArray());
    }

    // One process may run several engines in sequence, as these tests do.
    [Test]
    public void A_disposed_registry_releases_its_sources()
    {
        var registry = new MetricRegistry();
        var read = Declare(registry);
        registry.Dispose();
        GC.Collect();
        Assert.That(read.IsAlive, Is.False);
        GC.KeepAlive(registry);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static WeakReference Declare(MetricRegistry registry)
    {
        var engine = new object();
        registry.Gauge("cartrecovery_test", "A test.", () => engine.GetHashCode());
        return new WeakReference(engine);
    }
}
