using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Rules;

namespace CartRecovery.Tests.Monitoring.Alerts;

public sealed class RuleBacktestTests
{
    const long Minute = 60_000;

    [Test]
    public void A_backtest_finds_the_firings_that_the_engine_makes()
    {
        const string rules = "groups: [{name: g, interval: 1m, rules: [{alert: A, expr: m > 10, for: 3m, keep_firing_for: 2m}]}]";
        var world = new AlertWorld(rules, Minute);

        // The alert of a fires, fires again for the end of the period, and one spell is too short; that of b never fires.
        world.Load("m{i=\"a\"}", "5x10 20x9 5x19 20x1 5x9 20x30", Minute);
        world.Load("m{i=\"b\"}", "20x1 5x80", Minute);
        List<(long, bool)> engine = [];
        var isFiring = false;
        world.Run(0, 70 * Minute, at =>
        {
            var now = world.Runner.AlertRules.Single().State == AlertState.Firing;
            if (now != isFiring)
            {
                engine.Add((at / Minute, isFiring = now));
            }
        });
        var rule = (AlertRule)RuleFileReader.Parse(rules, "r.yml").Groups[0].Rules[0];
        var found = RuleBacktest.Run(world.Engine, rule, AlertWorld.Start, AlertWorld.Start + 70 * Minute, Minute);
        Assert.That(engine.Count(change => change.Item2), Is.EqualTo(2));
        Assert.That(found.SelectMany(firing => new[] { ((firing.FiredAt - AlertWorld.Start) / Minute, true), (((firing.ResolvedAt ?? -1) - AlertWorld.Start) / Minute, false) }).Take(3), Is.EqualTo(engine));
        Assert.That((found[0].Labels["i"], found[0].Value, found[1].ResolvedAt), Is.EqualTo(("a", 20d, default(long?))));
    }

    // Above 80 for two minutes, 75 for two, without data for three, 85 for one, low.
    [TestCase("m > 80", "3-5 10-11", TestName = "Without either, the alert follows the comparison")]
    [TestCase("m > 80, hysteresis: 10", "3-7 10-11", TestName = "Hysteresis holds the alert until 70")]
    [TestCase("m > 80, hysteresis: 10, no_data: keep", "3-11", TestName = "Without data, the alert is kept")]
    [TestCase("m > 80, no_data: fire", "3-5 7-10 10-11", TestName = "Without data, the rule fires")]
    public void Hysteresis_and_no_data_are_those_of_the_engine(string rule, string expected)
    {
        var rules = $"groups: [{{name: g, interval: 1m, rules: [{{alert: A, expr: {rule}}}]}}]";
        var world = new AlertWorld(rules, Minute);
        world.Load("m", "5x2 90x1 75x1 stale _x2 85 5x4", Minute);
        var parsed = (AlertRule)RuleFileReader.Parse(rules, "r.yml").Groups[0].Rules[0];
        var found = RuleBacktest.Run(world.Engine, parsed, AlertWorld.Start, AlertWorld.Start + 14 * Minute, Minute);
        Assert.That(string.Join(' ', found.Select(firing => $"{(firing.FiredAt - AlertWorld.Start) / Minute}-{(firing.ResolvedAt - AlertWorld.Start) / Minute}")), Is.EqualTo(expected));
    }

    [Test]
    public void A_long_period_is_run_in_parts()
    {
        var series = new MemorySeries();
        for (var i = 0; i < 30_000; i++)
        {
            series.Append(SeriesLabels.Of("m"), AlertWorld.Start + i * Minute, i % 10_000 < 5000 ? 1 : 0);
        }

        var rule = (AlertRule)RuleFileReader.Parse("groups: [{name: g, rules: [{alert: A, expr: m > 0}]}]", "r.yml").Groups[0].Rules[0];
        var found = RuleBacktest.Run(new PromQlEngine(series), rule, AlertWorld.Start, AlertWorld.Start + 29_999 * Minute, Minute);
        Assert.That(found.Select(firing => ((firing.FiredAt - AlertWorld.Start) / Minute, (firing.ResolvedAt - AlertWorld.Start) / Minute)),
            Is.EqualTo(new (long, long?)[] { (0, 5000), (10_000, 15_000), (20_000, 25_000) }));
        Assert.That(() => RuleBacktest.Run(new PromQlEngine(series), rule, 0, AlertWorld.Start, Minute), Throws.InstanceOf<PromQlException>().With.Message.Contains("at most 50000 steps"));
    }
}
