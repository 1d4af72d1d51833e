using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Engine.Monitoring.Silences;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Monitoring.Notices;

/// <summary>Rules, their states and the notices together, in virtual time.</summary>
public sealed class AlertManagerTests
{
    const long Start = 1_700_000_000_000;

    const string Routes = """
        route: {receiver: ops, group_by: [alertname], group_wait: 30s, group_interval: 5m, repeat_interval: 1h}
        receivers: [{name: ops, webhook_configs: [{url: "http://a"}]}]
        """;

    const string Rules = """
        groups:
        - name: g
          interval: 30s
          rules:
          - {alert: High, expr: m > 10, for: 2m, labels: {severity: critical, service: checkout}}
          - {record: m:double, expr: m * 2}
        """;

    string _folder = "";
    ManualTime _time = null!;
    MemorySeries _series = null!;
    RecordingChannel _channel = null!;
    NoticeSenderOptions _sending = new() { Delays = [] };
    AlertManager _alerts = null!;
    RuleManager _rules = null!;

    [SetUp]
    public void Create()
    {
        _folder = Directory.CreateTempSubdirectory("alertmanager").FullName;
        (_time, _series, _channel, _sending) = (new ManualTime(Start), new MemorySeries(), new RecordingChannel(), new NoticeSenderOptions { Delays = [] });
        Open();
    }

    [TearDown]
    public async Task Delete()
    {
        await CloseAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task One_notice_for_each_transition_goes_out_whether_or_not_the_engine_restarts_in_between()
    {
        var steady = await RunHoursAsync(restarts: false);
        await CloseAsync();
        Directory.Delete(_folder, recursive: true);
        Create();
        var restarted = await RunHoursAsync(restarts: true);
        Assert.That(steady, Is.EqualTo(new[] { "firing", "firing", "resolved", "firing" }), "the second one repeats the first after an hour");
        Assert.That(restarted, Is.EqualTo(steady), "20 restarts repeat nothing and lose nothing");
        var states = _alerts.Read((log, _, _) => log.History(null, null, 10, 0).Alerts.Select(alert => alert.ResolvedAt is null).ToArray());
        Assert.That(states, Is.EqualTo(new[] { true, false }));
    }

    [Test]
    public async Task An_acknowledged_alert_is_not_repeated_and_its_end_is_sent()
    {
        await RunAsync(minutes: 10, value: 20);
        var alert = _alerts.Read((log, _, _) => log.Active.Single());
        Assert.That((alert.Name, alert.Value, alert.Rule), Is.EqualTo(("High", 20d, "rules.yml;g;High")));
        _alerts.Acknowledge(alert.Id, "operator", null);
        await RunAsync(minutes: 150, value: 20);
        Assert.That(_channel.Tries, Has.Count.EqualTo(1));
        await RunAsync(minutes: 10, value: 1);
        Assert.That(_channel.Tries.Select(notice => notice.IsFiring), Is.EqualTo(new[] { true, false }));
    }

    [Test]
    public async Task An_alert_resolved_by_hand_is_sent_as_resolved_and_stays_quiet_while_its_rule_fires()
    {
        await RunAsync(minutes: 10, value: 20);
        var alert = _alerts.Read((log, _, _) => log.Active.Single());
        Assert.That(_alerts.Resolve(alert.Id, "operator", "scaled up")!.ResolvedBy, Is.EqualTo("operator"));
        await RunAsync(minutes: 90, value: 20);
        Assert.That(_channel.Tries.Select(notice => notice.IsFiring), Is.EqualTo(new[] { true, false }));
        await RunAsync(minutes: 10, value: 1);
        await RunAsync(minutes: 20, value: 20);
        Assert.That(_channel.Tries.Select(notice => notice.IsFiring), Is.EqualTo(new[] { true, false, true }), "fires anew");
    }

    [Test]
    public async Task A_failing_receiver_is_tried_again_in_bounds_counted_and_named()
    {
        _sending = new NoticeSenderOptions { Delays = [TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1)] };
        await CloseAsync();
        Open();
        List<string> failed = [];
        _alerts.OnFailed = (notice, reason) => failed.Add($"{notice.Integration.Key}: {reason}");
        _channel.Answer = _ => NoticeVerdict.Retry("the receiver answered 503");
        await RunAsync(minutes: 5, value: 20);
        Assert.That(_channel.Tries, Has.Count.EqualTo(3), "three tries in a notice's group_interval");
        Assert.That(failed, Is.EqualTo(new[] { "ops/webhook/0: the receiver answered 503" }));
        Assert.That(_alerts.Problems, Is.EqualTo(new Dictionary<string, string> { ["ops/webhook/0"] = "the receiver answered 503" }));
        _channel.Answer = _ => NoticeVerdict.Delivered;
        await RunAsync(minutes: 10, value: 20);
        Assert.That(_channel.Tries.Select(notice => notice.Id).Distinct(), Has.Exactly(1).Items, "the same message");
        Assert.That(_alerts.Problems, Is.Empty);
        Assert.That(_alerts.Counts, Is.EquivalentTo(new Dictionary<(string, string), long> { [("webhook", "failed")] = 1, [("webhook", "delivered")] = 1 }));
    }

    [Test]
    public async Task A_rejected_notice_is_not_tried_again_before_the_next_interval()
    {
        _sending = new NoticeSenderOptions { Delays = [TimeSpan.FromMilliseconds(1)] };
        await CloseAsync();
        Open();
        _channel.Answer = _ => NoticeVerdict.Rejected("the receiver answered 400");
        await RunAsync(minutes: 15, value: 20);
        Assert.That(_channel.Tries, Has.Count.InRange(2, 3));
    }

    [Test]
    public async Task A_flood_of_groups_makes_a_bounded_number_of_notices()
    {
        _sending = new NoticeSenderOptions { Delays = [], PerMinute = 10 };
        await CloseAsync();
        Open();
        for (var second = 0; second < 3600; second++)
        {
            _alerts.Take([new AlertMessage(SeriesLabels.Of("", "alertname", $"Flood{second}"), SeriesLabels.Empty, Now, Now + 600_000, false, "")]);
            _time.Advance(TimeSpan.FromSeconds(1));
            _alerts.Tick();
            await _alerts.DrainAsync(CancellationToken.None);
        }

        Assert.That(_channel.Tries, Has.Count.InRange(500, 610), "ten a minute");
        Assert.That(_alerts.Counts[("webhook", "deferred")], Is.GreaterThan(1000));
    }

    [Test]
    public async Task The_end_of_a_silence_is_announced_by_a_notice()
    {
        await RunAsync(minutes: 1, value: 1);
        var silence = _alerts.SetSilence(new Silence
        {
            Matchers = NoticeMatchers.Parse("alertname=High"),
            StartsAt = Now,
            EndsAt = Now + 60 * 60_000,
            CreatedBy = "operator",
            Comment = "deploy",
        });
        await RunAsync(minutes: 44, value: 20);
        Assert.That(_channel.Tries, Is.Empty);
        await RunAsync(minutes: 4, value: 20);
        var warning = _channel.Tries.Single().Alerts.Single();
        Assert.That((warning.Labels["alertname"], warning.Labels["silence"]), Is.EqualTo((AlertManager.SilenceEnds, silence.Id)));
        Assert.That(warning.Annotations["summary"], Does.StartWith("The silence alertname=\"High\" of operator ends at").And.EndsWith("hides 1 alerts that fire"));
        await RunAsync(minutes: 20, value: 20);
        Assert.That(_channel.Tries[^1].Alerts.Any(alert => alert.Labels["alertname"] == "High"), Is.True, "it is over");
    }

    [Test]
    public async Task Other_routes_take_up_the_alerts_that_fire()
    {
        await RunAsync(minutes: 10, value: 20);
        var other = new RecordingChannel();
        var config = AlertmanagerConfigReader.Parse(Routes.Replace("ops", "shop"), "am.yml").Config!;
        await _alerts.ApplyAsync(config, new Dictionary<string, INoticeChannel> { ["shop/webhook/0"] = other });
        await RunAsync(minutes: 2, value: 20);
        Assert.That((_channel.Tries.Count, other.Tries.Count), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Unchanged_rules_go_on_and_those_that_are_gone_end_their_series()
    {
        await RunAsync(minutes: 3, value: 20);
        var pending = _rules.Groups[0].Rules[0].Alerts.Single();
        _rules.Apply([Source(Rules), new RuleSource("more.yml", "x", RuleFileReader.Parse("groups: [{name: h, interval: 30s, rules: [{record: x, expr: '1'}]}]", "more.yml").Groups)]);
        await RunAsync(minutes: 1, value: 20);
        Assert.That(_rules.Groups.Select(group => group.Group.Key), Is.EqualTo(new[] { "more.yml;h", "rules.yml;g" }));
        Assert.That(_rules.Groups[1].Rules[0].Alerts.Single().ActiveAt, Is.EqualTo(pending.ActiveAt));
        Assert.That(Query("x").Count, Is.EqualTo(1));
        _rules.Apply([Source(Rules)]);
        await RunAsync(minutes: 1, value: 20);
        Assert.That(Query("x"), Is.Empty, "stale");
        Assert.That(Query("m:double").Single().Value, Is.EqualTo(40));
    }

    [Test]
    public async Task A_changed_rule_keeps_the_state_of_its_unchanged_neighbours()
    {
        await RunAsync(minutes: 5, value: 20);
        _rules.Apply([Source(Rules.Replace("m * 2", "m * 3"))]);
        await RunAsync(minutes: 1, value: 20);
        Assert.That(_rules.Groups[0].Rules[0].State, Is.EqualTo(AlertState.Firing));
        Assert.That(Query("m:double").Single().Value, Is.EqualTo(60));
    }

    [Test]
    public async Task Missed_evaluations_and_failures_are_counted()
    {
        _rules.Apply([Source(Rules.Replace("m * 2", "m * on(a) group_left n"))]);
        _series.Append(SeriesLabels.Of("n", "a", "1", "b", "1"), Start, 1);
        _series.Append(SeriesLabels.Of("n", "a", "1", "b", "2"), Start, 1);
        _series.Append(SeriesLabels.Of("m", "a", "1"), Start, 1);
        await RunAsync(minutes: 2, value: 1);
        Assert.That(_rules.Counters.Failures, Is.GreaterThan(2));
        Assert.That(_rules.Groups[0].Rules[1].Health.Text, Is.EqualTo("err"));
        var before = _rules.Counters;
        _time.Advance(TimeSpan.FromMinutes(10));
        _rules.RunDue();
        Assert.That(_rules.Counters.Missed - before.Missed, Is.InRange(18, 20));
        Assert.That(_rules.Counters.Evaluations - before.Evaluations, Is.EqualTo(2), "the latest alone");
    }

    long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    void Open()
    {
        _alerts = new AlertManager(new NoticeDatabase(Path.Combine(_folder, "notices.db")), AlertmanagerConfigReader.Parse(Routes, "am.yml").Config!,
            new Dictionary<string, INoticeChannel> { ["ops/webhook/0"] = _channel }, _time, new AlertManagerOptions { Sending = _sending });
        _rules = new RuleManager(new PromQlEngine(_series), _series, new AlertStore(Path.Combine(_folder, "alerts.db")), new AlertingOptions(), _time, _alerts.Take);
        _rules.Apply([Source(Rules)]);
    }

    async Task CloseAsync()
    {
        _rules.Dispose();
        await _alerts.DisposeAsync();
    }

    async Task RunAsync(int minutes, double value)
    {
        for (var i = 0; i < minutes * 12; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            _series.Append(SeriesLabels.Of("m"), Now, value);
            _rules.RunDue();
            _alerts.Tick();
            await _alerts.DrainAsync(CancellationToken.None);
            Assert.That((_alerts.Problem, _rules.Problem), Is.EqualTo((default(string), default(string))));
        }
    }

    // High for 90 minutes, low for 30, high for 20.
    async Task<List<string>> RunHoursAsync(bool restarts)
    {
        var at = 0;
        List<string> sent = [];
        foreach (var (minutes, value) in new[] { (10, 1), (90, 20), (30, 1), (20, 20) })
        {
            for (var minute = 0; minute < minutes; minute++, at++)
            {
                var before = _channel.Tries.Count;
                await RunAsync(1, value);
                sent.AddRange(_channel.Tries.Skip(before).Select(notice => notice.IsFiring ? "firing" : "resolved"));
                if (restarts && at % 7 == 6)
                {
                    await CloseAsync();
                    Open();
                }
            }
        }

        return sent;
    }

    IReadOnlyList<VectorSample> Query(string text) => ((PromVector)new PromQlEngine(_series).Evaluate(PromQuery.Parse(text), Now)).Samples;

    static RuleSource Source(string text) => new("rules.yml", text, RuleFileReader.Parse(text, "rules.yml").Groups);
}
