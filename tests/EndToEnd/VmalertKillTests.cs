using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Tests.Monitoring.Alerts;
using CartRecovery.Tests.Monitoring.Forwarding;
using CartRecovery.Tests.Monitoring.Receivers;
using CartRecovery.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>A process that is killed again and again, beside a vmalert with an Alertmanager: the same target and the same rules.</summary>
[TestFixture]
[Category("EndToEnd")]
sealed class VmalertKillTests
{
    const string Key = "mk_7d1f0c5e9a2b4c6d8e0f1a2b";

    const string Rules = """
        groups:
        - name: shop
          interval: 1s
          rules:
          - {alert: ShopDown, expr: "shop_down > 0", for: 4s, labels: {severity: critical}}

        """;

    // Says in the history when the engine evaluated the rules.
    const string Evaluation = "  - {record: evaluated, expr: time()}\n";

    [Test]
    public async Task Killed_while_an_alert_is_pending_fires_and_has_resolved_the_engine_says_what_vmalert_says()
    {
        using var scratch = new Scratch();
        await using var target = new Target();
        await using var ours = new NoticeReceiverServer();
        await using var theirs = new NoticeReceiverServer();
        using var alertmanager = await AlertmanagerServer.StartAsync(theirs.Url);
        await using var source = await InProcessEngine.StartAsync(config =>
        {
            config.Monitoring.Enabled = true;
            config.Listen.MetricsKey = Key;
            config.Monitoring.Targets["shop"] = new ScrapeConfig { Url = target.Url, Interval = Duration.FromSeconds(1), Timeout = Duration.FromMilliseconds(900) };
        });
        var port = FreePort();
        await using var vmalert = VmalertProcess.Start($"-rule={scratch.Write("rules.yml", Rules)}", $"-httpListenAddr=127.0.0.1:{port}",
            $"-datasource.url=http://127.0.0.1:{source.HttpPort.Port}", $"-datasource.bearerToken={Key}", $"-notifier.url={alertmanager.Url}", "-rule.resendDelay=1m");
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        scratch.Write("ours.yml", Rules + Evaluation);
        scratch.Write("alertmanager.yml", $$"""
            route: {receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
            receivers: [{name: hook, webhook_configs: [{url: "{{ours.Url}}"}]}]
            """);
        EngineConfig config = new()
        {
            Listen = $", metricsKey: {Key}",
            Durability = $"monitoring: {{ targets: {{ shop: {{ url: \"{target.Url}\", interval: 1s, timeout: 900ms }} }}, alerts: {{ rules: [ours.yml], routing: alertmanager.yml }} }}",
        };
        var engine = await RunningEngine.StartAsync(scratch, config);
        try
        {
            target.Value = 1;
            await BothAreAsync("pending");
            await KillAsync();
            await BothAreAsync("firing");
            await ToldAsync("firing");
            await BothAreAsync("firing");
            await KillAsync();
            await BothAreAsync("firing");

            target.Value = 0;
            await BothAreAsync("");
            await ToldAsync("firing", "resolved");

            // A moment later, so that the ledger knows: the second beginning of an alert is news only then.
            await BothAreAsync("");
            await KillAsync();
            await BothAreAsync("");
            target.Value = 2;
            await ToldAsync("firing", "resolved", "firing");
            await BothAreAsync("firing");
            await KillAsync();
            await BothAreAsync("firing");
            Assert.That((Told(ours), Told(theirs)), Is.EqualTo(("firing resolved firing", "firing resolved firing")), "nothing is repeated");
        }
        finally
        {
            await engine.DisposeAsync();
        }

        async Task KillAsync()
        {
            await engine.KillAsync();
            await engine.DisposeAsync();
            engine = await RunningEngine.StartAsync(scratch, config);
        }

        // The engine's state is one that it evaluated itself: it writes the state at each evaluation.
        Task BothAreAsync(string state)
        {
            var from = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
            return Eventually.Is(() => Evaluated() > from && OurState() == state && TheirState() == state,
                () => $"both are \"{state}\": ours \"{OurState()}\", vmalert's \"{TheirState()}\", {vmalert.Log}");
        }

        Task ToldAsync(params string[] statuses) => Eventually.Is(() => Told(ours) == string.Join(' ', statuses) && Told(theirs) == Told(ours),
            () => $"both told {string.Join(' ', statuses)}: ours {Told(ours)}, Alertmanager {Told(theirs)}");

        double Evaluated() => Query("evaluated") is [var sample] ? double.Parse(sample.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture) : 0;

        string OurState() => Query("ALERTS") is [var alert] ? alert.GetProperty("metric").GetProperty("alertstate").GetString()! : "";

        JsonElement[] Query(string text) => [.. Json($"{engine.Http.BaseAddress}api/v1/query?query={text}").GetProperty("data").GetProperty("result").EnumerateArray()];

        string TheirState()
        {
            var alerts = Json($"http://127.0.0.1:{port}/api/v1/alerts").GetProperty("data").GetProperty("alerts");
            return alerts.ValueKind == JsonValueKind.Null || alerts.GetArrayLength() == 0 || alerts[0].GetProperty("state").GetString() is not { } state || state == "inactive" ? "" : state;
        }

        JsonElement Json(string url)
        {
            using var response = http.Send(new HttpRequestMessage(HttpMethod.Get, url));
            using var document = JsonDocument.Parse(response.EnsureSuccessStatusCode().Content.ReadAsStream());
            return document.RootElement.Clone();
        }
    }

    // A notice that arrived when the engine was killed, before it could know, comes again with the same key: that is no other one.
    static string Told(NoticeReceiverServer receiver) => string.Join(' ', receiver.Requests.DistinctBy(request => request.Headers.GetValueOrDefault("Idempotency-Key") ?? request.Body).Select(request =>
    {
        using var notice = JsonDocument.Parse(request.Body);
        return notice.RootElement.GetProperty("status").GetString();
    }));

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // Says how far the shop is down.
    sealed class Target : IAsyncDisposable
    {
        readonly WebApplication _app;

        public Target()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            _app = builder.Build();
            _app.Urls.Add("http://127.0.0.1:0");
            _app.MapGet("/metrics", () => Results.Text($"# TYPE shop_down gauge\nshop_down {Value}\n", "text/plain; version=0.0.4"));
            _app.Start();
        }

        public volatile int Value;

        public string Url => $"{_app.Urls.Single()}/metrics";

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
