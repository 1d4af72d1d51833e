using CartRecovery.Engine.Monitoring.Escalation;

namespace CartRecovery.Tests.Monitoring.Escalation;

public sealed class OnCallFileReaderTests
{
    const string File = """
        people:
        - {name: operator, receiver: operator-sms}
        - {name: deputy, receiver: deputy-sms}
        - {name: cem, receiver: team}
        schedules:
        - name: primary
          time_zone: Europe/Berlin
          layers:
          - {start: 2026-01-05T09:00, every: 7d, people: [cem], times: [{weekdays: [saturday, sunday]}]}
          - {start: 2026-01-05T09:00, every: 7d, people: [operator, deputy]}
          overrides:
          - {from: 2026-01-07T12:00, to: 2026-01-07T18:00, person: deputy}
        escalations:
        - name: critical
          matchers: ['severity="critical"']
          levels:
          - {after: 15m, receivers: [team]}
          - {after: 0s, schedules: [primary]}
        """;

    static readonly string[] s_receivers = ["team", "operator-sms", "deputy-sms"];

    static OnCallSchedule Primary => OnCallFileReader.Parse(File, "on-call.yml", s_receivers).Config!.Schedules["primary"];

    [TestCase("2026-01-05T08:59:00+01:00", null, TestName = "Before the first turn nobody is on call")]
    [TestCase("2026-01-05T09:00:00+01:00", "operator", TestName = "The first turn")]
    [TestCase("2026-01-07T11:59:00+01:00", "operator", TestName = "Before the override")]
    [TestCase("2026-01-07T12:00:00+01:00", "deputy", TestName = "The override")]
    [TestCase("2026-01-07T18:00:00+01:00", "operator", TestName = "After the override")]
    [TestCase("2026-01-10T12:00:00+01:00", "cem", TestName = "At the weekend another layer applies")]
    [TestCase("2026-01-12T08:59:00+01:00", "operator", TestName = "The last minute of the turn")]
    [TestCase("2026-01-12T09:00:00+01:00", "deputy", TestName = "The second turn")]
    [TestCase("2026-01-19T09:00:00+01:00", "operator", TestName = "It begins again")]
    [TestCase("2026-04-06T08:59:00+02:00", "operator", TestName = "In summer the turn still changes at nine, and not before")]
    [TestCase("2026-04-06T09:00:00+02:00", "deputy", TestName = "In summer the turn still changes at nine")]
    public void Turns_follow_the_clock_of_the_schedule(string time, string? person) =>
        Assert.That(Primary.At(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture)), Is.EqualTo(person));

    [Test]
    public void Turns_of_hours_last_as_long_as_they_say_when_clocks_are_set()
    {
        var layer = new OnCallLayer(new DateTime(2026, 3, 29, 0, 0, 0), TimeSpan.FromHours(6), ["a", "b"], []);
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var start = new DateTimeOffset(2026, 3, 28, 23, 0, 0, TimeSpan.Zero);
        Assert.That(Enumerable.Range(0, 13).Select(hour => layer.At(start.AddHours(hour), zone)),
            Is.EqualTo(Enumerable.Repeat("a", 6).Concat(Enumerable.Repeat("b", 6)).Append("a")));
    }

    [Test]
    public void Levels_are_in_the_order_of_their_delays_and_name_receivers()
    {
        var config = OnCallFileReader.Parse(File, "on-call.yml", s_receivers).Config!;
        var policy = config.Find(Engine.Monitoring.Query.SeriesLabels.Of("", "severity", "critical"))!;
        Assert.That(policy.Levels.Select(level => level.After), Is.EqualTo(new[] { 0L, 900_000 }));
        Assert.That(config.ReceiversOf(policy.Levels[0], new DateTimeOffset(2026, 1, 6, 0, 0, 0, TimeSpan.Zero)), Is.EqualTo(new[] { "operator-sms" }));
        Assert.That(config.Find(Engine.Monitoring.Query.SeriesLabels.Of("", "severity", "info")), Is.Null);
    }

    [TestCase("people: [{name: a, receiver: nobody}]", "undefined receiver \"nobody\"")]
    [TestCase("schedules: [{name: s, layers: [{start: 2026-01-05, people: [x]}]}]", "undefined person \"x\"")]
    [TestCase("schedules: [{name: s, time_zone: Mars/Phobos, layers: []}]", "no time zone \"Mars/Phobos\"")]
    [TestCase("schedules: [{name: s}]", "a schedule needs 'layers'")]
    [TestCase("escalations: [{name: e, levels: [{after: 5m, schedules: [s]}]}]", "undefined schedule \"s\"")]
    [TestCase("escalations: [{name: e, levels: [{after: 5m}]}]", "a level needs 'schedules' or 'receivers'")]
    [TestCase("escalations: [{name: e, matchers: ['x'], levels: [{receivers: [team]}]}]", "is no matcher")]
    [TestCase("{people: [{name: a, receiver: team}], schedules: [{name: s, layers: [{start: tomorrow, people: [a]}]}]}", "expected a local time")]
    [TestCase("{people: [{name: a, receiver: team}], schedules: [{name: s, layers: [{start: 2026-01-05, every: 5m, people: [a]}]}]}", "every: at least 1h")]
    [TestCase("nonsense: 1", "no field 'nonsense'")]
    public void Mistakes_are_reported(string text, string message) =>
        Assert.That(OnCallFileReader.Parse(text, "on-call.yml", s_receivers).Problems.Select(problem => problem.Message), Has.Some.Contains(message));
}
