using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text;
using CartRecovery.Engine.Telemetry;

namespace CartRecovery.Tests.Telemetry;

[TestFixture]
public sealed class PrometheusWriterTests
{
    Meter _meter = null!;
    PrometheusWriter _writer = null!;

    [SetUp]
    public void Start()
    {
        _meter = new Meter("CartRecovery");
        _writer = new PrometheusWriter(_meter);
    }

    [TearDown]
    public void Stop()
    {
        _writer.Dispose();
        _meter.Dispose();
    }

    [Test]
    public void A_counter_is_read_anew_at_each_scrape()
    {
        var processed = 41L;
        _meter.CreateObservableCounter("cartrecovery_events_processed_total", () => processed, description: "Events folded.");
        var first = Scrape();
        processed = 42;

        Assert.That(first, Does.Contain("""
            # HELP cartrecovery_events_processed_total Events folded.
            # TYPE cartrecovery_events_processed_total counter
            cartrecovery_events_processed_total 41

            """));
        Assert.That(Scrape(), Does.Contain("\ncartrecovery_events_processed_total 42\n"));
    }

    [Test]
    public void Instruments_and_measurements_with_the_same_name_and_tags_are_added_up()
    {
        for (var partition = 1; partition <= 3; partition++)
        {
            var depth = partition;
            _meter.CreateObservableUpDownCounter<int>("cartrecovery_queue_depth",
                () => [new(depth, new("queue", "partition"), new("kind", "x")), new(1, new("kind", "x"), new("queue", "partition"))]);
        }

        Assert.That(Scrape(), Does.Contain("# TYPE cartrecovery_queue_depth gauge\n"
            + "cartrecovery_queue_depth{kind=\"x\",queue=\"partition\"} 9\n"));
    }

    [Test]
    public void Names_get_the_prefix_and_the_ending_that_they_lack()
    {
        _meter.CreateObservableCounter("events.late", () => 1L);
        _meter.CreateObservableGauge("cartrecovery_model-age", () => 1.5);

        Assert.That(Scrape(), Does.Contain("\ncartrecovery_events_late_total 1\n").And.Contain("\ncartrecovery_model_age 1.5\n"));
    }

    [Test]
    public void Label_values_and_help_are_escaped()
    {
        _meter.CreateObservableGauge<long>("cartrecovery_odd", () => [new(1, new KeyValuePair<string, object?>("what", "a\\b\"c\nd"))],
            description: "back\\slash\nand line");

        Assert.That(Scrape(), Does.Contain("""
            # HELP cartrecovery_odd back\\slash\nand line
            # TYPE cartrecovery_odd gauge
            cartrecovery_odd{what="a\\b\"c\nd"} 1

            """));
    }

    [Test]
    public void Numbers_that_are_none_are_written_as_Prometheus_reads_them()
    {
        _meter.CreateObservableGauge<double>("cartrecovery_numbers", () =>
        [
            new(double.NaN, new KeyValuePair<string, object?>("n", 1)),
            new(double.PositiveInfinity, new KeyValuePair<string, object?>("n", 2)),
            new(double.NegativeInfinity, new KeyValuePair<string, object?>("n", 3)),
            new(1e-7, new KeyValuePair<string, object?>("n", 4)),
        ]);

        Assert.That(Scrape(), Does.Contain("{n=\"1\"} NaN\n").And.Contain("{n=\"2\"} +Inf\n").And.Contain("{n=\"3\"} -Inf\n")
            .And.Contain("{n=\"4\"} 1E-07\n"));
    }

    [Test]
    public void The_parts_of_a_histogram_are_merged()
    {
        LatencyHistogram[] parts = [new(), new()];
        parts[0].Record(400_000);
        parts[1].Record(4_000_000, 2);
        parts[1].Record(60_000_000_000);
        _writer.AddHistogram("cartrecovery_event_latency_seconds", "From received to decided.", parts, [0.0005, 0.005, 10]);

        Assert.That(Scrape(), Does.Contain("""
            # HELP cartrecovery_event_latency_seconds From received to decided.
            # TYPE cartrecovery_event_latency_seconds histogram
            cartrecovery_event_latency_seconds_bucket{le="0.0005"} 1
            cartrecovery_event_latency_seconds_bucket{le="0.005"} 3
            cartrecovery_event_latency_seconds_bucket{le="10"} 3
            cartrecovery_event_latency_seconds_bucket{le="+Inf"} 4
            cartrecovery_event_latency_seconds_sum 60.0084
            cartrecovery_event_latency_seconds_count 4

            """));
    }

    [Test]
    public void A_histogram_may_have_a_series_for_each_value_of_a_label()
    {
        LatencyHistogram[] parts = [new(), new()];
        parts[0].Record(20_000_000, 3);
        _writer.AddHistogram("cartrecovery_sink_write_seconds", "A write.", [parts[1]], [1], ("sink", "shop"));
        _writer.AddHistogram("cartrecovery_sink_write_seconds", "A write.", [parts[0]], [1], ("sink", "mail"));

        Assert.That(Scrape(), Does.Contain("""
            # HELP cartrecovery_sink_write_seconds A write.
            # TYPE cartrecovery_sink_write_seconds histogram
            cartrecovery_sink_write_seconds_bucket{sink="mail",le="1"} 3
            cartrecovery_sink_write_seconds_bucket{sink="mail",le="+Inf"} 3
            cartrecovery_sink_write_seconds_sum{sink="mail"} 0.06
            cartrecovery_sink_write_seconds_count{sink="mail"} 3
            cartrecovery_sink_write_seconds_bucket{sink="shop",le="1"} 0
            cartrecovery_sink_write_seconds_bucket{sink="shop",le="+Inf"} 0
            cartrecovery_sink_write_seconds_sum{sink="shop"} 0
            cartrecovery_sink_write_seconds_count{sink="shop"} 0

            """));
        Assert.That(() => _writer.AddHistogram("cartrecovery_sink_write_seconds", "A write.", [], [1], ("sink", "mail")), Throws.ArgumentException);
    }

    [Test]
    public void A_second_histogram_of_a_name_is_refused()
    {
        _writer.AddHistogram("cartrecovery_event_latency_seconds", "One.", []);

        Assert.That(() => _writer.AddHistogram("cartrecovery_event_latency_seconds", "Two.", []), Throws.ArgumentException);
    }

    [Test]
    public void An_instrument_that_fails_is_counted_and_the_others_are_written()
    {
        _meter.CreateObservableGauge<long>("cartrecovery_broken", (Func<long>)(() => throw new IOException("gone")));
        _meter.CreateObservableGauge("cartrecovery_sound", () => 7L);

        Assert.That(Scrape(), Does.Contain("\ncartrecovery_sound 7\n").And.Contain("\ncartrecovery_metrics_failures_total 1\n")
            .And.Not.Contain("cartrecovery_broken"));
    }

    [Test]
    public void Another_meter_of_the_same_name_is_left_alone()
    {
        using var other = new Meter("CartRecovery");
        other.CreateObservableGauge("cartrecovery_foreign", () => 1L);

        Assert.That(Scrape(), Does.Not.Contain("cartrecovery_foreign"));
    }

    [Test]
    public void An_instrument_that_is_not_observable_is_refused() =>
        Assert.That(() => _meter.CreateCounter<long>("cartrecovery_pushed_total"), Throws.InstanceOf<NotSupportedException>());

    [Test]
    public void A_series_that_is_not_measured_any_more_disappears()
    {
        var channel = "email";
        _meter.CreateObservableGauge<long>("cartrecovery_queue_depth", () => [new(1, new KeyValuePair<string, object?>("queue", channel))]);
        _ = Scrape();
        channel = "sms";

        Assert.That(Scrape(), Does.Contain("{queue=\"sms\"} 1").And.Not.Contain("email"));
    }

    [Test]
    public void The_process_shows_its_own_use()
    {
        var text = Scrape();

        Assert.That(ValueOf(text, "process_cpu_seconds_total"), Is.GreaterThan(0));
        Assert.That(ValueOf(text, "process_resident_memory_bytes"), Is.GreaterThan(1_000_000));
        Assert.That(ValueOf(text, "process_start_time_seconds"), Is.GreaterThan(1_600_000_000));
        Assert.That(ValueOf(text, "dotnet_gc_allocated_bytes_total"), Is.GreaterThan(0));
        Assert.That(ValueOf(text, "dotnet_gc_heap_size_bytes"), Is.GreaterThan(0));
        Assert.That(text, Does.Contain("dotnet_gc_collections_total{generation=\"2\"} "));
        if (OperatingSystem.IsLinux())
            Assert.That(ValueOf(text, "process_open_fds"), Is.GreaterThan(2));
    }

    [Test]
    public void Scrapes_at_the_same_time_each_get_a_whole_page()
    {
        _meter.CreateObservableGauge<long>("cartrecovery_queue_depth",
            () => [.. Enumerable.Range(0, 50).Select(i => new Measurement<long>(i, new KeyValuePair<string, object?>("queue", i)))]);
        var pages = new string[64];
        Parallel.For(0, pages.Length, i => pages[i] = Scrape());

        Assert.That(pages, Has.All.Matches<string>(page => page!.Split("cartrecovery_queue_depth{").Length == 51));
    }

    [Test]
    public void Promtool_finds_nothing_to_complain_about()
    {
        _meter.CreateObservableCounter<long>("cartrecovery_events_received_total",
            () => [new(5, new KeyValuePair<string, object?>("protocol", "websocket"))], description: "Events received.");
        _meter.CreateObservableUpDownCounter("cartrecovery_connections", () => 3, description: "Open connections.");
        var histogram = new LatencyHistogram();
        histogram.Record(3_000_000, 10);
        _writer.AddHistogram("cartrecovery_event_latency_seconds", "From received to decided.", [histogram]);

        Promtool.Passes(["check", "metrics"], Scrape());
    }

    string Scrape()
    {
        var buffer = new ArrayBufferWriter<byte>();
        _writer.Write(buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    static double ValueOf(string text, string name) =>
        double.Parse(text.Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal))[(name.Length + 1)..]);
}
