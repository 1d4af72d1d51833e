using CartRecovery.Engine.Monitoring.Alerts;

namespace CartRecovery.Tests.Monitoring.Alerts;

/// <summary>
/// The cases of Prometheus' alert generator compliance suite (prometheus/compliance, alert_generator, specification 1.0) in virtual time:
/// samples every 15 s, evaluations every 30 s, a resend delay of one minute.
/// </summary>
public sealed class AlertComplianceTests
{
    const long Second = 1000;
    const long Minute = 60 * Second;

    [Test]
    public void Pending_firing_resolved_sends_on_firing_then_each_resend_delay_and_resolved_for_15_minutes()
    {
        var world = new AlertWorld("""
            groups:
            - name: PendingAndFiringAndResolved
              interval: 30s
              rules:
              - alert: SimpleAlert
                expr: '{__name__="suite", rulegroup="a"} > 10'
                for: 6m
                labels: {foo: bar, rulegroup: a}
                annotations: {description: SimpleAlert is firing, summary: "The value is {{$value}} {{.Value}}"}
            """);
        world.Load("""suite{rulegroup="a"}""", "3 5x5 11x27 15x28 9x80", 15 * Second);
        List<(long, AlertState?)> states = [];
        world.Run(0, 36 * Minute, at => states.Add((at, world.Alert()?.State)));

        // Returned from 1:45 on, first seen at 2:00; firing at 8:00; the last value over 10 is of 15:45.
        Assert.That(states.First(s => s.Item2 == AlertState.Pending).Item1, Is.EqualTo(2 * Minute));
        Assert.That(states.First(s => s.Item2 == AlertState.Firing).Item1, Is.EqualTo(8 * Minute));
        Assert.That(states.First(s => s.Item2 == AlertState.Inactive).Item1, Is.EqualTo(16 * Minute));
        Assert.That(states.Last(s => s.Item2 == AlertState.Inactive).Item1, Is.EqualTo(31 * Minute - 30 * Second), "kept for 15 minutes");
        var firing = world.Sent.Where(sent => !sent.Message.IsResolved).ToList();
        var resolved = world.Sent.Where(sent => sent.Message.IsResolved).ToList();
        Assert.That(firing.Select(sent => sent.At), Is.EqualTo(Enumerable.Range(8, 8).Select(m => m * Minute)));
        Assert.That(resolved.Select(sent => sent.At), Is.EqualTo(Enumerable.Range(16, 15).Select(m => m * Minute)));
        Assert.That(firing.Select(sent => sent.Message.EndsAt - AlertWorld.Start - sent.At), Is.All.EqualTo(4 * Minute));
        Assert.That(resolved.Select(sent => sent.Message.EndsAt), Is.All.EqualTo(AlertWorld.Start + 16 * Minute));
        Assert.That(world.Sent.Select(sent => sent.Message.StartsAt), Is.All.EqualTo(AlertWorld.Start + 8 * Minute));
        Assert.That(world.Sent.Select(sent => sent.Message.Labels.ToString()), Is.All.EqualTo("""{alertname="SimpleAlert",foo="bar",rulegroup="a"}"""));
        Assert.That(firing[0].Message.Annotations["summary"], Is.EqualTo("The value is 11 11"));
        Assert.That(firing[^1].Message.Annotations["summary"], Is.EqualTo("The value is 15 15"), "annotations follow the value");
        Assert.That(resolved[0].Message.Annotations["summary"], Is.EqualTo("The value is 15 15"));
    }

    [Test]
    public void Pending_that_resolves_and_always_inactive_send_nothing()
    {
        var world = new AlertWorld("""
            groups:
            - name: PendingAndResolved_AlwaysInactive
              interval: 30s
              rules:
              - {alert: PendingAlert, expr: '{__name__="suite", rulegroup="a"} > 10', for: 3m, labels: {foo: bar}}
              - {alert: InactiveAlert, expr: '{__name__="suite", rulegroup="a"} > 99', for: 3m, labels: {ba_dum: tss}}
            """);
        world.Load("""suite{rulegroup="a"}""", "3 5x6 11x10 9x40", 15 * Second);
        List<AlertState?> states = [];
        world.Run(0, 12 * Minute, at => states.Add(world.Alert()?.State));
        Assert.That(states.Count(state => state == AlertState.Pending), Is.InRange(4, 6));
        Assert.That(states, Has.None.EqualTo(AlertState.Firing).And.None.EqualTo(AlertState.Inactive));
        Assert.That(world.Alert(1), Is.Null);
        Assert.That(world.Sent, Is.Empty);
    }

    [Test]
    public void Zero_for_fires_at_once_and_a_for_shorter_than_the_interval_at_the_next_evaluation()
    {
        var world = new AlertWorld("""
            groups:
            - name: ZeroFor_SmallFor
              interval: 30s
              rules:
              - {alert: ZeroFor, expr: '{__name__="suite", rulegroup="a"} > 10'}
              - {alert: SmallFor, expr: '{__name__="suite", rulegroup="a"} > 10', for: 15s}
            """);
        world.Load("""suite{rulegroup="a"}""", "3 5x6 11x20", 15 * Second);
        List<(AlertState? Zero, AlertState? Small)> states = [];
        world.Run(0, 4 * Minute, at => states.Add((world.Alert()?.State, world.Alert(1)?.State)));
        Assert.That(states[3], Is.EqualTo(((AlertState?)null, (AlertState?)null)));
        Assert.That(states[4], Is.EqualTo(((AlertState?)AlertState.Firing, (AlertState?)AlertState.Pending)));
        Assert.That(states[5], Is.EqualTo(((AlertState?)AlertState.Firing, (AlertState?)AlertState.Firing)));
    }

    [Test]
    public void Rules_see_the_alerts_of_rules_before_them_in_the_same_evaluation()
    {
        var world = new AlertWorld("""
            groups:
            - name: NewAlerts_OrderCheck
              interval: 30s
              rules:
              - {alert: Rule1, expr: '{__name__="suite", rulegroup="a"} > 10', for: 3m, labels: {foo: bar}}
              - alert: Rule2
                expr: >-
                  (ALERTS{alertstate="firing", alertname="Rule1", variant="one"}
                  + ignoring(variant) ALERTS{alertstate="firing", alertname="Rule1", variant="two"}) == 2
                labels: {ba_dum: tss, foo: baz}
                annotations: {description: "Based on ALERTS. Old alertname was {{$labels.alertname}}. foo was {{.Labels.foo}}."}
            """);
        world.Load("""suite{rulegroup="a",variant="one"}""", "11x60", 15 * Second);
        world.Load("""suite{rulegroup="a",variant="two"}""", "3x8 11x60", 15 * Second);
        world.Run(0, 8 * Minute);
        var both = world.Sent.Where(sent => sent.Message.Labels["alertname"] == "Rule1" && sent.Message.Labels["variant"] == "two").Min(sent => sent.At);
        var (at, message) = world.Sent.First(sent => sent.Message.Labels["alertname"] == "Rule2");
        Assert.That(at, Is.EqualTo(both), "in the evaluation in which the second alert fired");
        Assert.That(message.Labels.ToString(), Is.EqualTo("""{alertname="Rule2",alertstate="firing",ba_dum="tss",foo="baz",rulegroup="a"}"""));
        Assert.That(message.Annotations["description"], Is.EqualTo("Based on ALERTS. Old alertname was Rule1. foo was bar."));
    }

    [Test]
    public void A_new_alert_with_the_labels_of_a_resolved_one_starts_anew_and_ends_its_messages()
    {
        var world = new AlertWorld("""
            groups: [{name: g, interval: 30s, rules: [{alert: A, expr: m > 10, for: 1m}]}]
            """);
        world.Load("m", "11x10 9x6 11x20", 30 * Second);
        world.Run(0, 15 * Minute);
        var resolved = world.Sent.Where(sent => sent.Message.IsResolved).Select(sent => sent.At).ToList();
        Assert.That(resolved, Is.EqualTo(new[] { 5 * Minute + 30 * Second, 6 * Minute + 30 * Second, 7 * Minute + 30 * Second, 8 * Minute + 30 * Second })
            .Or.EqualTo(new[] { 5 * Minute + 30 * Second, 6 * Minute + 30 * Second, 7 * Minute + 30 * Second }));
        Assert.That(world.Sent.Where(sent => !sent.Message.IsResolved).Select(sent => sent.Message.StartsAt).Distinct().Count(), Is.EqualTo(2));
    }

    [Test]
    public void The_series_of_alerts_follow_their_states_and_override_labels()
    {
        var world = new AlertWorld("""
            groups: [{name: g, interval: 30s, rules: [{alert: A, expr: m > 10, for: 1m, labels: {alertstate: mine}}]}]
            """);
        world.Load("m", "11x10 9x20", 30 * Second);
        world.Run(0, 30 * Second);
        Assert.That(world.Query("ALERTS", 30 * Second), Is.EqualTo(new[] { """ALERTS{alertname="A",alertstate="pending"} 1""" }));
        Assert.That(world.Query("ALERTS_FOR_STATE", 30 * Second), Is.EqualTo(new[] { $$"""ALERTS_FOR_STATE{alertname="A"} {{AlertWorld.Start / 1000}}""" }));
        world.Run(Minute, Minute);
        Assert.That(world.Query("ALERTS", Minute), Is.EqualTo(new[] { """ALERTS{alertname="A",alertstate="firing"} 1""" }), "the pending series has ended");
        world.Run(Minute + 30 * Second, 6 * Minute);
        Assert.That(world.Query("ALERTS", 6 * Minute), Is.Empty);
    }

    [Test]
    public void Two_elements_with_the_same_labels_fail_the_rule_and_send_nothing()
    {
        var world = new AlertWorld("""
            groups: [{name: g, interval: 30s, rules: [{alert: A, expr: m > 10, labels: {a: ""}}, {alert: B, expr: m > 10}]}]
            """);
        world.Load("""m{a="1"}""", "11x5", 30 * Second);
        world.Load("""m{a="2"}""", "11x5", 30 * Second);
        world.Run(0, Minute);
        Assert.That(world.Runner.Rules.Select(rule => rule.Health.Text), Is.EqualTo(new[] { "err", "ok" }));
        Assert.That(world.Runner.Rules.First().Health.Error, Does.Contain("same labelset"));
        Assert.That(world.Sent.Select(sent => sent.Message.Labels["alertname"]), Is.All.EqualTo("B"));
        Assert.That(world.Query("ALERTS", Minute), Has.Length.EqualTo(2));
    }

    [Test]
    public void Keep_firing_for_holds_an_alert_whose_element_is_gone()
    {
        var world = new AlertWorld("""
            groups: [{name: g, interval: 30s, rules: [{alert: A, expr: m > 10, keep_firing_for: 2m}]}]
            """);
        world.Load("m", "11 11 9 11 9x20", 30 * Second);
        List<AlertState?> states = [];
        world.Run(0, 5 * Minute, _ => states.Add(world.Alert()?.State));
        Assert.That(states.IndexOf(AlertState.Inactive), Is.EqualTo(8), "two minutes after 2:00, the first evaluation without it");
        Assert.That(states[..8], Is.All.EqualTo(AlertState.Firing));
    }

    [Test]
    public void Hysteresis_resolves_only_below_the_lower_threshold()
    {
        var world = new AlertWorld("""
            groups: [{name: g, interval: 30s, rules: [{alert: A, metric: m, condition: ">", threshold: 80, hysteresis: 10, severity: warning}]}]
            """);
        world.Load("m", "75 81 75 71 69 75 81", 30 * Second);
        List<AlertState?> states = [];
        world.Run(0, 3 * Minute, _ => states.Add(world.Alert()?.State));
        Assert.That(states, Is.EqualTo(new AlertState?[] { null, AlertState.Firing, AlertState.Firing, AlertState.Firing, AlertState.Inactive, AlertState.Inactive, AlertState.Firing }));
        Assert.That(world.Alert()!.Labels["severity"], Is.EqualTo("warning"));
    }

    [TestCase("resolve", AlertState.Inactive)]
    [TestCase("keep", AlertState.Firing)]
    [TestCase("fire", AlertState.Firing)]
    public void Without_data_a_rule_does_what_it_says(string policy, AlertState expected)
    {
        var world = new AlertWorld($$"""
            groups: [{name: g, interval: 30s, rules: [{alert: A, expr: m > 10, no_data: {{policy}}}]}]
            """);
        world.Load("m", "11 11 stale", 30 * Second);
        world.Run(0, 2 * Minute);
        Assert.That(world.Runner.AlertRules.Single().Alerts.Max(alert => alert.State), Is.EqualTo(expected));
        Assert.That(world.Query("ALERTS", 2 * Minute), policy == "fire" ? Is.EqualTo(new[] { """ALERTS{alertname="A",alertstate="firing",no_data="true"} 1""" })
            : policy == "keep" ? Has.Length.EqualTo(1) : Is.Empty);
    }
}
