using System.Diagnostics;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Tests.Monitoring.Alerts;

public sealed class AlertLogTests
{
    const long Start = 1_700_000_000_000;
    const long Minute = 60_000;

    string _folder = "";
    NoticeDatabase _database = null!;
    AlertLog _log = null!;

    [SetUp]
    public void Create()
    {
        _folder = Directory.CreateTempSubdirectory("alertlog").FullName;
        Open();
    }

    [TearDown]
    public void Delete()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void What_could_not_be_stored_is_taken_with_the_next_message()
    {
        Fire("A", Start, Start);
        _log.OnChange = (_, _, _, _) => throw new IOException("disk full");
        Assert.That(() => Fire("B", Start, Start), Throws.InstanceOf<IOException>());
        Assert.That(() => End("A", Start, Start + Minute), Throws.InstanceOf<IOException>());
        Assert.That(_log.Active.Select(alert => alert.Name), Is.EqualTo(new[] { "A" }), "as in the database");
        _log.OnChange = null;
        Fire("C", Start, Start + Minute);
        Fire("B", Start, Start + Minute);
        _log.Acknowledge(_log.Find(Labels("B"))!.Id, "operator", null, Start + Minute);
        Restart();
        Assert.That(_log.Active.Select(alert => (alert.Name, alert.AcknowledgedBy)), Is.EquivalentTo(new[] { ("A", null), ("B", "operator"), ("C", (string?)null) }));
    }

    [Test]
    public void An_acknowledgement_lasts_until_the_alert_resolves_and_survives_a_restart()
    {
        Fire("A", Start, Start);
        var id = _log.Active.Single().Id;
        Assert.That(Guid.TryParse(id, out _), Is.True);
        Assert.That(_log.Acknowledge(id, "operator", "on it", Start + Minute)!.AcknowledgedBy, Is.EqualTo("operator"));
        Assert.That(_log.Acknowledge(id, "deputy", null, Start + 2 * Minute)!.AcknowledgedBy, Is.EqualTo("operator"), "the first one");
        Restart();
        Fire("A", Start, Start + 3 * Minute);
        Assert.That(_log.IsAcknowledged(Labels("A")), Is.True);
        End("A", Start, Start + 4 * Minute);
        Fire("A", Start + 5 * Minute, Start + 5 * Minute);
        Assert.That(_log.IsAcknowledged(Labels("A")), Is.False, "it is another one");
        Assert.That(_log.Acknowledge(id, "operator", null, Start + 6 * Minute), Is.Null, "it is over");
        Assert.That(_log.Transitions(_log.Find(id)!).Select(step => (step.Change, step.Who, step.Note)), Is.EqualTo(new (AlertChange, string?, string?)[]
        {
            (AlertChange.Fired, null, null), (AlertChange.Acknowledged, "operator", "on it"), (AlertChange.Acknowledged, "deputy", null), (AlertChange.Resolved, null, null),
        }));
    }

    [Test]
    public void An_alert_resolved_by_hand_stays_quiet_until_its_rule_resolves_it()
    {
        Fire("A", Start, Start);
        var alert = _log.Resolve(_log.Active.Single().Id, "operator", "scaled up", Start + Minute)!;
        Assert.That((alert.ResolvedAt, alert.ResolvedBy, alert.Note), Is.EqualTo((Start + Minute, "operator", "scaled up")));
        Restart();
        Assert.That(Fire("A", Start, Start + 2 * Minute), Is.Empty);
        Assert.That(_log.Active, Is.Empty);
        End("A", Start, Start + 3 * Minute);
        Assert.That(Fire("A", Start + 4 * Minute, Start + 4 * Minute), Has.Count.EqualTo(1));
        Assert.That(_log.History(null, null, 10, 0).Total, Is.EqualTo(2));
        Assert.That(_log.Find(alert.Id)!.Note, Is.EqualTo("scaled up"));
    }

    [Test]
    public void An_alert_that_nobody_renews_expires_and_goes_on_if_it_was_the_same_after_all()
    {
        Fire("A", Start, Start);
        var id = _log.Active.Single().Id;
        _log.Expire(Start + 4 * Minute - 1);
        Assert.That(_log.Active, Has.Count.EqualTo(1));
        _log.Expire(Start + 4 * Minute);
        Assert.That(_log.Active, Is.Empty);
        Assert.That(Fire("A", Start, Start + 9 * Minute), Has.Count.EqualTo(1));
        Assert.That(_log.Active.Single().Id, Is.EqualTo(id));
        Assert.That(_log.Transitions(_log.Find(id)!).Select(step => step.Change), Is.EqualTo(new[] { AlertChange.Fired, AlertChange.Expired, AlertChange.Reopened }));
    }

    [Test]
    public void The_history_is_filtered_paged_and_bounded()
    {
        for (var i = 0; i < 20; i++)
        {
            Fire($"A{i}", Start + i, Start + i, i % 2 == 0 ? "critical" : "warning");
            End($"A{i}", Start + i, Start + Minute + i, i % 2 == 0 ? "critical" : "warning");
        }

        var (page, total) = _log.History("critical", "checkout", 3, 1);
        Assert.That(page.Select(alert => alert.Name), Is.EqualTo(new[] { "A16", "A14", "A12" }));
        Assert.That((total, _log.History(null, "other", 3, 0).Total), Is.EqualTo((10L, 0L)));
        Fire("Now", Start, Start);
        _log.Prune(before: Start + Minute + 5, keep: 11);
        Assert.That(_log.History(null, null, 100, 0).Alerts.Select(alert => alert.Name), Is.EqualTo(Enumerable.Range(10, 10).Select(i => $"A{i}").Append("Now").Reverse()));
    }

    [Test]
    public void Twenty_thousand_alerts_are_taken_and_renewed_quickly()
    {
        AlertMessage[] messages = [.. Enumerable.Range(0, 20_000).Select(i => Message($"A{i}", Start, false, Start, "warning") with { Rule = "r" })];
        var watch = Stopwatch.StartNew();
        _log.Take(messages, Start);
        var first = watch.Elapsed;
        watch.Restart();
        _log.Take(messages, Start + Minute);
        TestContext.Out.WriteLine($"first {first.TotalMilliseconds:0} ms, renewed {watch.Elapsed.TotalMilliseconds:0} ms");
        Assert.That(_log.Active, Has.Count.EqualTo(20_000));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1)), "without a write");
    }

    void Open()
    {
        _database = new NoticeDatabase(Path.Combine(_folder, "notices.db"));
        _log = new AlertLog(_database, Start);
    }

    void Restart()
    {
        _database.Dispose();
        Open();
    }

    IReadOnlyList<AlertMessage> Fire(string name, long startsAt, long now, string severity = "warning") => _log.Take([Message(name, startsAt, false, now, severity)], now);

    void End(string name, long startsAt, long now, string severity = "warning") => _log.Take([Message(name, startsAt, true, now, severity)], now);

    static AlertMessage Message(string name, long startsAt, bool isResolved, long now, string severity) =>
        new(Labels(name, severity), SeriesLabels.Empty, startsAt, isResolved ? now : now + 4 * Minute, isResolved, "") { Value = 3 };

    static SeriesLabels Labels(string name, string severity = "warning") => SeriesLabels.Of("", "alertname", name, "severity", severity, "service", "checkout");
}
