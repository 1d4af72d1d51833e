using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api.Dashboards;

/// <summary>The dashboards' figures, from a history that the test writes.</summary>
[TestFixture]
sealed class DashboardApiTests
{
    const string Key = "mk_7d1f0c5e9a2b4c6d8e0f1a2b", Path = "/api/v1/monitoring/dashboard";

    InProcessEngine _engine = null!;
    TestUsers _users = null!;
    (string Name, string Value) _operator;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Monitoring.Enabled = true;
            config.Listen.MetricsKey = Key;
            config.Monitoring.Services["bank"] = new ServiceConfig { Kind = ServiceKind.Tcp, Target = "127.0.0.1:1", Interval = Duration.FromHours(1) };
        });
        await Eventually.Is(() => _engine.Host.Health.Services.Services[0].Record.Last is not null, "it is checked");
        _users = new TestUsers(_engine);
        _operator = await _users.NewAsync(new Grant("operator", null));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
    }

    [Test]
    public async Task The_overview_counts_what_is_not_as_it_should_be()
    {
        await _engine.PostAsync("/api/v2/alerts", """[{"labels":{"alertname":"A","severity":"critical"}},{"labels":{"alertname":"B","severity":"warning"}}]""", key: null, _operator);
        await _engine.PostAsync("/api/v1/monitoring/incidents", """{"title":"Payments fail"}""", key: null, _operator);
        var now = _engine.Host.Time.GetUtcNow().ToUnixTimeMilliseconds();
        Append("process_resident_memory_bytes", now - 60_000, 100);
        Append("process_resident_memory_bytes", now - 30_000, 300);

        var overview = (await _engine.GetAsync($"{Path}/overview", Key)).Json;
        var (health, alerts) = (overview.GetProperty("health"), overview.GetProperty("alerts"));
        Assert.That((health.GetProperty("status").GetString(), health.GetProperty("services").GetInt32()), Is.EqualTo(("unhealthy", 1)));
        Assert.That(health.GetProperty("impaired").EnumerateArray().Select(one => one.GetString()), Does.Contain("bank").And.Not.Contain("journal"));
        Assert.That((alerts.GetProperty("critical").GetInt32(), alerts.GetProperty("warning").GetInt32(), overview.GetProperty("incidents").GetInt32()), Is.EqualTo((1, 1, 1)));
        var memory = overview.GetProperty("metrics").EnumerateArray().Single(one => one.GetProperty("metric_name").GetString() == "process_memory_bytes");
        Assert.That(memory.GetProperty("avg_value").GetDouble(), Is.GreaterThanOrEqualTo(200), "the engine's own besides");
    }

    [Test]
    public async Task Response_times_are_of_the_period_and_by_group_of_routes()
    {
        // Yesterday, for an hour: 240 requests of 20 ms, 12 of them failed; then 240 of 0.2 s that are not asked for.
        var start = (_engine.Host.Time.GetUtcNow().ToUnixTimeMilliseconds() / 3_600_000 * 3_600_000) - (24L * 3_600_000);
        for (var i = 0; i <= 480; i++)
        {
            var (time, fast, slow) = (start + (i * 15_000L), Math.Min(i, 240), Math.Max(0, i - 240));
            Append("cartrecovery_http_request_seconds_bucket", time, 0, "group", "carts", "le", "0.01");
            Append("cartrecovery_http_request_seconds_bucket", time, fast, "group", "carts", "le", "0.025");
            Append("cartrecovery_http_request_seconds_bucket", time, fast + slow, "group", "carts", "le", "0.25");
            Append("cartrecovery_http_request_seconds_bucket", time, fast + slow, "group", "carts", "le", "+Inf");
            Append("cartrecovery_http_request_seconds_sum", time, (fast * 0.02) + (slow * 0.2), "group", "carts");
            Append("cartrecovery_http_request_seconds_count", time, fast + slow, "group", "carts");
            Append("cartrecovery_http_errors_total", time, fast * 0.05, "group", "carts");
            Append("cartrecovery_events_received_total", time, i * 30, "protocol", "http");
        }

        var answer = (await _engine.GetAsync($"{Path}/performance?start_date={start}&end_date={start + 3_600_000}", Key)).Json;
        var carts = answer.GetProperty("endpoints").EnumerateArray().Single(one => one.GetProperty("endpoint").GetString() == "carts");
        Assert.That(carts.GetProperty("request_count").GetInt32(), Is.EqualTo(240).Within(2));
        Assert.That(carts.GetProperty("error_count").GetInt32(), Is.EqualTo(12).Within(1));
        Assert.That(carts.GetProperty("avg_response_time").GetDouble(), Is.EqualTo(20).Within(0.5));
        Assert.That(carts.GetProperty("p95").GetDouble(), Is.InRange(10, 25), "in the bucket from 10 to 25 ms");
        Assert.That(answer.GetProperty("events").GetProperty("rate").GetDouble(), Is.EqualTo(2).Within(0.02));
        Assert.That(answer.GetProperty("period").GetString(), Is.EqualTo("1h"));
        Assert.That((await _engine.GetAsync($"{Path}/performance?start_date=1h&end_date=2h", Key)).Problem, Is.EqualTo((400, "out_of_range")));
    }

    [Test]
    public async Task Business_figures_are_carts_by_state_money_and_rates()
    {
        var now = _engine.Host.Time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var (state, count) in new[] { ("abandoned", 10), ("contacted", 3), ("recovered", 2), ("purchased", 4), ("lost", 5) })
        {
            Append("cartrecovery_carts", now, count, "state", state, "store", "a");
        }

        foreach (var (metric, value) in new[] { ("revenue", 120.5), ("orders", 6), ("recovered_revenue", 40), ("recovered_orders", 2), ("incremental_revenue", double.NaN), ("revenue_today", 19.5), ("orders_today", 1) })
        {
            Append($"cartrecovery_{metric}", now, value, "currency", "XTS", "store", "a");
        }

        for (var minute = 60; minute >= 0; minute--)
        {
            Append("cartrecovery_interventions_total", now - (minute * 60_000L), (60 - minute) * 8, "outcome", "delivered");
            Append("cartrecovery_interventions_total", now - (minute * 60_000L), (60 - minute) * 2, "outcome", "bounced");
        }

        var business = (await _engine.GetAsync($"{Path}/business", Key)).Json;
        var (rates, money) = (business.GetProperty("rates"), business.GetProperty("revenue").EnumerateArray().Single(one => one.GetProperty("currency").GetString() == "XTS"));
        Assert.That(business.GetProperty("carts").GetProperty("contacted").GetInt64(), Is.EqualTo(3));
        Assert.That(rates.GetProperty("abandonment").GetDouble(), Is.EqualTo(75), "18 of 24");
        Assert.That(rates.GetProperty("conversion").GetDouble(), Is.EqualTo(20), "2 of 10");
        Assert.That(rates.GetProperty("delivery").GetDouble(), Is.EqualTo(80).Within(0.1));
        Assert.That((money.GetProperty("orders").GetDouble(), money.GetProperty("revenue").GetDouble(), money.GetProperty("recovered_revenue").GetDouble()), Is.EqualTo((6d, 120.5, 40d)));
        Assert.That((money.GetProperty("orders_today").GetDouble(), money.GetProperty("revenue_today").GetDouble()), Is.EqualTo((1d, 19.5)));
        Assert.That(money.GetProperty("incremental_revenue").ValueKind, Is.EqualTo(System.Text.Json.JsonValueKind.Null), "no estimate yet");
    }

    [Test]
    public async Task HTTP_requests_are_counted_by_group_of_routes()
    {
        await _engine.GetAsync("/live", key: null);
        using var missing = await _engine.Http.GetAsync(new Uri("/nowhere", UriKind.Relative));
        await Eventually.Is(() => Count("operations") >= 1 && Count("other") >= 1, "a request is counted when its answer is sent");
        using var other = await InProcessOtherAsync();
        Assert.That(Count("ofrep"), Is.Zero, "of no other server in the process");

        double Count(string group) => _engine.Host.Metrics.Registry.ReadAsync().GetAwaiter().GetResult().Families["cartrecovery_http_request_seconds"].Samples
            .Where(sample => sample.Name.EndsWith("_count", StringComparison.Ordinal) && sample.Labels.Any(label => label.Value is string text && text == group)).Sum(sample => sample.Value);

        async Task<HttpResponseMessage> InProcessOtherAsync()
        {
            await using var second = await InProcessEngine.StartAsync();
            return await second.Http.GetAsync(new Uri("/ofrep/v1/configuration", UriKind.Relative));
        }
    }

    [Test]
    public async Task Nobody_reads_them_without_a_key([Values("overview", "performance", "business")] string name) =>
        Assert.That((await _engine.GetAsync($"{Path}/{name}", key: null)).Problem, Is.EqualTo((401, "missing_key")));

    void Append(string name, long time, double value, params string[] labels) =>
        _engine.Host.Monitor.History!.Append(SeriesLabels.Of(name, ["job", "cartrecovery", .. labels]), time, value);
}
