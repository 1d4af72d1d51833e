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
            Metrics = "localhost",
            Url = "wss://shop/v1/stream",
        };

        Assert.That(options.Problems().Select(problem => problem.Split(' ')[0]),
            Is.EquivalentTo(new[] { "--connections", "--rate", "--per-message", "--format", "--duration", "--drain", "--metrics", "--url" }));
    }

    [Test]
    public void Mutually_exclusive_options_are_rejected()
    {
        Assert.That(new LoadOptions { Connections = 100, Carts = 99 }.Problems(), Has.Exactly(1).Contains("--carts"));
        Assert.That(new LoadOptions { Connections = 100, InFlight = 99 }.Problems(), Has.Some.Contains("--in-flight"));
        Assert.That(new LoadOptions { PerMessage = 100, InFlight = 400 }.Problems(), Has.Exactly(1).Contains("whole message"));
    }
}
