using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary><c>alerts</c>: checks rule files and runs their tests.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable(ParallelScope.Children)]
public sealed class AlertsCommandTests
{
    const string Rules = "groups: [{name: g, rules: [{alert: A, expr: m > 10, for: 1m}, {record: r, expr: sum(m)}]}]";

    [Test]
    public async Task Rules_without_mistakes_are_counted_and_mistakes_are_printed_with_their_places()
    {
        using var scratch = new Scratch();
        scratch.Write("good.yml", Rules);
        scratch.Write("bad.yml", Rules.Replace("for: 1m", "fro: 1m", StringComparison.Ordinal));

        var finished = await EngineBinary.RunAsync(scratch.Folder, ["alerts", "check", "bad.yml", "good.yml"]);

        Assert.That(finished.ExitCode, Is.EqualTo(78), finished.ToString);
        Assert.That(finished.Output, Is.EqualTo("good.yml: 1 alert rules and 1 recording rules in 1 groups, no problems\n"));
        Assert.That(finished.Errors, Is.EqualTo("bad.yml:1:53: error: an alert rule has no field 'fro', did you mean 'for'?\n"));
    }

    [TestCase("11x5", 0)]
    [TestCase("9x5", 1)]
    public async Task Tests_run_in_virtual_time(string values, int exitCode)
    {
        using var scratch = new Scratch();
        scratch.Write("rules.yml", Rules);
        scratch.Write("rules.test.yml", $$"""
            rule_files: [rules.yml]
            tests:
              - name: eleven
                input_series: [{series: m, values: {{values}}}]
                alert_rule_test: [{eval_time: 2m, alertname: A, exp_alerts: [{}]}]
            """);

        var finished = await EngineBinary.RunAsync(scratch.Folder, ["alerts", "test", "rules.test.yml"]);

        Assert.That(finished.ExitCode, Is.EqualTo(exitCode), finished.ToString);
        Assert.That(exitCode == 0 ? finished.Output : finished.Errors,
            Does.StartWith(exitCode == 0 ? "rules.test.yml: 1 tests passed" : "rules.test.yml: eleven:\n  alertname: A, time: 2m\n"));
    }
}
