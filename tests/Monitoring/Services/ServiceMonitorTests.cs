using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Monitoring.Services;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Monitoring.Services;

public sealed class ServiceMonitorTests
{
    static readonly DateTimeOffset s_now = new(2027, 3, 1, 12, 30, 0, TimeSpan.Zero);

    [Test]
    public void Changes_of_the_level_are_kept_and_bounded()
    {
        var record = new ServiceRecord("shop");
        Assert.That(Add(record, s_now, ServiceLevel.Healthy, 3), Is.EqualTo(1), "the first is a change");
        for (var i = 0; i < 100; i++)
        {
            Add(record, s_now.AddSeconds(i), i % 2 == 0 ? ServiceLevel.Unhealthy : ServiceLevel.Healthy, 1);
        }

        Assert.That(record.Changes, Has.Count.EqualTo(ServiceRecord.MaxChanges));
        Assert.That((record.Changes[^1].At, record.Last!.Level), Is.EqualTo((s_now.AddSeconds(99), ServiceLevel.Healthy)));
        Assert.That((record.CountOf(ServiceLevel.Healthy), record.CountOf(ServiceLevel.Unhealthy), record.CountOf(ServiceLevel.Degraded)), Is.EqualTo((53, 50, 0)));
    }

    [Test]
    public async Task A_monitor_checks_again_and_again_and_reports_each_result()
    {
        var changes = 0;
        var check = new ServiceCheck { Name = "shop", Kind = ServiceKind.Dns, Target = "localhost", Interval = TimeSpan.FromMilliseconds(1) };
        await using var monitor = new ServiceMonitor([check], TimeProvider.System) { OnResult = (_, _, isChange) => Interlocked.Add(ref changes, isChange ? 1 : 0) };
        monitor.Start();
        var record = monitor.Find("shop")!.Record;
        await Eventually.Is(() => record.CountOf(ServiceLevel.Healthy) >= 3, "it is checked again");
        Assert.That((changes, monitor.Find("other")), Is.EqualTo((1, (MonitoredService?)null)));
    }

    static int Add(ServiceRecord record, DateTimeOffset at, ServiceLevel level, int count) =>
        Enumerable.Range(0, count).Count(_ => record.Add(new ServiceResult(at, level, TimeSpan.FromMilliseconds(1), "")));
}
