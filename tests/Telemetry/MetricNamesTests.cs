using System.Text;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Telemetry;

/// <summary>Dashboards and alerts rely on every name, type, label, bucket and help text of <c>/metrics</c>.</summary>
[TestFixture]
sealed class MetricNamesTests
{
    static readonly string s_approved = Path.Combine(Repository.Root, "tests", "Telemetry", "metrics.approved.txt");
    static readonly string s_reference = Path.Combine(Repository.Root, "docs", "metrics.md");

    [Test]
    public async Task The_metrics_are_those_approved()
    {
        await using var engine = await InProcessEngine.StartAsync(config => config.Sinks["console"] = new SinkConfig { Type = "console" });
        var page = await engine.Http.GetStringAsync("/metrics");
        var lines = page.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line[0] == '#' ? line : line[..line.LastIndexOf(' ')]).Order(StringComparer.Ordinal).ToArray();
        if (Environment.GetEnvironmentVariable("CARTRECOVERY_UPDATE") is not null)
        {
            File.WriteAllLines(s_approved, lines);
        }

        Assert.That(lines, Is.Unique);
        Assert.That(lines, Is.EqualTo(File.ReadAllLines(s_approved)),
            "If the change is meant, approve it with: CARTRECOVERY_UPDATE=1 dotnet test --filter The_metrics_are_those_approved");
        Promtool.Passes(["check", "metrics"], page);
    }

    [Test]
    public async Task The_reference_of_metrics_is_current()
    {
        await using var engine = await InProcessEngine.StartAsync(config => config.Sinks["console"] = new SinkConfig { Type = "console" });
        var text = ReferenceOf(MetricSnapshot.Parse(await engine.Http.GetStringAsync("/metrics")));
        if (Environment.GetEnvironmentVariable("CARTRECOVERY_UPDATE") is not null)
        {
            File.WriteAllText(s_reference, text);
        }

        Assert.That(File.ReadAllText(s_reference), Is.EqualTo(text),
            "Update it with: CARTRECOVERY_UPDATE=1 dotnet test --filter The_reference_of_metrics_is_current");
    }

    static string ReferenceOf(MetricSnapshot metrics)
    {
        const string Start = """
            # Metrics

            You want to know what a metric of `/metrics` means. Names and labels are stable. [Telemetry](telemetry.md) explains how to
            collect metrics, [operating](operating.md#monitoring) how to react to alerts. This page is generated from the registry; a test
            compares.

            | metric | type | labels | meaning |
            |---|---|---|---|

            """;
        var text = new StringBuilder(Start);
        foreach (var metric in metrics.Families.Values.OrderBy(metric => metric.Name, StringComparer.Ordinal))
        {
            var labels = metric.Samples.SelectMany(sample => sample.Labels, (_, label) => label.Key).Distinct().Where(name => name != "le");
            var cell = string.Join(", ", labels.Select(name => $"`{name}`"));
            text.Append($"| `{metric.Name}` | {metric.Type} | {cell} | {metric.Help.TrimEnd('.')} |\n");
        }

        return text.ToString();
    }
}
