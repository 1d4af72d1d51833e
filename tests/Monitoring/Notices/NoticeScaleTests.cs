using System.Diagnostics;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Tests.Monitoring.Notices;

public sealed class NoticeScaleTests
{
    const long Start = 1_700_000_000_000;

    static AlertmanagerConfig Config(string groupBy) => AlertmanagerConfigReader.Parse($$"""
        route: {receiver: ops, group_by: [{{groupBy}}], group_wait: 30s, group_interval: 5m, repeat_interval: 4h}
        receivers: [{name: ops, webhook_configs: [{url: "http://a"}]}]
        inhibit_rules: [{source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [shop]}]
        """, "am.yml").Config!;

    [TestCase("alertname", 1)]
    [TestCase("shop", 1000)]
    public void A_hundred_thousand_alerts_are_grouped_within_200_MB_and_a_look_at_them_each_second_costs_little(string groupBy, int groups)
    {
        using var database = new NoticeDatabase(":memory:");
        var dispatcher = new NoticeDispatcher(Config(groupBy), new NoticeLedger(database));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var alerts = Enumerable.Range(0, 100_000).Select(i => Message("Flood", i, "warning")).ToArray();
        foreach (var alert in alerts)
        {
            dispatcher.Take(alert, Start);
        }

        for (var i = 0; i < 100; i++)
        {
            dispatcher.Take(Message("Down", i, "critical"), Start);
        }

        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        var watch = Stopwatch.StartNew();
        var due = dispatcher.TakeDue(Start + 30_000);
        var flush = watch.Elapsed;
        foreach (var notice in due)
        {
            dispatcher.Confirm(notice, Start + 30_000);
        }

        watch.Restart();
        for (var second = 31; second < 300; second++)
        {
            Assert.That(dispatcher.TakeDue(Start + second * 1000), Is.Empty);
        }

        TestContext.Out.WriteLine($"{bytes >> 20} MB; a flush {flush.TotalMilliseconds:0} ms; 269 looks {watch.Elapsed.TotalMilliseconds:0.0} ms");
        Assert.That(due.Count(notice => notice.Alerts[0].Labels["alertname"] == "Flood" || groups > 1), Is.EqualTo(groups));
        Assert.That(due.Sum(notice => notice.Alerts.Count), Is.EqualTo(100_000 - 100 * 100 + 100), "a hundred shops of a hundred alerts are inhibited");
        Assert.That(bytes, Is.LessThan(200 << 20));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromMilliseconds(200)), "nothing is due");
    }

    [Test]
    public void A_flood_of_alerts_is_dropped_beyond_the_bound_and_counted()
    {
        var dispatcher = new NoticeDispatcher(Config("..."), new NoticeLedger());
        for (var i = 0; i < NoticeDispatcher.MaxGroups + 10; i++)
        {
            dispatcher.Take(Message("Flood", i, "warning"), Start);
        }

        Assert.That((dispatcher.Groups, dispatcher.Alerts.Count, dispatcher.Dropped), Is.EqualTo((NoticeDispatcher.MaxGroups, NoticeDispatcher.MaxGroups, 10L)));
    }

    static AlertMessage Message(string name, int i, string severity) =>
        new(SeriesLabels.Of("", "alertname", name, "cart", $"{i}", "shop", $"{i % 1000}", "severity", severity), SeriesLabels.Empty, Start, long.MaxValue, false, "");
}
