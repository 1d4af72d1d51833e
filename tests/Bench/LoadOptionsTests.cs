using CartRecovery.Bench.Load;

namespace CartRecovery.Tests.Bench;

[TestFixture]
public sealed class LoadOptionsTests
{
    [TestCase("500ms", 500)]
    [TestCase("60s", 60_000)]
    [TestCase("1.5m", 90_000)]
    [TestCase("2h", 7_200_000)]
    [TestCase("3", 3_000)]
    public void A_duration_requires_a_unit(string text, double milliseconds) =>
        Assert.That(new LoadOptions { Duration = text }.SendFor.TotalMilliseconds, Is.EqualTo(milliseconds));

    [Test]
    public void The_defaults_are_valid() => Assert.That(new LoadOptions().Problems(), Is.Empty);

    [Test]
    public void All_option_errors_are_reported_at_once()
    {
        var options = new LoadOptions
        {
            Connections = 0,
            Rate = -1,
            PerMessage = 0,
            Format = "xml",
            Duration = "soon",
            Drain = "0s",
            WarmUp = "a while",
            Metrics = "localhost",
            Url = "wss://shop/v1/stream",
        };

        Assert.That(options.Problems().Select(problem => problem.Split(' ')[0]),
            Is.EquivalentTo(new[] { "--connections", "--rate", "--per-message", "--format", "--duration", "--drain", "--warm-up", "--metrics", "--url" }));
    }

    [TestCase("ws://10.0.0.5:8081/v1/stream", null, "http://10.0.0.5:8081/metrics http://10.0.0.5:8080/metrics")]
    [TestCase("ws://shop.example:9001/v1/stream", null, "http://shop.example:9001/metrics http://shop.example:9000/metrics http://shop.example:8080/metrics")]
    [TestCase("ws://[::1]:8080/v1/stream", null, "http://[::1]:8080/metrics http://[::1]:8079/metrics")]
    [TestCase("ws://127.0.0.1:8081/v1/stream", "10.0.0.7:7001", "http://10.0.0.7:7001/metrics http://10.0.0.7:7000/metrics http://10.0.0.7:8080/metrics")]
    public void The_metrics_are_looked_for_where_the_events_go(string url, string? tcp, string expected) =>
        Assert.That(string.Join(' ', new LoadOptions { Url = url, Tcp = tcp }.MetricsUris), Is.EqualTo(expected));

    [Test]
    public void Mutually_exclusive_options_are_rejected()
    {
        Assert.That(new LoadOptions { Connections = 100, Carts = 99 }.Problems(), Has.Exactly(1).Contains("--carts"));
        Assert.That(new LoadOptions { Connections = 100, InFlight = 99 }.Problems(), Has.Some.Contains("--in-flight"));
        Assert.That(new LoadOptions { PerMessage = 100, InFlight = 400 }.Problems(), Has.Exactly(1).Contains("whole message"));
    }
}
