using System.Net;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>Who sees metrics and the details of health.</summary>
[TestFixture]
sealed class AdminPortTests
{
    [Test]
    public async Task The_admin_port_has_metrics_and_details_and_nothing_else()
    {
        await using var engine = await InProcessEngine.StartAsync(config => config.Listen.Admin = new EndpointAddress("127.0.0.1", 0));
        using var admin = new HttpClient { BaseAddress = engine.Host.Addresses[2] };
        admin.DefaultRequestHeaders.Add("X-Api-Key", InProcessEngine.Secret);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await admin.GetStringAsync("/metrics"), Does.Contain("cartrecovery_events_received_total"));
            Assert.That(await admin.GetStringAsync("/health"), Does.Contain("\"parts\""));
            Assert.That(await StatusOf(admin, "/live"), Is.EqualTo(200));
            Assert.That(await StatusOf(admin, "/ready"), Is.EqualTo(200));
            foreach (var path in new[] { "/v1/interventions", "/v1/events/stats", "/docs", "/sdk.js", "/openapi/v1.json", "/v1/stream", "/nothing" })
            {
                Assert.That(await StatusOf(admin, path), Is.EqualTo(404), path);
            }

            foreach (var path in new[] { "/metrics", "/METRICS", "/metrics/", "/%6detrics", "/metrics?key=sk_demo" })
            {
                Assert.That((await engine.GetAsync(path)).Problem, Is.EqualTo((404, "not_found")), path);
            }

            Assert.That((await engine.GetAsync("/health", key: null)).Body, Is.EqualTo("""{"status":"ok"}"""));
            Assert.That((await engine.GetAsync("/ready", key: null)).Status, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [TestCase("mk_7d1f0c5e9a2b4c6d8e0f1a2b")]
    [TestCase("sha256:a4ae9e4e4e0c1e0b", Description = "set below to the hash")]
    public async Task A_metrics_key_opens_metrics_and_details(string configured)
    {
        const string Key = "mk_7d1f0c5e9a2b4c6d8e0f1a2b";
        await using var engine = await InProcessEngine.StartAsync(config =>
            config.Listen.MetricsKey = KeyHash.IsHash(configured) ? KeyHash.OfConfigured(Key).ToString() : configured);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await engine.GetAsync("/metrics", key: null)).Problem, Is.EqualTo((401, "missing_key")));
            Assert.That((await engine.GetAsync("/metrics", "mk_other")).Problem, Is.EqualTo((401, "unknown_key")));
            Assert.That((await engine.GetAsync("/metrics", KeyHash.OfConfigured(Key).ToString())).Problem, Is.EqualTo((401, "unknown_key")), "the hash is no key");
            Assert.That((await engine.GetAsync("/metrics")).Problem, Is.EqualTo((403, "operator_key_required")), "a store's key");
            Assert.That((await engine.GetAsync("/metrics", Key)).Status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That((await engine.GetAsync("/metrics", key: null, ("Authorization", $"Bearer {Key}"))).Status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That((int)(await engine.GetAsync("/metrics", Key, ("Origin", "https://evil.example"))).Status, Is.EqualTo(401));
            Assert.That((await engine.GetAsync("/health", key: null)).Body, Is.EqualTo("""{"status":"ok"}"""));
            Assert.That((await engine.GetAsync("/health", Key)).Body, Does.Contain("\"parts\""));
            Assert.That((await engine.GetAsync("/v1/interventions", Key)).Problem, Is.EqualTo((401, "unknown_key")), "no store's data");
        }
    }

    [Test]
    public async Task Operators_get_in_while_clients_fill_the_other_ports()
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Listen.Admin = new EndpointAddress("127.0.0.1", 0);
            config.Listen.MaxConnections = 1;
            config.Listen.MaxUnauthenticated = 4;
            config.Listen.HandshakeTimeout = Duration.FromSeconds(60);
        });
        var clients = new List<RawClient>();
        try
        {
            for (var i = 0; i < 2 * ConnectionLimiter.Spare; i++)
            {
                clients.Add(await RawClient.ConnectAsync(engine.HttpPort));
            }

            await Eventually.Is(() => engine.Host.ConnectionLimiter.Pending.Count == 4, "all places of clients without a key are taken");
            using var admin = new HttpClient { BaseAddress = engine.Host.Addresses[2] };
            Assert.That(await StatusOf(admin, "/metrics"), Is.EqualTo(200));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    static async Task<int> StatusOf(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path);
        return (int)answer.StatusCode;
    }
}
