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

    static readonly string s_config = FindConfig();

    [TestCase("check", "config", "prometheus.yml")]
    [TestCase("check", "rules", "alerts.yml")]
    [TestCase("test", "rules", "alerts.test.yml")]
    public void Promtool_accepts_the_shipped_files(params string[] arguments) =>
        Promtool.Passes(arguments, workingDirectory: Path.Combine(s_config, "prometheus"));

    [TestCase("prometheus/alerts.yml")]
    [TestCase("prometheus/alerts.test.yml")]
    [TestCase("grafana/dashboards/overview.json")]
    [TestCase("grafana/dashboards/ingest.json")]
    [TestCase("grafana/dashboards/journeys.json")]
    [TestCase("grafana/dashboards/models.json")]
    [TestCase("grafana/dashboards/operating.json")]
    public void Queries_use_only_exported_metrics(string file)
    {
        var used = MetricName().Matches(File.ReadAllText(Path.Combine(s_config, file))).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);

        Assert.That(used, Is.Not.Empty.And.SubsetOf(s_exported));
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
