using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Composition.Telemetry;
using CartRecovery.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Hosting;

/// <summary>The metrics of money and carts.</summary>
public sealed class MoneyMetricsTests
{
    [Test]
    public async Task Figures_that_cannot_be_read_are_logged_once()
    {
        await using var engine = await InProcessEngine.StartAsync();
        using var log = new LogLines();
        using var registry = new MetricRegistry();
        using var metrics = new MoneyMetrics(engine.Host, registry, log);
        engine.Host.Reports.Dispose();

        metrics.Read();
        metrics.Read();

        Assert.That(log.AtLeast(LogLevel.Warning), Has.Count.EqualTo(1).And.Some.StartsWith("The metrics of money and carts cannot be read"));
    }
}
