using System.Net;
using System.Net.Sockets;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>The health of the shop's services and of the engine's parts over HTTP, with a port that is open and one that is not.</summary>
[TestFixture]
sealed class ServiceHealthApiTests
{
    const string Key = "mk_7d1f0c5e9a2b4c6d8e0f1a2b";

    InProcessEngine _engine = null!;
    TcpListener _open = null!;
    Scratch _scratch = null!;
    TestUsers _users = null!;
    (string Name, string Value) _operator;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _scratch = new Scratch();
        _open = new TcpListener(IPAddress.Loopback, 0);
        _open.Start();
        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Monitoring.Enabled = true;
            config.Listen.MetricsKey = Key;
            var sink = new SinkConfig { Type = "file" };
            sink.SetOption("path", new OptionValue(_scratch.PathOf("reports.ndjson")));
            config.Sinks["ops"] = sink;
            config.Reports = new ReportsConfig { Sink = "ops" };
            config.Monitoring.Services["shop"] = Service($"127.0.0.1:{((IPEndPoint)_open.LocalEndpoint).Port}");
            config.Monitoring.Services["bank"] = Service("127.0.0.1:1");
        });
        foreach (var service in _engine.Host.Health.Services.Services)
        {
            await Eventually.Is(() => service.Record.Last is not null, "it is checked");
        }

        await _engine.Host.Health.SampleAsync();
        _users = new TestUsers(_engine);
        _operator = await _users.NewAsync(new Grant("operator", null));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
        _open.Dispose();
        _scratch.Dispose();
    }

    [TestCase("/health/services/all")]
    [TestCase("/v1/services/status")]
    public async Task Services_are_listed_with_what_the_last_checks_found(string path)
    {
        var services = (await _engine.GetAsync(path, Key)).Json.EnumerateArray().ToDictionary(one => one.GetProperty("service").GetString()!);
        Assert.That((services["shop"].GetProperty("status").GetString(), services["bank"].GetProperty("status").GetString()), Is.EqualTo(("healthy", "unhealthy")));
        Assert.That(services["bank"].GetProperty("error").GetString(), Does.Contain("refused"));
        Assert.That(services["shop"].GetProperty("responseTime").GetDouble(), Is.GreaterThanOrEqualTo(0));
    }

    [TestCase("shop", HttpStatusCode.OK)]
    [TestCase("bank", HttpStatusCode.ServiceUnavailable)]
    [TestCase("jobs", HttpStatusCode.OK)]
    [TestCase("disk", HttpStatusCode.OK)]
    public async Task A_service_or_part_that_does_not_work_answers_503(string service, HttpStatusCode status)
    {
        var answer = await _engine.GetAsync($"/health/{service}", Key);
        Assert.That((answer.Status, answer.Json.GetProperty("service").GetString()), Is.EqualTo((status, service)));
        Assert.That(answer.Json.GetProperty("timestamp").GetString(), Does.EndWith("Z"));
    }

    [Test]
    public async Task An_unknown_service_is_not_found() => Assert.That((await _engine.GetAsync("/health/other", Key)).Problem, Is.EqualTo((404, "service_not_found")));

    [TestCase("/health/detailed")]
    [TestCase("/v1/status")]
    public async Task The_status_is_that_of_the_worst_part_or_service(string path)
    {
        var status = (await _engine.GetAsync(path, Key)).Json;
        Assert.That((status.GetProperty("status").GetString(), status.GetProperty("services").GetArrayLength()), Is.EqualTo(("unhealthy", 2)));
        var journal = status.GetProperty("parts").EnumerateArray().Single(part => part.GetProperty("service").GetString() == "journal");
        Assert.That((journal.GetProperty("status").GetString(), journal.TryGetProperty("since", out _)), Is.EqualTo(("healthy", true)), "sampled");
    }

    [Test]
    public async Task Dependencies_are_those_of_others()
    {
        var names = (await _engine.GetAsync("/health/dependencies", Key)).Json.EnumerateObject().Select(one => one.Name);
        Assert.That(names, Is.EquivalentTo(new[] { "control", "disk", "monitoring", "alerts", "sink-ops" }));
    }

    [Test]
    public async Task The_pipelines_stages_are_in_the_order_of_an_event()
    {
        var status = (await _engine.GetAsync("/v1/pipeline/status", Key)).Json;
        Assert.That(status.GetProperty("stages").EnumerateArray().Select(stage => stage.GetProperty("stage").GetString()),
            Is.EqualTo(new[] { "streams", "deadletters", "partition-0", "partition-1", "journal", "checkpoints", "model", "outreach", "sink-ops" }));
        Assert.That(status.GetProperty("status").GetString(), Is.EqualTo("healthy"));
    }

    [Test]
    public async Task The_cache_of_predictions_is_counted_and_emptied()
    {
        await _engine.PostAsync("/v1/events", EventJson.Of("c1", "add_to_cart", ",\"productId\":\"p\",\"price\":5"));
        await Eventually.Is(() => _engine.GetAsync("/v1/predict/c1").GetAwaiter().GetResult().Status == HttpStatusCode.OK, "it is scored");
        await _engine.GetAsync("/v1/predict/c1");
        var before = (await _engine.GetAsync("/api/v1/monitoring/cache/stats", key: null, _operator)).Json;
        Assert.That((before.GetProperty("hits").GetInt64(), before.GetProperty("misses").GetInt64(), before.GetProperty("keys").GetInt32()), Is.EqualTo((1, 1, 1)));
        Assert.That((await _engine.AskAsync(HttpMethod.Delete, "/api/v1/monitoring/cache/flush", null, null, _operator)).Json.GetProperty("success").GetBoolean());
        Assert.That((await _engine.GetAsync("/api/v1/monitoring/cache/stats", key: null, _operator)).Json.GetProperty("keys").GetInt32(), Is.Zero);
    }

    [TestCase("sla-daily", "daily uptime report")]
    [TestCase("sla-monthly", "monthly uptime report")]
    public async Task Reports_are_delivered(string job, string subject)
    {
        await _engine.PostAsync($"/v1/jobs/{job}/run", "", key: null, _operator);
        await Eventually.Is(() => Sent().Contains(subject, StringComparison.Ordinal), "it is delivered");
        Assert.That(Sent(), Does.Contain("shop: no checks").And.Contain(" parts: no samples"));

        string Sent() => File.Exists(_scratch.PathOf("reports.ndjson")) ? File.ReadAllText(_scratch.PathOf("reports.ndjson")) : "";
    }

    [Test]
    public async Task Nobody_reads_them_without_a_key() => Assert.That((await _engine.GetAsync("/health/detailed", key: null)).Problem, Is.EqualTo((401, "missing_key")));

    [Test]
    public async Task Targets_are_compared_with_the_history()
    {
        // A day ago, for two hours: of 120 checks an hour, 6 failed in the second; they took 0.2 s, then 2 s.
        var start = (_engine.Host.Time.GetUtcNow().ToUnixTimeMilliseconds() / 3_600_000 * 3_600_000) - (24L * 3_600_000);
        for (var i = 0; i <= 480; i++)
        {
            var (time, checks) = (start + (i * 15_000L), i / 2.0);
            var late = Math.Max(0, checks - 120);
            Append("cartrecovery_service_checks_total", ("state", "unhealthy"), time, late * 6 / 120);
            Append("cartrecovery_service_checks_total", ("state", "healthy"), time, checks - (late * 6 / 120));
            Append("cartrecovery_service_seconds_bucket", ("le", "0.25"), time, Math.Min(checks, 120));
            Append("cartrecovery_service_seconds_bucket", ("le", "2.5"), time, checks);
            Append("cartrecovery_service_seconds_bucket", ("le", "+Inf"), time, checks);
            Append("cartrecovery_service_seconds_sum", null, time, Math.Min(checks, 120) * 0.2 + (late * 2));
            Append("cartrecovery_service_seconds_count", null, time, checks);
            AppendPart("unhealthy", time, late * 6 / 120);
            AppendPart("degraded", time, late * 12 / 120);
            AppendPart("healthy", time, checks - (late * 18 / 120));
        }

        var answer = (await _engine.GetAsync($"/api/v1/monitoring/dashboard/sla?start_date={start}&end_date={start + 7_200_000}", Key)).Json;
        var sla = answer.GetProperty("services").EnumerateArray().Single(one => one.GetProperty("service_name").GetString() == "bank");
        Assert.That(sla.GetProperty("avg_uptime").GetDouble(), Is.EqualTo(97.5).Within(0.05));
        Assert.That(sla.GetProperty("error_budget_left").GetDouble(), Is.EqualTo(-2400).Within(50), "25 times as many failures as 99.9% allows");
        Assert.That(sla.GetProperty("burn_rates").GetProperty("1h").GetDouble(), Is.EqualTo(50).Within(1));
        Assert.That(sla.GetProperty("total_violations").GetInt32(), Is.EqualTo(1), "the second hour");
        Assert.That(sla.GetProperty("total_checks").GetInt32(), Is.EqualTo(240).Within(2));
        Assert.That(sla.GetProperty("avg_latency").GetDouble(), Is.EqualTo(1100).Within(10));
        Assert.That(sla.GetProperty("avg_p95_latency").GetDouble(), Is.EqualTo(2275).Within(30), "in the bucket from 0.25 to 2.5 s");
        var part = answer.GetProperty("parts").EnumerateArray().Single();
        Assert.That(part.GetProperty("part").GetString(), Is.EqualTo("journal"));
        Assert.That(part.GetProperty("avg_uptime").GetDouble(), Is.EqualTo(97.5).Within(0.05), "6 of 240 samples");
        Assert.That(part.GetProperty("avg_healthy").GetDouble(), Is.EqualTo(92.5).Within(0.1), "18 of 240");
        Assert.That((await _engine.GetAsync("/api/v1/monitoring/dashboard/sla?start_date=1h&end_date=2h", Key)).Problem, Is.EqualTo((400, "out_of_range")));
    }

    void Append(string name, (string Name, string Value)? label, long time, double value) => _engine.Host.Monitor.History!.Append(
        SeriesLabels.Of([new(SeriesLabels.Name, name), new("job", "cartrecovery"), new("service", "bank"), .. label is { } one ? [new KeyValuePair<string, string>(one.Name, one.Value)] : Array.Empty<KeyValuePair<string, string>>()]),
        time, value);

    void AppendPart(string state, long time, double value) =>
        _engine.Host.Monitor.History!.Append(SeriesLabels.Of("cartrecovery_health_samples_total", "job", "cartrecovery", "part", "journal", "state", state), time, value);

    static ServiceConfig Service(string target) => new() { Kind = ServiceKind.Tcp, Target = target, Interval = Duration.FromHours(1) };
}
