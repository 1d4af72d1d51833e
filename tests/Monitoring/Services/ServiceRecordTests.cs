using CartRecovery.Engine.Monitoring.Services;

namespace CartRecovery.Tests.Monitoring.Services;

public sealed class ServiceRecordTests
{
    static readonly DateTimeOffset s_now = new(2027, 3, 1, 12, 30, 0, TimeSpan.Zero);
    static readonly ServiceCheck s_check = new() { Name = "shop", Kind = ServiceKind.Dns, Target = "shop.example" };

    [Test]
    public void Uptime_and_burn_rate_are_of_the_time_asked_for()
    {
        var record = new ServiceRecord(s_check);
        Add(record, s_now.AddHours(-30), ServiceLevel.Unhealthy, 4);
        Add(record, s_now.AddHours(-2), ServiceLevel.Healthy, 97);
        Add(record, s_now, ServiceLevel.Degraded, 2);
        Add(record, s_now, ServiceLevel.Unhealthy, 1);

        var day = record.Of(s_now, TimeSpan.FromDays(1));
        Assert.That((day.Checks, day.Degraded, day.Failed, day.Uptime), Is.EqualTo((100, 2, 1, 0.99)));
        Assert.That(day.BurnRate(0.999), Is.EqualTo(10).Within(1e-9));
        Assert.That(record.Of(s_now, ServiceRecord.Kept).Failed, Is.EqualTo(5));
        Assert.That(record.Of(s_now.AddDays(31), ServiceRecord.Kept).Checks, Is.Zero, "they are older than what is kept");
        Assert.That((record.Of(s_now.AddDays(31), ServiceRecord.Kept).Uptime, new ServiceHour().BurnRate(0.9)), Is.EqualTo(((double?)null, (double?)null)));
    }

    [Test]
    public void An_hour_replaces_the_one_of_30_days_before()
    {
        var record = new ServiceRecord(s_check);
        Add(record, s_now, ServiceLevel.Unhealthy, 3);
        Add(record, s_now + ServiceRecord.Kept, ServiceLevel.Healthy, 2);
        var kept = record.Of(s_now + ServiceRecord.Kept, ServiceRecord.Kept);
        Assert.That((kept.Checks, kept.Failed), Is.EqualTo((2, 0)));
    }

    [Test]
    public void Quantiles_are_of_what_answered()
    {
        var record = new ServiceRecord(s_check);
        for (var i = 0; i < 100; i++)
        {
            record.Add(new ServiceResult(s_now, ServiceLevel.Healthy, TimeSpan.FromMilliseconds(i < 90 ? 8 : 700), ""));
        }

        record.Add(new ServiceResult(s_now, ServiceLevel.Unhealthy, TimeSpan.FromSeconds(10), ""));
        var hour = record.Of(s_now, TimeSpan.FromHours(1));
        Assert.That(hour.Quantile(0.45)!.Value.TotalMilliseconds, Is.EqualTo(7.5).Within(1e-6), "half of the bucket from 5 to 10 ms");
        Assert.That(hour.Quantile(0.95)!.Value.TotalMilliseconds, Is.EqualTo(750).Within(1e-6), "half of the bucket from 500 to 1000 ms");
        Assert.That(new ServiceHour().Quantile(0.5), Is.Null);
    }

    [Test]
    public void Changes_of_the_level_are_kept_and_bounded()
    {
        var record = new ServiceRecord(s_check);
        Assert.That(Add(record, s_now, ServiceLevel.Healthy, 3), Is.EqualTo(1), "the first is a change");
        for (var i = 0; i < 100; i++)
        {
            Add(record, s_now.AddSeconds(i), i % 2 == 0 ? ServiceLevel.Unhealthy : ServiceLevel.Healthy, 1);
        }

        Assert.That(record.Changes, Has.Count.EqualTo(50));
        Assert.That((record.Changes[^1].At, record.Last!.Level), Is.EqualTo((s_now.AddSeconds(99), ServiceLevel.Healthy)));
    }

    [Test]
    public async Task A_monitor_checks_again_and_again_and_tells_of_changes()
    {
        var changes = new List<ServiceLevel>();
        var checkedTwice = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var monitor = new ServiceMonitor([s_check with { Target = "localhost", Interval = TimeSpan.FromMilliseconds(1) }], TimeProvider.System)
        {
            OnChange = service =>
            {
                changes.Add(service.Last!.Level);
                checkedTwice.TrySetResult();
            },
        };
        monitor.Start();
        await checkedTwice.Task.WaitAsync(TimeSpan.FromSeconds(60));
        var record = monitor.Find("shop")!;
        while (record.Of(DateTimeOffset.UtcNow, TimeSpan.FromHours(2)).Checks < 3)
        {
            await Task.Yield();
        }

        Assert.That(changes, Has.Count.EqualTo(1));
        Assert.That(monitor.Find("other"), Is.Null);
    }

    static int Add(ServiceRecord record, DateTimeOffset at, ServiceLevel level, int count) =>
        Enumerable.Range(0, count).Count(_ => record.Add(new ServiceResult(at, level, TimeSpan.FromMilliseconds(1), "")));
}
