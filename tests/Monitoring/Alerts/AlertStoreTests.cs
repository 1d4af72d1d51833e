using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Tests.Monitoring.Alerts;

public sealed class AlertStoreTests
{
    const long Second = 1000;
    const long Minute = 60 * Second;

    const string Rules = """
        groups:
        - name: g
          interval: 30s
          rules:
          - {alert: A, expr: m > 10, for: 2m, keep_firing_for: 1m, annotations: {summary: "{{ $value }} über 10"}}
          - {alert: B, expr: n > 10}
        """;

    string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("alerts").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_restart_after_every_evaluation_changes_nothing_and_repeats_nothing()
    {
        var steady = World();
        steady.Run(0, 40 * Minute);
        var restarted = World();
        var store = new AlertStore(Path.Combine(_folder, "monitoring.db"));
        restarted.Run(0, 40 * Minute, at =>
        {
            store.Save(restarted.Runner);
            store.Dispose();
            store = new AlertStore(Path.Combine(_folder, "monitoring.db"));
            restarted.Restart(store, at);
        });
        store.Dispose();
        Assert.That(steady.Sent, Is.Not.Empty);
        Assert.That(Text(restarted), Is.EqualTo(Text(steady)));
        Assert.That(restarted.Query("ALERTS", 5 * Minute), Is.EqualTo(steady.Query("ALERTS", 5 * Minute)));
    }

    [Test]
    public void After_a_crash_that_lost_the_end_of_the_pending_series_an_alert_has_one_state()
    {
        var world = new AlertWorld("groups: [{name: g, interval: 30s, rules: [{alert: A, expr: m > 10, for: 1m}]}]");
        world.Load("m", "11x20 1x20", 30 * Second);
        using var store = new AlertStore(Path.Combine(_folder, "monitoring.db"));
        world.Run(0, Minute, _ => store.Save(world.Runner));
        Lose("pending", Minute);
        Assert.That(world.Query("ALERTS", Minute), Has.Length.EqualTo(2), "the crash");

        world.Restart(store, Minute);
        world.Run(Minute + 30 * Second, 11 * Minute, _ => store.Save(world.Runner));
        Assert.That(world.Query("ALERTS", Minute + 30 * Second), Is.EqualTo(new[] { """ALERTS{alertname="A",alertstate="firing"} 1""" }));
        Assert.That(world.Query("ALERTS", 11 * Minute), Is.Empty);
        Lose("firing", 10 * Minute + 30 * Second);
        world.Restart(store, 11 * Minute);
        world.Run(11 * Minute + 30 * Second, 12 * Minute);
        Assert.That(world.Query("ALERTS", 12 * Minute), Is.Empty, "the end of a resolved one");

        // A marker of the end, replaced by a value, is one that was lost.
        void Lose(string state, long at) =>
            world.Series.Append(SeriesLabels.Of("ALERTS", "alertname", "A", "alertstate", state), AlertWorld.Start + at, 1);
    }

    [Test]
    public void The_time_of_an_outage_does_not_count_as_pending_and_a_long_one_starts_anew()
    {
        foreach (var (outage, fires) in new[] { (10 * Minute, 11 * Minute + 30 * Second), (90 * Minute, 92 * Minute) })
        {
            File.Delete(Path.Combine(_folder, "monitoring.db"));
            var world = new AlertWorld("groups: [{name: g, interval: 30s, rules: [{alert: A, expr: m > 10, for: 2m}]}]");
            world.Load("m", "11x400", 30 * Second);
            using var store = new AlertStore(Path.Combine(_folder, "monitoring.db"));
            world.Run(0, 30 * Second, _ => store.Save(world.Runner));
            world.Restart(store, outage);
            world.Run(outage, outage + 5 * Minute);
            Assert.That(world.Sent[0].At, Is.EqualTo(fires).Within(30 * Second), $"after an outage of {outage / Minute} minutes");
        }
    }

    [Test]
    public void Alerts_of_a_rule_that_is_gone_are_dropped()
    {
        var world = World();
        using var store = new AlertStore(Path.Combine(_folder, "monitoring.db"));
        world.Run(0, Minute, _ => store.Save(world.Runner));
        var other = new AlertWorld("groups: [{name: g, interval: 30s, rules: [{alert: A, expr: m > 10, for: 2m, keep_firing_for: 1m}]}]");
        store.Restore(other.Runner, AlertWorld.Start + Minute);
        Assert.That(other.Runner.AlertRules.Single().Alerts, Has.Count.EqualTo(1), "the rule kept its name and expression");
        var again = World();
        store.Restore(again.Runner, AlertWorld.Start + Minute);
        Assert.That(again.Alert(1), Is.Null);
    }

    [Test]
    public void A_store_of_a_newer_version_is_refused()
    {
        var path = Path.Combine(_folder, "monitoring.db");
        using (var database = new CartRecovery.Engine.Storage.Database(path))
        {
            database.Execute("PRAGMA user_version=99");
        }

        Assert.That(() => new AlertStore(path), Throws.InstanceOf<IOException>().With.Message.Contains("newer version"));
    }

    static AlertWorld World()
    {
        var world = new AlertWorld(Rules);
        world.Load("m", "3 11x9 9 9 9 9 9 11x9 9x70", 30 * Second);
        world.Load("n", "11x5 9x3 11x5 9x80", 30 * Second);
        return world;
    }

    static IEnumerable<string> Text(AlertWorld world) =>
        world.Sent.Select(s => $"{s.At} {s.Message.Labels} {s.Message.Annotations} {s.Message.StartsAt} {s.Message.EndsAt} {s.Message.IsResolved}");
}
