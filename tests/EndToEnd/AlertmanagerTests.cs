using System.Net;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Monitoring.Forwarding;
using CartRecovery.Tests.Monitoring.Receivers;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>A real Alertmanager that receives the engine's alerts.</summary>
[TestFixture]
sealed class AlertmanagerTests
{
    const string Key = "mk_7d1f0c5e9a2b4c6d8e0f1a2b";

    [Test]
    public async Task An_Alertmanager_behind_TLS_and_a_password_gets_the_beginning_and_the_end_of_an_alert()
    {
        using var scratch = new Scratch();
        await using var receiver = new NoticeReceiverServer();
        using var authority = TestCertificates.Authority("CN=alerts");
        using var certificate = TestCertificates.Client(authority, "CN=localhost", purpose: TestCertificates.ForServers);
        scratch.Write("ca.pem", authority.ExportCertificatePem());
        scratch.Write("server.pem", certificate.ExportCertificatePem());
        scratch.Write("server.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        using var alertmanager = await AlertmanagerServer.StartAsync($"{receiver.Url}/hook", $$"""
            tls_server_config: {cert_file: "{{scratch.PathOf("server.pem")}}", key_file: "{{scratch.PathOf("server.key")}}"}
            basic_auth_users: {engine: $2b$04$abcdefghijklmnopqrstuudr0l7AiNDPl0bv1GuSNKQJQopFiA2vi}
            """);
        scratch.Write("rules.yml", """groups: [{name: g, interval: 1s, rules: [{alert: Forwarded, expr: "shop_down > 0", annotations: {summary: "value {{ $value }}"}}]}]""");
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Monitoring.Enabled = true;
            config.Monitoring.Alerts.Rules = [scratch.PathOf("rules.yml")];
            config.Monitoring.Alerts.Alertmanagers =
            [
                new AlertmanagerTargetConfig { Url = alertmanager.Url, Username = "engine", Password = "alerts-secret", Ca = scratch.PathOf("ca.pem"), Labels = { ["cluster"] = "shop" } },
            ];
        });
        Report(3);
        await Eventually.Is(() => Notice("firing") is not null, () => $"the alert begins: {engine.Host.Alerting.Forwarder.Problem}");
        Assert.That(Notice("firing"), Does.Contain("\"alertname\":\"Forwarded\"").And.Contain("\"cluster\":\"shop\"").And.Contain("\"summary\":\"value 3\""));
        Report(0);
        await Eventually.Is(() => Notice("resolved") is not null, "the alert ends");
        Assert.That(engine.Host.Alerting.Forwarder.Clients.Single().Failed, Is.Zero);

        string? Notice(string status) => receiver.Requests.FirstOrDefault(request => request.Body.Contains($"\"status\":\"{status}\"", StringComparison.Ordinal))?.Body;

        void Report(double value) => engine.Host.Monitor.History!.Append(SeriesLabels.Of("shop_down"), TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), value);
    }

    [Test]
    public async Task Alerts_are_taken_with_the_metrics_key_alone()
    {
        await using var engine = await InProcessEngine.StartAsync(config => config.Listen.MetricsKey = Key);
        Assert.That((await PostAsync(Key)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await PostAsync(null)).Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await PostAsync("sk_demo")).Status, Is.EqualTo(HttpStatusCode.Forbidden).Or.EqualTo(HttpStatusCode.Unauthorized), "a store's key is not one");
        Assert.That((await engine.GetAsync("/api/v2/alerts", Key)).Status, Is.Not.EqualTo(HttpStatusCode.OK), "to read, a user signs in");

        Task<ApiAnswer> PostAsync(string? key) => engine.PostAsync("/api/v2/alerts", """[{"labels":{"alertname":"A"}}]""", key);
    }
}
