using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Tests.Monitoring.Notices;

public sealed class NoticeLedgerTests
{
    const long Start = 1_700_000_000_000;
    const long Second = 1000;
    const long Minute = 60 * Second;

    const string Config = """
        route: {receiver: ops, group_by: [alertname], group_wait: 30s, group_interval: 5m, repeat_interval: 1h}
        receivers:
        - name: ops
          webhook_configs: [{url: "http://a"}, {url: "http://b"}]
          email_configs: [{to: a@b}]
        """;

    string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("notices").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_restart_every_five_minutes_changes_no_notice_and_repeats_none()
    {
        var steady = Run(restarts: false);
        Assert.That(steady, Has.Count.GreaterThan(10));
        Assert.That(Run(restarts: true), Is.EqualTo(steady));
    }

    [Test]
    public void Each_integration_of_a_receiver_has_its_own_entry()
    {
        using var database = new NoticeDatabase(Path.Combine(_folder, "notices.db"));
        var dispatcher = new NoticeDispatcher(Read(Config), new NoticeLedger(database));
        dispatcher.Take(Message("A", Start, isResolved: false, long.MaxValue), Start);
        var first = dispatcher.TakeDue(Start + 30 * Second);
        Assert.That(first.Select(notice => notice.Integration.Key), Is.EqualTo(new[] { "ops/email/0", "ops/webhook/0", "ops/webhook/1" }));
        dispatcher.Confirm(first[0], Start + 30 * Second);
        dispatcher.Confirm(first[1], Start + 30 * Second);
        var second = dispatcher.TakeDue(Start + 5 * Minute + 30 * Second);
        Assert.That(second.Select(notice => notice.Integration.Key), Is.EqualTo(new[] { "ops/webhook/1" }), "the one that failed");
        Assert.That(second[0].Id, Is.EqualTo(first[2].Id), "the same message again");
        dispatcher.Confirm(second[0], Start + 5 * Minute + 30 * Second);
        dispatcher.Take(Message("A", Start, isResolved: true, Start + 6 * Minute), Start + 6 * Minute);
        var end = dispatcher.TakeDue(Start + 11 * Minute);
        Assert.That(end.Select(notice => (notice.Integration.Key, notice.IsFiring)), Is.EqualTo(new[] { ("ops/webhook/0", false), ("ops/webhook/1", false) }));
        Assert.That(end[1].Id, Is.Not.EqualTo(second[0].Id));
    }

    [TestCase(7, true, Description = "the receiver was told of the end, and a crash lost the entry of that")]
    [TestCase(0, false, Description = "it fires on")]
    public void After_a_crash_an_alert_that_fires_anew_is_news(int minute, bool isNews)
    {
        var path = Path.Combine(_folder, "notices.db");
        using (var database = new NoticeDatabase(path))
        {
            var dispatcher = new NoticeDispatcher(Read(Config), new NoticeLedger(database));
            dispatcher.Take(Message("A", Start, isResolved: false, long.MaxValue), Start);
            foreach (var notice in dispatcher.TakeDue(Start + 30 * Second))
            {
                dispatcher.Confirm(notice, Start + 30 * Second);
            }

            if (isNews)
            {
                dispatcher.Take(Message("A", Start, isResolved: true, Start + 5 * Minute), Start + 5 * Minute);
                Assert.That(dispatcher.TakeDue(Start + 6 * Minute).Select(notice => notice.IsFiring), Is.EqualTo(new[] { false, false }));
            }
        }

        using var reopened = new NoticeDatabase(path);
        var after = new NoticeDispatcher(Read(Config), new NoticeLedger(reopened));
        after.Take(Message("A", Start + minute * Minute, isResolved: false, long.MaxValue), Start + 7 * Minute);
        var due = after.TakeDue(Start + 8 * Minute);
        Assert.That(due.Select(notice => notice.Integration.Key), Is.EqualTo(isNews ? ["ops/email/0", "ops/webhook/0", "ops/webhook/1"] : Array.Empty<string>()));
    }

    [Test]
    public void In_one_process_an_alert_that_ends_and_fires_anew_between_two_notices_fires_on()
    {
        using var database = new NoticeDatabase(Path.Combine(_folder, "notices.db"));
        var ledger = new NoticeLedger(database);
        ledger.Record(NoticeOf("A"), Start);
        var anew = NoticeOf("A") with { Alerts = [Message("A", Start + Minute, isResolved: false, long.MaxValue)] };
        Assert.That(ledger.IsDue(anew, 60 * Minute, Start + 5 * Minute), Is.False);
    }

    [Test]
    public void A_ledger_of_an_older_version_repeats_nothing()
    {
        var path = Path.Combine(_folder, "notices.db");
        using (var database = new NoticeDatabase(path))
        {
            new NoticeLedger(database).Record(NoticeOf("A"), Start);
            database.Database.Execute("ALTER TABLE ledger DROP COLUMN starts; PRAGMA user_version=2");
        }

        using var reopened = new NoticeDatabase(path);
        Assert.That(new NoticeLedger(reopened).IsDue(NoticeOf("A"), 60 * Minute, Start + 5 * Minute), Is.False);
    }

    [Test]
    public void What_was_said_long_ago_is_forgotten_on_the_disk_too()
    {
        using (var database = new NoticeDatabase(Path.Combine(_folder, "notices.db")))
        {
            var ledger = new NoticeLedger(database);
            ledger.Record(NoticeOf("A"), Start);
            ledger.Record(NoticeOf("B"), Start + Minute);
            ledger.Expire(Start + Second);
        }

        using var reopened = new NoticeDatabase(Path.Combine(_folder, "notices.db"));
        Assert.That(new NoticeLedger(reopened).Count, Is.EqualTo(1));
    }

    [Test]
    public void A_newer_database_is_refused()
    {
        var path = Path.Combine(_folder, "notices.db");
        using (var database = new NoticeDatabase(path))
        {
            database.Database.Execute("PRAGMA user_version=99");
        }

        Assert.That(() => new NoticeDatabase(path), Throws.InstanceOf<IOException>().With.Message.Contains("newer version (99)"));
    }

    // A is renewed each minute for two hours, B comes and goes.
    List<string> Run(bool restarts)
    {
        var path = Path.Combine(_folder, $"{restarts}.db");
        var database = new NoticeDatabase(path);
        var dispatcher = new NoticeDispatcher(Read(Config), new NoticeLedger(database));
        List<string> sent = [];
        List<AlertMessage> current = [];
        for (long second = 0; second < 3 * 3600; second++)
        {
            var now = Start + second * Second;
            if (second % 60 == 0)
            {
                current = [Message("A", Start, second >= 7200, second >= 7200 ? Start + 7200 * Second : now + 4 * Minute)];
                if (second is >= 600 and < 1800)
                {
                    current.Add(Message("B", Start + 600 * Second, second >= 1200, second >= 1200 ? Start + 1200 * Second : now + 4 * Minute));
                }

                current.ForEach(message => dispatcher.Take(message, now));
            }

            foreach (var notice in dispatcher.TakeDue(now))
            {
                sent.Add($"{second / 60} {notice.Integration.Key} {notice.GroupLabels} {notice.Alerts.Count} {notice.IsFiring}");
                dispatcher.Confirm(notice, now);
            }

            // After the flushes of a minute, so that the times of the groups are the same.
            if (restarts && second % 300 == 31)
            {
                database.Dispose();
                database = new NoticeDatabase(path);
                dispatcher = new NoticeDispatcher(Read(Config), new NoticeLedger(database));
                current.ForEach(message => dispatcher.Take(message, now));
                Assert.That(dispatcher.TakeDue(now), Is.Empty, $"after the restart in second {second}");
            }
        }

        database.Dispose();
        return sent;
    }

    static Notice NoticeOf(string name) =>
        new(new NoticeIntegration("ops", "webhook", 0, true), $"0:{name}", SeriesLabels.Empty, [Message(name, Start, false, long.MaxValue)]);

    static AlertMessage Message(string name, long startsAt, bool isResolved, long endsAt) =>
        new(SeriesLabels.Of("", "alertname", name), SeriesLabels.Empty, startsAt, endsAt, isResolved, "");

    static AlertmanagerConfig Read(string text) => AlertmanagerConfigReader.Parse(text, "alertmanager.yml").Config!;
}
