using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Tests.Monitoring.Notices;

/// <summary>Virtual time in milliseconds; the clock moves a second at a time.</summary>
public sealed class NoticeDispatcherTests
{
    const long Start = 1_700_000_000_000;
    const long Second = 1000;
    const long Minute = 60 * Second;

    const string Config = """
        route:
          receiver: all
          group_by: [alertname]
          group_wait: 30s
          group_interval: 5m
          repeat_interval: 4h
          routes:
          - {matchers: ['severity="critical"'], receiver: pager, continue: true}
          - {match: {team: shop}, receiver: shop, group_by: ['...']}
        receivers:
        - {name: all, webhook_configs: [{url: "http://a"}]}
        - {name: pager, pagerduty_configs: [{routing_key: k}]}
        - {name: shop, email_configs: [{to: a@b}]}
        inhibit_rules:
        - {source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [instance]}
        """;

    long _now = Start;
    NoticeDispatcher _dispatcher = null!;
    List<(long At, Notice Notice)> _sent = [];

    [SetUp]
    public void Create()
    {
        (_now, _sent) = (Start, []);
        _dispatcher = new NoticeDispatcher(Read(Config), new NoticeLedger());
    }

    [Test]
    public void Alerts_of_a_group_share_a_notice_after_group_wait_and_changes_follow_after_group_interval()
    {
        Fire("A", "instance", "1");
        Run(10 * Second);
        Fire("A", "instance", "2");
        Run(50 * Second);
        Fire("A", "instance", "3");
        Run(10 * Minute);
        Assert.That(_sent.Select(s => (s.At, s.Notice.Alerts.Count)), Is.EqualTo(new[] { (30 * Second, 2), (5 * Minute + 30 * Second, 3) }));
        Assert.That(_sent[0].Notice.GroupLabels.ToString(), Is.EqualTo("""{alertname="A"}"""));
    }

    [Test]
    public void An_unchanged_group_is_repeated_after_repeat_interval_and_its_end_is_said_once()
    {
        Fire("A", "instance", "1");
        Run(9 * 60 * Minute);
        Resolve("A", "instance", "1");
        Run(60 * Minute);
        Assert.That(_sent.Select(s => s.At / Minute), Is.EqualTo(new[] { 0, 240, 480, 540 }));
        Assert.That(_sent.Select(s => s.Notice.IsFiring), Is.EqualTo(new[] { true, true, true, false }));
        Assert.That((_dispatcher.Groups, _dispatcher.Alerts.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Routes_are_followed_as_continue_says()
    {
        Fire("A", "severity", "critical", "team", "shop");
        Fire("B", "team", "ops");
        Run(Minute);
        Assert.That(_sent.Select(s => $"{s.Notice.Receiver} {s.Notice.GroupLabels}").Order(StringComparer.Ordinal), Is.EqualTo(new[]
        {
            """all {alertname="B"}""", """pager {alertname="A"}""", """shop {alertname="A",severity="critical",team="shop"}""",
        }));
    }

    [Test]
    public void An_alert_that_fires_keeps_another_of_the_same_instance_quiet()
    {
        Fire("Down", "severity", "critical", "instance", "1");
        Fire("Slow", "severity", "warning", "instance", "1");
        Fire("Slow", "severity", "warning", "instance", "2");
        Run(Minute);
        Assert.That(_sent.Where(s => s.Notice.Receiver == "all").SelectMany(s => s.Notice.Alerts).Select(a => a.Labels["instance"]), Is.EqualTo(new[] { "2" }));
        Resolve("Down", "severity", "critical", "instance", "1");
        Run(6 * Minute);
        Assert.That(_sent.Last(s => s.Notice.Receiver == "all").Notice.Alerts, Has.Count.EqualTo(2), "after the end of the other");
    }

    [Test]
    public void A_silenced_alert_is_left_out_while_the_silence_lasts()
    {
        _dispatcher = new NoticeDispatcher(Read(Config), new NoticeLedger(), (labels, at) => labels["instance"] == "1" && at < Start + 20 * Minute);
        Fire("A", "instance", "1");
        Run(30 * Minute);
        Assert.That(_sent, Has.Count.EqualTo(1));
        Assert.That(_sent[0].At, Is.EqualTo(20 * Minute + 30 * Second));
    }

    [Test]
    public void A_notice_that_was_not_delivered_is_due_again()
    {
        Fire("A", "instance", "1");
        Run(11 * Minute, isDelivered: false);
        Assert.That(_sent.Select(s => s.At), Is.EqualTo(new[] { 30 * Second, 5 * Minute + 30 * Second, 10 * Minute + 30 * Second }));
    }

    [Test]
    public void An_alert_that_nobody_renews_resolves_at_its_end()
    {
        _dispatcher.Take(new AlertMessage(SeriesLabels.Empty.With("alertname", "A"), SeriesLabels.Empty, _now, _now + 4 * Minute, false, ""), _now);
        Run(6 * Minute);
        Assert.That(_sent.Select(s => s.Notice.IsFiring), Is.EqualTo(new[] { true, false }));
    }

    [Test]
    public void A_new_dispatcher_with_the_same_ledger_says_nothing_twice()
    {
        var ledger = new NoticeLedger();
        _dispatcher = new NoticeDispatcher(Read(Config), ledger);
        Fire("A", "instance", "1");
        Run(Minute);
        _dispatcher = new NoticeDispatcher(Read(Config), ledger);
        Fire("A", "instance", "1");
        Run(30 * Minute);
        Assert.That(_sent, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_flood_of_an_alert_a_second_for_an_hour_makes_few_notices()
    {
        for (var i = 0; i < 3600; i++)
        {
            Fire("Flood", "cart", $"{i}");
            Run(Second);
        }

        Run(10 * Minute);
        Assert.That(_sent, Has.Count.InRange(12, 15));
        Assert.That(_sent[^1].Notice.Alerts, Has.Count.EqualTo(3600));
    }

    [Test]
    public void An_end_that_was_not_delivered_is_sent_again_and_a_later_alert_is_news()
    {
        Fire("A", "instance", "1");
        Run(Minute);
        Resolve("A", "instance", "1");
        Run(6 * Minute, isDelivered: false);
        Assert.That(_sent.Select(s => s.Notice.IsFiring), Is.EqualTo(new[] { true, false }));
        Run(10 * Minute);
        Assert.That(_sent.Select(s => s.Notice.IsFiring), Is.EqualTo(new[] { true, false, false }), "until it is delivered");
        Assert.That(_dispatcher.Groups, Is.Zero);
        Fire("A", "instance", "1");
        Run(Minute);
        Assert.That(_sent[^1].Notice.IsFiring, Is.True);
    }

    void Fire(string name, params string[] labels) => _dispatcher.Take(Message(name, false, labels), _now);

    void Resolve(string name, params string[] labels) => _dispatcher.Take(Message(name, true, labels), _now);

    AlertMessage Message(string name, bool isResolved, string[] labels) =>
        new(SeriesLabels.Of("", ["alertname", name, .. labels]), SeriesLabels.Empty, _now, isResolved ? _now : long.MaxValue, isResolved, "");

    void Run(long time, bool isDelivered = true)
    {
        for (var end = _now + time; _now < end;)
        {
            _now += Second;
            foreach (var notice in _dispatcher.TakeDue(_now))
            {
                _sent.Add((_now - Start, notice));
                if (isDelivered)
                {
                    _dispatcher.Confirm(notice, _now);
                }
            }
        }
    }

    static AlertmanagerConfig Read(string text)
    {
        var file = AlertmanagerConfigReader.Parse(text, "alertmanager.yml");
        Assert.That(file.Problems, Is.Empty);
        return file.Config!;
    }
}
