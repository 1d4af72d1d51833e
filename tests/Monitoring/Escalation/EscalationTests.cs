using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Escalation;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Silences;
using CartRecovery.Tests.Monitoring.Notices;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Monitoring.Escalation;

/// <summary>Alerts that nobody acknowledges, in virtual time from a Tuesday on.</summary>
public sealed class EscalationTests
{
    static readonly long s_start = new DateTimeOffset(2026, 1, 6, 10, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    const string Routes = """
        route: {receiver: none}
        receivers:
        - {name: none}
        - {name: operator, pagerduty_configs: [{routing_key: a}]}
        - {name: deputy, pagerduty_configs: [{routing_key: b}]}
        - {name: boss, webhook_configs: [{url: "http://a"}]}
        """;

    const string OnCall = """
        people: [{name: operator, receiver: operator}, {name: deputy, receiver: deputy}]
        schedules: [{name: primary, layers: [{start: 2026-01-05T09:00, every: 1d, people: [deputy, operator]}]}]
        escalations:
        - {name: critical, matchers: ['severity="critical"'], levels: [{after: 0s, schedules: [primary]}, {after: 15m, receivers: [boss]}]}
        """;

    static readonly string[] s_people = ["operator", "deputy", "boss"];

    string _folder = "";
    ManualTime _time = null!;
    Dictionary<string, RecordingChannel> _channels = [];
    AlertManager _alerts = null!;

    [SetUp]
    public void Create()
    {
        _folder = Directory.CreateTempSubdirectory("escalation").FullName;
        _time = new ManualTime(s_start);
        _channels = s_people.ToDictionary(name => name, _ => new RecordingChannel());
        Open();
    }

    [TearDown]
    public async Task Delete()
    {
        await _alerts.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task The_person_on_call_is_told_and_after_a_delay_the_next_level()
    {
        Fire("critical");
        await RunAsync(minutes: 14);
        Assert.That(Counts(), Is.EqualTo("operator 1, deputy 0, boss 0"));
        await RunAsync(minutes: 60 * 24);
        Assert.That(Counts(), Is.EqualTo("operator 1, deputy 0, boss 1"), "each level once, and the next shift is not told");
        Assert.That(_channels["operator"].Tries[0].Alerts[0].Labels["alertname"], Is.EqualTo("Down"));
    }

    [Test]
    public async Task An_acknowledgement_ends_the_escalation()
    {
        Fire("critical");
        await RunAsync(minutes: 5);
        _alerts.Acknowledge(_alerts.Read((log, _, _) => log.Active.Single().Id), "operator", null);
        await RunAsync(minutes: 60);
        Assert.That(Counts(), Is.EqualTo("operator 1, deputy 0, boss 0"));
    }

    [Test]
    public async Task Those_who_were_told_are_told_of_the_end_once()
    {
        Fire("critical");
        await RunAsync(minutes: 20);
        Fire("critical", isResolved: true);
        await RunAsync(minutes: 60);
        Assert.That(Counts(), Is.EqualTo("operator 2, deputy 0, boss 2"));
        Assert.That(_channels["operator"].Tries.Select(notice => (notice.IsFiring, notice.GroupKey)).Distinct().Count(), Is.EqualTo(2));
        Assert.That(_channels["operator"].Tries[1].GroupKey, Is.EqualTo(_channels["operator"].Tries[0].GroupKey), "PagerDuty's incident is the same");
    }

    [Test]
    public async Task A_restart_tells_nobody_twice_and_goes_on()
    {
        Fire("critical");
        for (var minute = 0; minute < 20; minute++)
        {
            await RunAsync(minutes: 1);
            await _alerts.DisposeAsync();
            Open();
        }

        Assert.That(Counts(), Is.EqualTo("operator 1, deputy 0, boss 1"));
    }

    [Test]
    public async Task A_level_that_was_not_delivered_is_tried_again_each_minute()
    {
        _channels["operator"].Answer = count => count < 3 ? NoticeVerdict.Rejected("no") : NoticeVerdict.Delivered;
        Fire("critical");
        await RunAsync(minutes: 10);
        Assert.That(Counts(), Is.EqualTo("operator 3, deputy 0, boss 0"));
    }

    [Test]
    public async Task Alerts_without_a_policy_and_silenced_ones_do_not_escalate()
    {
        _alerts.SetSilence(new Silence { Matchers = NoticeMatchers.Parse("severity=critical"), StartsAt = s_start, EndsAt = s_start + 20 * 60_000, CreatedBy = "operator", Comment = "" });
        Fire("critical");
        Fire("warning");
        await RunAsync(minutes: 19);
        Assert.That(Counts(), Is.EqualTo("operator 0, deputy 0, boss 0"));
        await RunAsync(minutes: 2);
        Assert.That(Counts(), Is.EqualTo("operator 1, deputy 0, boss 1"), "the silence is over");
    }

    void Open()
    {
        var config = AlertmanagerConfigReader.Parse(Routes, "am.yml").Config!;
        var onCall = OnCallFileReader.Parse(OnCall, "on-call.yml", [.. config.Receivers.Keys]);
        Assert.That(onCall.Problems, Is.Empty);
        var channels = config.Receivers.Values.SelectMany(receiver => receiver.Integrations)
            .ToDictionary(integration => integration.Key, integration => (INoticeChannel)_channels[integration.Receiver]);
        _alerts = new AlertManager(new NoticeDatabase(Path.Combine(_folder, "notices.db")), config, channels, _time,
            new AlertManagerOptions { Sending = new NoticeSenderOptions { Delays = [] } }, onCall.Config);
    }

    void Fire(string severity, bool isResolved = false) => _alerts.Take([new AlertMessage(SeriesLabels.Of("", "alertname", "Down", "severity", severity), SeriesLabels.Empty,
        s_start, isResolved ? _time.GetUtcNow().ToUnixTimeMilliseconds() : s_start + 100 * 3_600_000L, isResolved, "")]);

    async Task RunAsync(int minutes)
    {
        for (var i = 0; i < minutes * 6; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            _alerts.Tick();
            await _alerts.DrainAsync(CancellationToken.None);
        }
    }

    string Counts() => string.Join(", ", _channels.Select(channel => $"{channel.Key} {channel.Value.Tries.Count}"));
}
