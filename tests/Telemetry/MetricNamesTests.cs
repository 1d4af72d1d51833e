using CartRecovery.Engine.Configuration;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Telemetry;

/// <summary>Dashboards and alerts rely on every name, type, label, bucket and help text of <c>/metrics</c>.</summary>
[TestFixture]
sealed class MetricNamesTests
{
    static readonly string s_approved = Path.Combine(Repository.Root, "tests", "Telemetry", "metrics.approved.txt");

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
}
