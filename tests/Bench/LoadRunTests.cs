using System.Text.Json;
using CartRecovery.Bench.Load;

namespace CartRecovery.Tests.Bench;

[TestFixture]
public sealed class LoadRunTests
{
    [Test]
    public async Task Every_scheduled_event_arrives_once_and_is_accounted_for()
    {
        await using var server = await CountingServer.StartAsync();
        var report = await RunAsync(server, options => (options.Rate, options.Connections, options.Carts) = (6_000, 6, 60));

        Assert.That((report.Scheduled, report.Sent, report.Acked), Is.EqualTo((3_000L, 3_000L, 3_000L)));
        Assert.That(report.Passed, Is.True);
        Assert.That(server.Events.Select(item => item.Event.GetProperty("id").GetString()).Distinct(StringComparer.Ordinal).Count(),
            Is.EqualTo(3_000));
        Assert.That(server.Events.Select(item => item.Event.GetProperty("cartId").GetString()).Distinct(StringComparer.Ordinal).Count(),
            Is.EqualTo(60));
        Assert.That(server.MessageSizes, Has.All.EqualTo(1));
        Assert.That((report.Engine!.Received, report.Engine.Processed), Is.EqualTo((3_000d, 3_000d)));
    }

    [Test]
    public async Task A_warm_up_is_in_the_account_and_in_no_rate()
    {
        await using var server = await CountingServer.StartAsync();
        var report = await RunAsync(server, options => (options.WarmUp, options.Duration) = ("300ms", "200ms"));

        Assert.That((report.Scheduled, report.Sent, report.Acked, report.Passed), Is.EqualTo((1_000L, 1_000L, 1_000L, true)));
        Assert.That(report.Engine!.Received, Is.EqualTo(1_000));
        Assert.That(report.WarmUpSeconds, Is.GreaterThanOrEqualTo(0.3));
        Assert.That(report.AckedInWarmUp, Is.InRange(1, 999));
        Assert.That(report.AckedPerSecond, Is.EqualTo((1_000 - report.AckedInWarmUp) / report.Seconds));
        Assert.That(report.Machine is null, Is.EqualTo(!OperatingSystem.IsLinux()));
    }

    [Test]
    public async Task The_metrics_are_found_without_being_named()
    {
        await using var server = await CountingServer.StartAsync();
        var report = await RunAsync(server, options => (options.Metrics, options.Url) = (null, server.Stream));

        Assert.That(report.Engine!.Received, Is.EqualTo(report.Sent));
    }

    [Test]
    public async Task The_engines_latency_is_read_from_its_histogram()
    {
        await using var server = await CountingServer.StartAsync();
        var report = await RunAsync(server);

        // All latencies are 1.5 ms, in the bucket from 1 to 1.5, whose midpoint is the interpolated median.
        Assert.That(report.Engine!.Latency!.P50, Is.EqualTo(1.25).Within(1e-9));
        Assert.That(report.Engine.Latency.P99, Is.EqualTo(1.495).Within(1e-9));
        Assert.That(report.Engine.ResidentBytesAtEnd, Is.GreaterThan(0));
    }

    [Test]
    public async Task A_TCP_connection_sends_the_key_and_then_one_line_per_event()
    {
        await using var server = await CountingServer.StartAsync();
        var report = await RunAsync(server, options => options.Tcp = server.Tcp);

        Assert.That(report.Passed, Is.True);
        Assert.That(report.Sent, Is.EqualTo(1_000).And.EqualTo(server.Count));
        Assert.That(server.FirstLines, Has.Count.EqualTo(2).And.All.EqualTo("""{"key":"sk_demo"}"""));
    }

    [Test]
    public async Task Messages_hold_the_requested_number_of_events()
    {
        await using var server = await CountingServer.StartAsync();
        var report = await RunAsync(server, options => options.PerMessage = 250);

        Assert.That(report.Passed, Is.True);
        Assert.That(server.MessageSizes, Is.EqualTo(new[] { 250, 250, 250, 250 }));
    }

    [Test]
    public async Task Flat_out_mode_bounds_the_unacknowledged_events()
    {
        await using var server = await CountingServer.StartAsync(new Faults(AckFrom: long.MaxValue));
        var report = await RunAsync(server, options => (options.Rate, options.InFlight, options.Drain) = (0, 300, "100ms"));

        Assert.That((report.Sent, report.Acked, report.Unacknowledged), Is.EqualTo((300L, 0L, 300L)));
        Assert.That(report.Passed, Is.False);
    }

    [Test]
    public async Task Flat_out_mode_continues_as_acknowledgements_arrive()
    {
        await using var server = await CountingServer.StartAsync();
        var report = await RunAsync(server, options => (options.Rate, options.InFlight) = (0, 300));

        Assert.That(report.Sent, Is.GreaterThan(300).And.EqualTo(server.Count));
        Assert.That(report.Passed, Is.True);
        Assert.That(report.Scheduled, Is.Null);
    }

    [Test]
    public async Task A_stall_counts_in_the_latency_of_every_event_it_delayed()
    {
        // The only acknowledgement comes with the last of 500 events, due just before the end, so the first event waits the longest.
        await using var server = await CountingServer.StartAsync(new Faults(AckFrom: 500));
        var report = await RunAsync(server, options => options.Connections = 1, rate: 1_000);

        Assert.That(report.Acked, Is.EqualTo(500));
        Assert.That(report.AckLatency.Max, Is.GreaterThanOrEqualTo(499));
        Assert.That(report.AckLatency.P50, Is.GreaterThanOrEqualTo(249));
    }

    [Test]
    public async Task Events_lost_by_the_engine_are_reported()
    {
        await using var server = await CountingServer.StartAsync(new Faults(LoseEvery: 100));
        var output = new StringWriter();
        var report = await RunAsync(server, options => options.Drain = "100ms", output);

        Assert.That(report.Engine!.Lost, Is.EqualTo(10));
        Assert.That(report.Passed, Is.False);
        Assert.That(output.ToString(), Does.Contain("LOST 10"));
    }

    [Test]
    public async Task Rejected_events_are_counted_by_code_and_not_as_lost()
    {
        await using var server = await CountingServer.StartAsync(new Faults(RejectEvery: 4));
        var output = new StringWriter();
        var report = await RunAsync(server, output: output);

        Assert.That(report.Errors, Is.EqualTo(new Dictionary<string, long>(StringComparer.Ordinal) { ["odd"] = 250 }));
        Assert.That(report.Engine!.RejectedByCode, Is.EqualTo(new Dictionary<string, double>(StringComparer.Ordinal) { ["odd"] = 250 }));
        Assert.That((report.Engine.Processed, report.Engine.Rejected, report.Passed), Is.EqualTo((750d, 250d, true)));
        Assert.That(output.ToString(), Does.Contain("error from the engine: odd: an odd one").And.Contain("none lost"));
    }

    [Test]
    public async Task Events_of_other_clients_are_not_counted_as_lost()
    {
        await using var server = await CountingServer.StartAsync();
        using var stop = new CancellationTokenSource();
        var running = RunAsync(server, options => options.Duration = "1h", stop: stop.Token);
        await ReachAsync(server, 1);
        await RunAsync(server, options => options.Metrics = "none", rate: 100);
        await stop.CancelAsync();
        var report = await running;

        Assert.That((report.Engine!.Lost, report.Engine.Surplus, report.Passed), Is.EqualTo((0d, 50d, false)));
    }

    [Test]
    public async Task Interventions_and_heartbeats_are_counted()
    {
        await using var server = await CountingServer.StartAsync(new Faults(Intervene: true));
        var report = await RunAsync(server, rate: 200);

        // The last ones may arrive after the last acknowledgement.
        Assert.That(report.Interventions, Is.InRange(98, 100));
        Assert.That(report.Heartbeats, Is.InRange(98, 100));
    }

    [Test]
    public async Task A_connection_closed_by_the_engine_fails_the_run()
    {
        await using var server = await CountingServer.StartAsync(new Faults(CloseAfter: 50));
        var report = await RunAsync(server, options => options.Drain = "100ms");

        Assert.That(report.Failures, Has.Count.EqualTo(2).And.Some.EqualTo("connection 1: the engine closed it: 1008 had enough"));
        Assert.That(report.Passed, Is.False);
    }

    [Test]
    public async Task A_rejected_key_is_reported_with_the_engines_message()
    {
        await using var server = await CountingServer.StartAsync();

        Assert.That(async () => await RunAsync(server, options => options.Key = "sk_wrong"),
            Throws.InstanceOf<LoadException>().With.Message.Contains("HTTP/1.1 401 Unauthorized"));
    }

    [Test]
    public async Task A_run_without_an_engine_fails()
    {
        var server = await CountingServer.StartAsync();
        await server.DisposeAsync();

        Assert.That(async () => await RunAsync(server), Throws.InstanceOf<LoadException>().With.Message.Contains("is the engine running?"));
        Assert.That(async () => await RunAsync(server, options => options.Metrics = "none"),
            Throws.InstanceOf<LoadException>().With.Message.Contains("cannot connect"));
    }

    [Test]
    public async Task A_cancelled_run_reports_its_partial_results()
    {
        await using var server = await CountingServer.StartAsync();
        using var stop = new CancellationTokenSource();
        var running = RunAsync(server, options => options.Duration = "1h", stop: stop.Token);
        await ReachAsync(server, 200);
        await stop.CancelAsync();
        var report = await running;

        Assert.That(report.Sent, Is.GreaterThanOrEqualTo(200).And.EqualTo(report.Acked));
        Assert.That(report.Passed, Is.True);
    }

    [Test]
    public async Task The_command_sets_its_exit_code_and_writes_the_report()
    {
        await using var sound = await CountingServer.StartAsync();
        await using var lossy = await CountingServer.StartAsync(new Faults(LoseEvery: 2));
        var json = Path.ChangeExtension(RealEvents.File(), ".json");

        Assert.That(await LoadCommand.RunAsync([.. Arguments(sound), "--json", json]), Is.Zero);
        Assert.That(await LoadCommand.RunAsync(Arguments(lossy)), Is.EqualTo(1));
        Assert.That(await LoadCommand.RunAsync([.. Arguments(sound), "--connections", "0"]), Is.EqualTo(2));
        Assert.That(await LoadCommand.RunAsync(["--rates", "1"]), Is.EqualTo(2));
        Assert.That(await LoadCommand.RunAsync(["--help"]), Is.Zero);
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(json));
        Assert.That(report.RootElement.GetProperty("sent").GetInt64(), Is.EqualTo(100));
        Assert.That(report.RootElement.GetProperty("passed").GetBoolean(), Is.True);
        Assert.That(report.RootElement.GetProperty("ackLatency").GetProperty("p99").GetDouble(), Is.GreaterThan(0));
    }

    static async Task ReachAsync(CountingServer server, long count)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (server.Count < count)
        {
            await Task.Delay(1, deadline.Token);
        }
    }

    static string[] Arguments(CountingServer server) =>
    [
        "--url", server.Stream, "--metrics", $"{server.Http}/metrics", "--events", RealEvents.File(), "--rate", "1000",
        "--duration", "100ms", "--warm-up", "0s", "--drain", "200ms",
    ];

    static Task<LoadReport> RunAsync(CountingServer server, Action<LoadOptions>? change = null, TextWriter? output = null,
        int rate = 2_000, CancellationToken stop = default)
    {
        var options = new LoadOptions
        {
            Url = server.Stream,
            Metrics = $"{server.Http}/metrics",
            Events = RealEvents.File(),
            Connections = 2,
            Carts = 1_000,
            Rate = rate,
            Duration = "500ms",
        };
        change?.Invoke(options);
        Assert.That(options.Problems(), Is.Empty);
        return LoadRun.RunAsync(options, output ?? TextWriter.Null, colour: false, stop);
    }
}
