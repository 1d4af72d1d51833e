using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Monitoring.Query.Oracle;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>A real Prometheus that scrapes the engine, and writes its samples and sends its alerts to it.</summary>
[TestFixture]
sealed class PrometheusPushTests
{
    const string Key = "mk_7d1f0c5e9a2b4c6d8e0f1a2b";

    [Test]
    public async Task Prometheus_writes_its_samples_and_sends_its_alerts_to_the_engine()
    {
        using var scratch = new Scratch();
        scratch.Write("rules.yml", "groups: [{name: g, interval: 200ms, rules: [{alert: FromPrometheus, expr: 'up{job=\"shop\"} == 1', labels: {severity: warning}}]}]");
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Monitoring.Enabled = true;
            config.Listen.MetricsKey = Key;
        });
        using var prometheus = await PrometheusServer.StartAsync([], $$"""
            global:
              scrape_interval: 300ms
              scrape_timeout: 300ms
            scrape_configs:
              - job_name: shop
                authorization: { credentials: {{Key}} }
                static_configs: [{ targets: ["127.0.0.1:{{engine.HttpPort.Port}}"] }]
            rule_files: ["{{scratch.PathOf("rules.yml")}}"]
            alerting:
              alertmanagers:
                - authorization: { credentials: {{Key}} }
                  static_configs: [{ targets: ["127.0.0.1:{{engine.HttpPort.Port}}"] }]
            remote_write:
              - url: http://127.0.0.1:{{engine.HttpPort.Port}}/api/v1/write
                authorization: { credentials: {{Key}} }
                queue_config: { batch_send_deadline: 100ms }
                metadata_config: { send_interval: 1s }
            """);
        await Eventually.Is(() => Count("count(cartrecovery_connections{job=\"shop\"})") > 0 && Count("count_over_time(up{job=\"shop\"}[1m])") > 2, "samples arrive");
        await Eventually.Is(() => engine.Host.Alerting.Alerts.Firing == 1, "its alert arrives");
        var alert = engine.Host.Alerting.Alerts.Read((log, _, _) => log.Active.Single());
        Assert.That((alert.Name, alert.Labels["job"], alert.Labels["severity"], alert.Rule), Is.EqualTo(("FromPrometheus", "shop", "warning", "")));
        Assert.That(engine.Host.Monitor.History!.Statistics.Refused.Values.Sum(), Is.Zero);

        double Count(string query)
        {
            var answer = engine.GetAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}", Key).GetAwaiter().GetResult();
            var result = answer.Json.GetProperty("data").GetProperty("result");
            return result.GetArrayLength() == 0 ? 0 : double.Parse(result[0].GetProperty("value")[1].GetString()!, System.Globalization.CultureInfo.InvariantCulture);
        }
    }
}
