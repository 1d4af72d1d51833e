using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Monitoring.Rules;

public sealed class RuleFileReaderTests
{
    [Test]
    public void A_rule_file_of_Prometheus_loads_unchanged()
    {
        var file = RuleFileReader.Parse("""
            groups:
            - name: example
              interval: 30s
              limit: 10
              query_offset: 1m
              labels: {team: shop}
              rules:
              - record: job:requests:rate5m
                expr: sum by (job) (rate(requests_total[5m]))
                labels: {source: rule}
              - alert: HighRequestLatency
                expr: job:request_latency_seconds:mean5m{job="myjob"} > 0.5
                for: 10m
                keep_firing_for: 5m
                labels: {severity: page}
                annotations: {summary: High request latency of {{ $labels.job }}}
            - name: other
              rules: []
            """.Replace("summary: High request latency of {{ $labels.job }}", "summary: \"High request latency of {{ $labels.job }}\"", StringComparison.Ordinal), "rules.yml");
        Assert.That(file.Problems, Is.Empty);
        var group = file.Groups[0];
        Assert.That((group.Interval, group.Limit, group.QueryOffset, group.Key), Is.EqualTo((30_000L, 10, 60_000L, "rules.yml;example")));
        var record = (RecordingRule)group.Rules[0];
        Assert.That(record.Labels.Select(label => $"{label.Key}={label.Value}"), Is.EqualTo(new[] { "team=shop", "source=rule" }));
        var alert = (AlertRule)group.Rules[1];
        Assert.That((alert.For, alert.KeepFiringFor, alert.Line), Is.EqualTo((600_000L, 300_000L, 11)));
        Assert.That(file.Groups[1].Interval, Is.EqualTo(60_000));
    }

    [Test]
    public void The_shipped_rules_load()
    {
        var file = RuleFileReader.Load(Path.Combine(Repository.Root, "config/prometheus/alerts.yml"));
        Assert.That(file.Problems, Is.Empty);
        Assert.That(file.Groups, Is.Not.Empty);
    }

    [Test]
    public void Twenty_rules_are_shipped_and_each_has_a_runbook_and_a_severity()
    {
        var rules = RuleFileReader.Load(Path.Combine(Repository.Root, "config/prometheus/alerts.yml")).Groups.SelectMany(group => group.Rules).OfType<AlertRule>().ToList();
        var runbook = File.ReadAllText(Path.Combine(Repository.Root, "docs/runbooks/alerts.md"));
        Assert.That(rules, Has.Count.GreaterThanOrEqualTo(20));
        foreach (var rule in rules)
        {
            Assert.That(runbook, Does.Contain($"\n## {rule.Name}\n"), rule.Name);
            Assert.That(rule.Annotations.Select(a => a.Key), Does.Contain("summary").And.Contain("runbook_url"), rule.Name);
            Assert.That(rule.Annotations.Last(a => a.Key == "runbook_url").Value.Text, Does.EndWith($"docs/runbooks/alerts.md#{rule.Name.ToLowerInvariant()}"), rule.Name);
            Assert.That(rule.Labels.Single(label => label.Key == "severity").Value.Text, Is.AnyOf("info", "warning", "critical"), rule.Name);
        }
    }

    [TestCase("groups: [{name: a, rules: [{alert: A, expr: up ==}]}]", "1:45", "could not parse expression")]
    [TestCase("groups: [{name: a, rules: [{alert: A, expr: up, fro: 5m}]}]", "1:49", "has no field 'fro', did you mean 'for'?")]
    [TestCase("groups: [{name: a, rules: [{alert: A, expr: up, for: 5}]}]", "1:54", "expected a duration")]
    [TestCase("groups: [{name: a, rules: [{alert: A, record: b, expr: up}]}]", "1:28", "either 'record' or 'alert'")]
    [TestCase("groups: [{name: a, rules: [{expr: up}]}]", "1:28", "needs 'record' or 'alert'")]
    [TestCase("groups: [{name: a, rules: [{record: a-b, expr: up}]}]", "1:37", "invalid recording rule name")]
    [TestCase("groups: [{name: a, rules: [{alert: A, expr: up, labels: {a-b: c}}]}]", "1:63", "invalid label name")]
    [TestCase("groups: [{name: a, rules: [{alert: A, expr: up, annotations: {s: '{{ x }}'}}]}]", "1:66", "function \"x\" not defined")]
    [TestCase("groups: [{name: a, rules: [{alert: A}]}]", "1:28", "needs 'expr'")]
    [TestCase("groups: [{name: a, rules: []}, {name: a, rules: []}]", "1:39", "duplicate group name")]
    [TestCase("groups: [{name: a, rules: [{alert: A, expr: 'm[5m]'}]}]", "1:45", "a vector or a number")]
    [TestCase("groups: [{name: a, rules: [{alert: A, expr: up, no_data: keep}]}]", "1:58", "VECTOR > NUMBER")]
    [TestCase("groups: [{name: a, rules: [{alert: A, metric: up, condition: '~', threshold: 1}]}]", "1:62", "expected one of")]
    [TestCase("groups: [{name: a, rules: [{alert: A, expr: up == 1, hysteresis: 1}]}]", "1:66", "hysteresis")]
    [TestCase("rules: []", "1:1", "has no field 'rules'")]
    public void Mistakes_are_reported_with_their_place(string text, string place, string message)
    {
        var problem = RuleFileReader.Parse(text, "rules.yml").Problems.Single();
        Assert.That(problem.ToString(), Does.StartWith($"rules.yml:{place}: error: ").And.Contain(message));
    }

    [Test]
    public void A_missing_file_is_a_problem_of_the_file() =>
        Assert.That(RuleFileReader.Load("/nowhere/rules.yml").Problems.Single().Message, Does.StartWith("cannot be read"));
}
