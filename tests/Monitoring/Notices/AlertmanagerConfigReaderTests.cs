using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Tests.Monitoring.Notices;

public sealed class AlertmanagerConfigReaderTests
{
    [Test]
    public void Routes_inherit_and_unknown_parts_are_named()
    {
        var file = AlertmanagerConfigReader.Parse("""
            global: {smtp_smarthost: "localhost:25"}
            templates: ['*.tmpl']
            route:
              receiver: a
              group_by: [alertname, cluster]
              group_wait: 10s
              routes:
              - match_re: {service: "foo1|foo2"}
                receiver: b
                mute_time_intervals: [nights]
                routes:
                - {matchers: ['{severity="critical", team!~"x|y"}'], repeat_interval: 1h}
            receivers:
            - {name: a, slack_configs: [{channel: '#c', title: '{{ template "slack.default.title" . }}', color: '{{ .Status }}'}]}
            - {name: b, telegram_configs: [{chat_id: 1}], webhook_configs: [{url: 'http://b', send_resolved: false}]}
            time_intervals:
            - name: nights
              time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}], weekdays: ['monday:friday'], location: Europe/Berlin}]
            """, "am.yml");
        Assert.That(file.Problems, Is.Empty);
        Assert.That(file.Unknown.Select(problem => problem.ToWarning()), Is.EqualTo(new[]
        {
            "am.yml:1:9: warning: global: smtp_smarthost has no effect here: e-mails go through a sink of the type email",
            "am.yml:14:29: warning: slack_configs: color has no effect here: the texts of notices are title, text, fallback",
            "am.yml:15:31: warning: telegram_configs: there is no such sink here",
        }));
        var config = file.Config!;
        var found = config.Route.Find(SeriesLabels.Of("", "service", "foo1", "severity", "critical")).Single();
        Assert.That((found.Id, found.Receiver, found.GroupWait, found.RepeatInterval, found.GroupInterval), Is.EqualTo(("0/0/0", "b", 10_000L, 3_600_000L, 300_000L)));
        Assert.That(config.Route.Find(SeriesLabels.Empty.With("service", "foo3")).Single().Receiver, Is.EqualTo("a"));
        Assert.That(config.Receivers["b"].Integrations.Select(i => (i.Key, i.SendsResolved)), Is.EqualTo(new[] { ("b/webhook/0", false) }));
        var nights = config.Route.Routes[0];
        Assert.That(config.IsMuted(nights, new DateTimeOffset(2026, 1, 5, 21, 30, 0, TimeSpan.Zero)), Is.True, "Monday 22:30 in Berlin");
        Assert.That(config.IsMuted(nights, new DateTimeOffset(2026, 1, 5, 20, 30, 0, TimeSpan.Zero)), Is.False);
        Assert.That(config.IsMuted(nights, new DateTimeOffset(2026, 1, 4, 21, 30, 0, TimeSpan.Zero)), Is.False, "Sunday");
    }

    [TestCase("receivers: [{name: a}]", "no route")]
    [TestCase("{route: {receiver: b}, receivers: [{name: a}]}", "undefined receiver \"b\"")]
    [TestCase("{route: {receiver: a, match: {x: y}}, receivers: [{name: a}]}", "must not have any matchers")]
    [TestCase("{route: {receiver: a, routes: [{matchers: ['x']}]}, receivers: [{name: a}]}", "is no matcher")]
    [TestCase("{route: {receiver: a, routes: [{match_re: {x: '('}}]}, receivers: [{name: a}]}", "error parsing regexp")]
    [TestCase("{route: {receiver: a, group_interval: 0s}, receivers: [{name: a}]}", "must be more than 0")]
    [TestCase("{route: {receiver: a, mute_time_intervals: [n]}, receivers: [{name: a}]}", "undefined time interval")]
    [TestCase("{route: {receiver: a}, receivers: [{name: a}, {name: a}]}", "duplicate receiver")]
    [TestCase("{route: {receiver: a}, receivers: [{name: a, pagerduty_configs: [{severity: '{{ .CommonLabels.severity }}'}]}]}", "pagerduty_configs: severity: templates are not supported")]
    [TestCase("{route: {receiver: a}, receivers: [{name: a}], nonsense: 1}", "no field 'nonsense'")]
    [TestCase("{route: {receiver: a}, receivers: [{name: a}], time_intervals: [{name: n, time_intervals: [{weekdays: [noday]}]}]}", "is no value or range")]
    public void Mistakes_are_reported(string text, string message) =>
        Assert.That(AlertmanagerConfigReader.Parse(text, "am.yml").Problems.Select(problem => problem.Message), Has.Some.Contains(message));

    [Test]
    public void Days_of_the_month_count_from_its_end()
    {
        var interval = new NoticeInterval { DaysOfMonth = [(-1, -1)] };
        Assert.That(interval.Contains(new DateTimeOffset(2026, 2, 28, 0, 0, 0, TimeSpan.Zero)), Is.True);
        Assert.That(interval.Contains(new DateTimeOffset(2026, 3, 28, 0, 0, 0, TimeSpan.Zero)), Is.False);
    }
}
