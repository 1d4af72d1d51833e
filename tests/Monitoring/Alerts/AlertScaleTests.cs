using System.Diagnostics;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Rules;

namespace CartRecovery.Tests.Monitoring.Alerts;

public sealed class AlertScaleTests
{
    [Test]
    public void Ten_thousand_rules_over_a_thousand_series_take_less_than_five_seconds_of_one_core()
    {
        var series = new MemorySeries();
        for (var i = 0; i < 1000; i++)
        {
            series.Append(SeriesLabels.Of($"m{i % 100}", "i", $"{i}"), AlertWorld.Start, i);
        }

        var file = RuleFileReader.Parse("groups:\n- name: g\n  rules:\n" + string.Concat(Enumerable.Range(0, 10_000).Select(i =>
            $"  - {{alert: A{i}, expr: 'm{i % 100} > 990', for: 1m, labels: {{severity: warning}}, annotations: {{summary: 'a {{{{ $value }}}}'}}}}\n")), "r.yml");
        Assert.That(file.Problems, Is.Empty);
        var runner = new RuleGroupRunner(file.Groups[0], new PromQlEngine(series), series);
        var before = Process.GetCurrentProcess().UserProcessorTime;
        runner.Evaluate(AlertWorld.Start);
        var used = Process.GetCurrentProcess().UserProcessorTime - before;
        TestContext.Out.WriteLine($"{runner.Duration.TotalSeconds:0.00} s, {used.TotalSeconds:0.00} s of processor time");
        Assert.That(runner.AlertRules.Sum(rule => rule.Alerts.Count), Is.EqualTo(900));
        Assert.That(used, Is.LessThan(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public void A_hundred_thousand_alerts_take_less_than_200_MB()
    {
        var series = new MemorySeries();
        for (var i = 0; i < 100_000; i++)
        {
            series.Append(SeriesLabels.Of("m", "cart", $"{i}", "store", "shop"), AlertWorld.Start, i + 1);
        }

        var file = RuleFileReader.Parse("groups: [{name: g, rules: [{alert: A, expr: m > 0, for: 1m, annotations: {summary: '{{ $labels.cart }}: {{ $value }}'}}]}]", "r.yml");
        var engine = new PromQlEngine(series);
        var state = new AlertRuleState((AlertRule)file.Groups[0].Rules[0], 0, new AlertingOptions());
        var before = GC.GetTotalMemory(forceFullCollection: true);
        state.Evaluate(engine, AlertWorld.Start, 0, (_, _) => { });
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Out.WriteLine($"{bytes >> 20} MB");
        Assert.That(state.Alerts, Has.Count.EqualTo(100_000));
        Assert.That(bytes, Is.LessThan(200 << 20));
        GC.KeepAlive(series);
    }
}
