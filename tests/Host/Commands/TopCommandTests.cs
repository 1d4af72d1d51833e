using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Commands.Monitoring;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Commands;

public sealed class TopCommandTests
{
    static readonly DateTimeOffset s_now = new(2027, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void Rates_are_of_the_interval_and_the_busiest_stores_come_first()
    {
        var lines = Frame(Metrics(100, 40, 900), Metrics(300, 60, 1900));
        Assert.That(lines[0], Does.StartWith("cartrecovery  up 1h  ").And.Contain("connections 7"));
        Assert.That(RowOf(lines, "received"), Is.EqualTo(new[] { "received", "100", "300" }));
        Assert.That(lines.SkipWhile(line => !line.StartsWith("STORE", StringComparison.Ordinal)).Skip(1).Take(2).Select(line => line.Split(' ')[0]),
            Is.EqualTo(new[] { "busy", "calm" }));
        Assert.That(RowOf(lines, "busy")[..4], Is.EqualTo(new[] { "busy", "500", "1900", "2" }));
        Assert.That(RowOf(lines, "0"), Is.EqualTo(new[] { "0", "100", "300", "5" }));
        Assert.That(RowOf(lines, "outreach")[..2], Is.EqualTo(new[] { "outreach", "3" }));
        Assert.That(lines, Has.None.StartsWith("partition-0"), "the queues of partitions are beside their rates");
    }

    [Test]
    public void A_restart_counts_from_nothing() => Assert.That(RowOf(Frame(Metrics(100, 40, 900), Metrics(50, 10, 20)), "received")[1], Is.EqualTo("25"));

    [Test]
    public void Quantiles_are_of_the_interval()
    {
        // Since the former frame, 10 events took up to a millisecond and 10 up to two.
        var rates = new MetricRates(MetricSnapshot.Parse(Latency(100, 100, 100)), MetricSnapshot.Parse(Latency(110, 120, 120)), TimeSpan.FromSeconds(2));
        Assert.That(rates.Quantile("cartrecovery_event_latency_seconds", 0.5), Is.EqualTo(0.001).Within(1e-9));
        Assert.That(rates.Quantile("cartrecovery_event_latency_seconds", 0.75), Is.EqualTo(0.0015).Within(1e-9));
        Assert.That(rates.Quantile("cartrecovery_sink_write_seconds", 0.5), Is.Null);
    }

    [Test]
    public void A_frame_is_cut_to_the_window()
    {
        var drawn = TopCommand.OnScreen([.. Enumerable.Range(0, 50).Select(i => $"{i} {new string('x', 200)}")], 80, 24).Split("\r\n");
        Assert.That(drawn, Has.Length.EqualTo(23));
        Assert.That(drawn[1], Has.Length.EqualTo(80 + "\e[K".Length));
    }

    [Test]
    public async Task One_frame_of_a_running_engine_is_printed()
    {
        var engine = await InProcessEngine.StartAsync();
        await engine.PostAsync("/v1/events", EventJson.Of("c1"));
        using var output = new StringWriter();
        using var http = new HttpClient { BaseAddress = engine.Http.BaseAddress };
        Assert.That(await TopCommand.RunAsync(new TopOptions { Once = true, Interval = 0.1 }, http, output, isLive: false, TimeProvider.System, default), Is.Zero);
        var lines = output.ToString().Split('\n');
        Assert.That(RowOf(lines, "processed")[2], Is.EqualTo("1"));
        Assert.That(RowOf(lines, "demo")[2], Is.EqualTo("1"));
        Assert.That(RowOf(lines, "journeys"), Has.Length.EqualTo(4));
        Assert.That(output.ToString(), Does.Not.Contain("\e"));

        await engine.DisposeAsync();
        Assert.That(() => TopCommand.RunAsync(new TopOptions { Once = true, Interval = 0.1 }, http, output, isLive: false, TimeProvider.System, default), Throws.TypeOf<HttpRequestException>());
    }

    static IReadOnlyList<string> Frame(string former, string current) =>
        new TopFrame(MetricSnapshot.Parse(former), MetricSnapshot.Parse(current), TimeSpan.FromSeconds(2), s_now).Lines();

    static string[] RowOf(IEnumerable<string> lines, string name) => lines.First(line => line.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    static string Metrics(int received, int calm, int busy) => $$"""
        # TYPE process_start_time_seconds gauge
        process_start_time_seconds {{s_now.ToUnixTimeSeconds() - 3700}}
        # TYPE cartrecovery_connections gauge
        cartrecovery_connections{protocol="tcp"} 3
        cartrecovery_connections{protocol="websocket"} 4
        # TYPE cartrecovery_events_received_total counter
        cartrecovery_events_received_total{protocol="http"} {{received}}
        # TYPE cartrecovery_partition_events_total counter
        cartrecovery_partition_events_total{partition="0"} {{received}}
        # TYPE cartrecovery_store_events_total counter
        cartrecovery_store_events_total{store="calm"} {{calm}}
        cartrecovery_store_events_total{store="busy"} {{busy}}
        # TYPE cartrecovery_carts gauge
        cartrecovery_carts{state="abandoned",store="busy"} 2
        # TYPE cartrecovery_queue_depth gauge
        cartrecovery_queue_depth{queue="partition-0"} 5
        cartrecovery_queue_depth{queue="outreach"} 3

        """;

    static string Latency(int first, int second, int all) => $$"""
        # TYPE cartrecovery_event_latency_seconds histogram
        cartrecovery_event_latency_seconds_bucket{le="0.001"} {{first}}
        cartrecovery_event_latency_seconds_bucket{le="0.002"} {{second}}
        cartrecovery_event_latency_seconds_bucket{le="+Inf"} {{all}}

        """;
}
