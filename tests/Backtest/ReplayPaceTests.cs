using CartRecovery.Engine.Backtest;

namespace CartRecovery.Tests.Backtest;

public sealed class ReplayPaceTests
{
    [TestCase(9, 0.5, 0)]
    [TestCase(10, 0.5, 10)]
    [TestCase(2_000, 0.5, 2_000)]
    [TestCase(300, 0.75, 100)]
    [TestCase(3_600_000, 0.5, 10_000, Description = "the machine was suspended")]
    public void A_rest_is_in_proportion_to_the_work(int worked, double share, int rest) =>
        Assert.That(new ReplayPace(share, TimeProvider.System).RestAfter(TimeSpan.FromMilliseconds(worked)).TotalMilliseconds, Is.EqualTo(rest).Within(0.01));
}
