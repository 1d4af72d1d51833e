using System.Globalization;
using CartRecovery.Host.Monitoring;

namespace CartRecovery.Tests.Hosting.Monitoring;

/// <summary>The text of the SLA reports.</summary>
public sealed class ServiceReportTests
{
    [Test]
    public void Impaired_parts_have_a_line_each_the_worst_first_and_healthy_ones_none()
    {
        var parts = new Dictionary<string, PartFigures>(StringComparer.Ordinal)
        {
            ["sink-ops"] = new(1440, 1, 0.925),
            ["journal"] = new(1440, 1, 1),
            ["partition-0"] = new(1440, 0.975, 0.95),
            ["jobs"] = new(1440, 1, 0.9),
        };
        var from = DateTimeOffset.Parse("2026-03-01T00:00:00Z", CultureInfo.InvariantCulture);

        var text = ServiceReport.Write([], new Dictionary<string, ServiceFigures>(), parts, from, from.AddDays(1));

        Assert.That(text.Split('\n')[2..^2], Is.EqualTo(new[]
        {
            "",
            "The engine's parts: 1 of 4 always healthy",
            "partition-0: uptime 97.5%, healthy 95%",
            "jobs: uptime 100%, healthy 90%",
            "sink-ops: uptime 100%, healthy 92.5%",
        }));
    }
}
