using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Telemetry;

/// <summary>The shipped dashboards: each query is run against the Prometheus API of a running engine.</summary>
[TestFixture]
sealed partial class DashboardTests
{
    const string Key = "mk_7d1f0c5e9a2b4c6d8e0f1a2b";

    static readonly string s_folder = Path.Combine(Repository.Root, "config", "grafana", "dashboards");

    // What a shop's operators look at every day.
    static readonly string[] s_shown =
    [
        "cartrecovery_events_received_total", "cartrecovery_events_processed_total", "cartrecovery_events_rejected_total",
        "cartrecovery_events_duplicate_total", "cartrecovery_predictions_total", "cartrecovery_interventions_total",
        "cartrecovery_interventions_withheld_total", "cartrecovery_queue_depth", "cartrecovery_queue_dropped_total",
        "cartrecovery_event_latency_seconds_bucket", "cartrecovery_connections", "cartrecovery_sink_write_seconds_bucket", "cartrecovery_sink_circuit_open", "cartrecovery_sink_stopped",
        "cartrecovery_revenue", "cartrecovery_orders", "cartrecovery_recovered_revenue", "cartrecovery_recovered_orders", "cartrecovery_incremental_revenue", "cartrecovery_carts", "cartrecovery_journal_reader_lag_seconds",
        "cartrecovery_deadletters_stored", "cartrecovery_deadletters_total", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds",
        "process_open_fds", "dotnet_gc_collections_total", "dotnet_gc_heap_size_bytes", "dotnet_gc_pause_seconds_total", "cartrecovery_alerts_firing", "cartrecovery_model_drift",
    ];

    static string[] Files => [.. Directory.EnumerateFiles(s_folder, "*.json").Select(Path.GetFileName).Order(StringComparer.Ordinal)!];

    InProcessEngine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Monitoring.Enabled = true;
            config.Monitoring.Interval = Duration.FromSeconds(1);
            config.Listen.MetricsKey = Key;
            config.Sinks["console"] = new SinkConfig { Type = "console" };
        });

        // A rate needs two samples.
        await Eventually.Is(() => _engine.Host.Monitor.History!.Statistics.Appended > 3L * _engine.Host.Monitor.History.Statistics.Series, "three collections");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _engine.DisposeAsync();

    [Test]
    public void There_is_a_dashboard_for_each_part_of_the_work() =>
        Assert.That(Files, Is.EqualTo(new[] { "ingest.json", "journeys.json", "models.json", "operating.json", "overview.json" }));

    [TestCaseSource(nameof(Files))]
    public async Task Each_query_of_a_dashboard_returns_a_series(string file)
    {
        using var dashboard = Read(file);
        List<string> failed = [];
        foreach (var panel in Panels(dashboard).Where(panel => panel.TryGetProperty("targets", out _)))
        {
            foreach (var target in panel.GetProperty("targets").EnumerateArray())
            {
                var query = target.GetProperty("expr").GetString()!.Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal);
                var answer = await _engine.GetAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}", Key);
                if (answer.Status != HttpStatusCode.OK || answer.Json.GetProperty("data").GetProperty("result").GetArrayLength() == 0)
                {
                    failed.Add($"{panel.GetProperty("title")}: {query}: {answer.Body}");
                }
            }
        }

        Assert.That(failed, Is.Empty);
    }

    [TestCaseSource(nameof(Files))]
    public void Panels_have_unique_ids_and_positions(string file)
    {
        using var dashboard = Read(file);
        var panels = Panels(dashboard).ToArray();
        var cells = panels.Select(panel => panel.GetProperty("gridPos")).SelectMany(place =>
            from x in Enumerable.Range(place.GetProperty("x").GetInt32(), place.GetProperty("w").GetInt32())
            from y in Enumerable.Range(place.GetProperty("y").GetInt32(), place.GetProperty("h").GetInt32())
            select (x, y)).ToArray();
        Assert.That(panels.Select(panel => panel.GetProperty("id").GetInt32()), Is.Unique);
        Assert.That(cells, Is.Unique);
        Assert.That(cells, Has.All.Matches<(int X, int Y)>(cell => cell.X < 24));
        Assert.That(dashboard.RootElement.GetProperty("uid").GetString(), Is.EqualTo($"cartrecovery-{Path.GetFileNameWithoutExtension(file)}"));
    }

    [Test]
    public void The_dashboards_show_what_operators_look_at()
    {
        var names = Files.SelectMany(file => MetricName().Matches(File.ReadAllText(Path.Combine(s_folder, file)))).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        Assert.That(s_shown.Except(names), Is.Empty);
    }

    static JsonDocument Read(string file) => JsonDocument.Parse(File.ReadAllText(Path.Combine(s_folder, file)));

    static IEnumerable<JsonElement> Panels(JsonDocument dashboard) => dashboard.RootElement.GetProperty("panels").EnumerateArray();

    [GeneratedRegex(@"\b(cartrecovery|process|dotnet)_[a-z_]+\b")]
    private static partial Regex MetricName();
}
