using CartRecovery.Engine.Monitoring.RuleTests;
using CartRecovery.Tests.Support;
using CartRecovery.Tests.Telemetry;

namespace CartRecovery.Tests.Monitoring.RuleTests;

public sealed class RuleTestRunnerTests
{
    string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("rules").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void The_tests_of_the_shipped_rules_pass_as_in_promtool()
    {
        var folder = Path.Combine(Repository.Root, "config/prometheus");
        Promtool.Passes(["test", "rules", "alerts.test.yml"], workingDirectory: folder);
        var result = RuleTestRunner.Run(Path.Combine(folder, "alerts.test.yml"));
        Assert.That(result.Problems, Is.Empty);
        Assert.That(result.Failures.Select(failure => $"{failure.Test}: {failure.Message}"), Is.Empty);
        Assert.That(result.Tests, Is.Positive);
    }

    [Test]
    public void What_is_not_as_expected_is_shown_with_what_was_found()
    {
        var result = Run("""
            - name: wrong
              interval: 1m
              input_series: [{series: 'm{a="b"}', values: 11x5}]
              alert_rule_test:
                - {eval_time: 2m, alertname: A}
                - {eval_time: 2m, alertname: A, exp_alerts: [{exp_labels: {a: b}, exp_annotations: {summary: 11 of b}}]}
              promql_expr_test:
                - {expr: m + 1, eval_time: 1m, exp_samples: [{labels: '{a="b"}', value: 12}]}
                - {expr: m + 1, eval_time: 1m, exp_samples: [{labels: '{a="b"}', value: 13}]}
            """);
        Assert.That(result.Failures, Has.Count.EqualTo(2));
        Assert.That(result.Failures[0].Message, Does.Contain("alertname: A, time: 2m").And.Contain("""{a="b",alertname="A"} {summary="11 of b"}"""));
        Assert.That(result.Failures[1].Message, Does.Contain("""exp: [{a="b"} 13]""").And.Contain("""got: [{a="b"} 12]"""));
    }

    [Test]
    public void Hysteresis_and_no_data_apply_in_rule_tests()
    {
        var result = Run("""
            - name: held between 70 and 80, kept without data
              interval: 1m
              input_series: [{series: m, values: 90 75 stale _x2 60}]
              alert_rule_test:
                - {eval_time: 1m, alertname: Held, exp_alerts: [{}]}
                - {eval_time: 4m, alertname: Held, exp_alerts: [{}]}
                - {eval_time: 5m, alertname: Held}
            """);
        Assert.That(result.Problems, Is.Empty);
        Assert.That(result.Failures.Select(failure => failure.Message), Is.Empty);
    }

    [TestCase("1 2 _ 4", new[] { 1, 2, double.NaN, 4 })]
    [TestCase("5x3", new[] { 5.0, 5, 5, 5 })]
    [TestCase("0+10x3", new[] { 0.0, 10, 20, 30 })]
    [TestCase("10-2.5x2", new[] { 10, 7.5, 5 })]
    [TestCase("_x2 1", new[] { double.NaN, double.NaN, 1 })]
    [TestCase("-1e2+1x1", new[] { -100.0, -99 })]
    public void The_notation_of_series_expands(string values, double[] expected) =>
        Assert.That(InputSeries.Expand(values).Select(value => value ?? double.NaN), Is.EqualTo(expected));

    [TestCase("1..2")]
    [TestCase("1+x3")]
    [TestCase("1x99999999999")]
    public void Other_notations_are_refused(string values) => Assert.That(() => InputSeries.Expand(values), Throws.InstanceOf<FormatException>());

    [Test]
    public void Mistakes_of_the_test_file_and_missing_rule_files_are_problems()
    {
        var file = Path.Combine(_folder, "a.test.yml");
        File.WriteAllText(file, "rule_files: [none.yml]\ntests:\n  - input_series: [{series: 'm{a=~\"b\"}', values: 1}]\n    nonsense: 1\n");
        var result = RuleTestRunner.Run(file);
        Assert.That(result.IsPassed, Is.False);
        Assert.That(result.Problems.Select(problem => problem.Message), Has.Some.Contains("is no series").And.Some.Contains("no field 'nonsense'").And.Some.Contains("cannot be read"));
    }

    RuleTestResult Run(string tests)
    {
        File.WriteAllText(Path.Combine(_folder, "rules.yml"), """
            groups:
            - name: g
              rules:
              - {alert: A, expr: m > 10, annotations: {summary: "{{ $value }} of {{ $labels.a }}"}}
              - {alert: Held, expr: m > 80, hysteresis: 10, no_data: keep}
            """);
        var file = Path.Combine(_folder, "rules.test.yml");
        File.WriteAllText(file, $"rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n{tests}");
        return RuleTestRunner.Run(file);
    }
}
