using CartRecovery.Bench.Load;

namespace CartRecovery.Tests.Bench;

[TestFixture]
public sealed class MachineLoadTests
{
    [Test]
    public void What_others_used_is_what_neither_the_engine_nor_the_generator_did()
    {
        var before = MachineLoad.Parse(["cpu  100 0 50 800 50 0 0 0 0 0", "cpu0 50 0 25 400 25 0 0 0 0 0", "cpu1 50 0 25 400 25 0 0 0 0 0", "intr 5"]);
        // 200 ticks of two cores: 120 busy, 10 stolen, 70 idle or waiting.
        var after = MachineLoad.Parse(["cpu  200 0 60 860 60 0 10 10 0 0", "cpu0 1 0 0 0 0 0 0 0 0 0", "cpu1 1 0 0 0 0 0 0 0 0 0", "intr 9"]);

        var report = after.Since(before, known: 100);

        Assert.That((report.Cores, report.BusyPercent, report.OthersPercent, report.StolenPercent, report.IsShared), Is.EqualTo((2, 120d * 200 / 200, 20d, 10d, true)));
        Assert.That(after.Since(before, known: 118).IsShared, Is.True, "stolen time counts");
        Assert.That((report with { StolenPercent = 0, OthersPercent = 9 }).IsShared, Is.False);
    }

    [Test]
    public void This_machine_tells() => Assert.That(MachineLoad.Read() is { Cores: > 0, Total: > 0 }, Is.EqualTo(OperatingSystem.IsLinux()));
}
