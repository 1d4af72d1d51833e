using System.Text.Json;
using System.Text.RegularExpressions;

namespace CartRecovery.Tests.Telemetry;

/// <summary>The Prometheus and Grafana files shipped in config/.</summary>
[TestFixture]
public sealed partial class MonitoringConfigTests
{
    // What MetricNamesTests finds in /metrics.
    static readonly HashSet<string> s_exported =
    [
        .. File.ReadLines(Path.Combine(Path.GetDirectoryName(FindConfig())!, "tests", "Telemetry", "metrics.approved.txt"))
            .Select(line => line[0] == '#' ? line.Split(' ')[2] : line.Split('{')[0]),
    ];

    // What a shop's operators look at every day.
    static readonly string[] s_shown =
    [
        "cartrecovery_events_received_total", "cartrecovery_events_processed_total", "cartrecovery_events_rejected_total",
        "cartrecovery_events_duplicate_total", "cartrecovery_predictions_total", "cartrecovery_interventions_total",
        "cartrecovery_interventions_withheld_total", "cartrecovery_queue_depth", "cartrecovery_queue_dropped_total",
        "cartrecovery_event_latency_seconds_bucket", "cartrecovery_connections", "cartrecovery_sink_write_seconds_bucket", "cartrecovery_sink_circuit_open", "cartrecovery_sink_stopped",
        "cartrecovery_recovered_revenue", "cartrecovery_recovered_orders", "cartrecovery_incremental_revenue", "cartrecovery_carts",
        "cartrecovery_deadletters_stored", "cartrecovery_deadletters_total", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds",
        "process_open_fds", "dotnet_gc_collections_total", "dotnet_gc_heap_size_bytes", "dotnet_gc_pause_seconds_total",
    ];

    static readonly string s_config = FindConfig();

    [TestCase("check", "config", "prometheus.yml")]
    [TestCase("check", "rules", "alerts.yml")]
    [TestCase("test", "rules", "alerts.test.yml")]
    public void Promtool_accepts_the_shipped_files(params string[] arguments) =>
        Promtool.Passes(arguments, workingDirectory: Path.Combine(s_config, "prometheus"));

    [TestCase("prometheus/alerts.yml")]
    [TestCase("prometheus/alerts.test.yml")]
    [TestCase("grafana/dashboard.json")]
    public void Queries_use_only_exported_metrics(string file)
    {
        var used = MetricName().Matches(File.ReadAllText(Path.Combine(s_config, file))).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);

        Assert.That(used, Is.Not.Empty.And.SubsetOf(s_exported));
    }

    [Test]
    public void The_dashboard_shows_what_operators_look_at()
    {
        var text = File.ReadAllText(Path.Combine(s_config, "grafana/dashboard.json"));

        Assert.That(s_shown, Has.All.Matches<string>(name => text.Contains(name!, StringComparison.Ordinal)));
    }

    [Test]
    public void Dashboard_panels_have_unique_ids_and_positions()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(s_config, "grafana/dashboard.json")));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToArray();
        var cells = panels.Select(panel => panel.GetProperty("gridPos")).SelectMany(place =>
            from x in Enumerable.Range(place.GetProperty("x").GetInt32(), place.GetProperty("w").GetInt32())
            from y in Enumerable.Range(place.GetProperty("y").GetInt32(), place.GetProperty("h").GetInt32())
            select (x, y)).ToArray();

        Assert.That(panels.Select(panel => panel.GetProperty("id").GetInt32()), Is.Unique);
        Assert.That(cells, Is.Unique);
        Assert.That(cells, Has.All.Matches<(int X, int Y)>(cell => cell.X < 24));
    }

    static string FindConfig()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CartRecovery.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "config");
    }

    [GeneratedRegex(@"\b(cartrecovery|process|dotnet)_[a-z_]+\b")]
    private static partial Regex MetricName();
}
