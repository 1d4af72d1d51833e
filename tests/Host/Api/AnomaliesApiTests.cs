using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Insights;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Anomalies and threats over HTTP.</summary>
[TestFixture]
sealed class AnomaliesApiTests
{
    InProcessEngine _engine = null!;
    TestUsers _users = null!;
    (string Name, string Value) _operator;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config => config.Monitoring.Enabled = true);
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
    public async Task Alerts_are_anomalies_until_they_resolve_and_a_heartbeat_is_none()
    {
        await AskAsync("POST", "/api/v2/alerts", """
            [{"labels":{"alertname":"Orders","severity":"critical","service":"shop"},"annotations":{"summary":"No orders","description":"For an hour"}},
             {"labels":{"alertname":"Heartbeat","severity":"info"}}]
            """);
        var found = (await ListAsync("alert")).Single();
        Assert.That((Text(found, "title"), Text(found, "description"), Text(found, "severity"), Text(found, "status"), Text(found, "source")),
            Is.EqualTo(("No orders", "For an hour", "critical", "active", "shop")));
        var path = $"/v1/anomalies/{Text(found, "id")}";
        Assert.That(Text((await AskAsync("PUT", path, """{"status":"acknowledged","note":"on it"}""")).Json, "status"), Is.EqualTo("acknowledged"));
        Assert.That((await AskAsync("PUT", path, """{"status":"closed"}""")).Problem, Is.EqualTo((400, "invalid_anomaly")));
        Assert.That(Text((await AskAsync("PUT", path, """{"status":"resolved"}""")).Json, "status"), Is.EqualTo("resolved"));
        Assert.That((await AskAsync("PUT", path, """{"status":"resolved"}""")).Problem, Is.EqualTo((409, "alert_not_firing")));
        Assert.That(await ListAsync("alert"), Is.Empty);
        Assert.That(Text((await AskAsync("GET", path)).Json, "status"), Is.EqualTo("resolved"), "what was is still known");
    }

    [Test]
    public async Task A_report_is_an_anomaly_with_a_timeline_until_it_is_resolved()
    {
        var reported = await AskAsync("POST", "/v1/anomalies/report", """{"title":"Odd carts","description":"1,000 of one cent","severity":"critical","affected_services":["checkout"]}""");
        Assert.That((reported.Status, Text(reported.Json, "kind"), Text(reported.Json, "status")), Is.EqualTo((HttpStatusCode.Created, "report", "active")));
        var path = $"/v1/anomalies/{Text(reported.Json, "id")}";
        Assert.That(Text(reported.Json, "description"), Is.EqualTo("1,000 of one cent"));
        Assert.That((await ListAsync("report")).Select(item => (Text(item, "title"), Text(item, "description"))), Does.Contain(("Odd carts", "1,000 of one cent")));
        Assert.That((await AskAsync("GET", path)).Json.GetProperty("timeline").EnumerateArray().Select(entry => Text(entry, "text")), Is.EqualTo(new[] { "created", "1,000 of one cent" }));
        Assert.That(Text((await AskAsync("PUT", path, """{"status":"investigating"}""")).Json, "status"), Is.EqualTo("investigating"));
        var resolved = (await AskAsync("PUT", path, """{"status":"resolved","note":"a test of ours"}""")).Json;
        Assert.That(Text(resolved, "description"), Is.EqualTo("1,000 of one cent"));
        Assert.That((Text(resolved, "status"), resolved.GetProperty("timeline").EnumerateArray().Any(entry => Text(entry, "text") == "a test of ours")), Is.EqualTo(("resolved", true)));
        Assert.That((await ListAsync("report")).Select(item => Text(item, "title")), Does.Not.Contain("Odd carts"));
        Assert.That((await AskAsync("POST", "/v1/anomalies/report", """{"description":"x"}""")).Problem, Is.EqualTo((400, "invalid_incident")));
        Assert.That((await AskAsync("GET", "/v1/anomalies/report-99")).Problem, Is.EqualTo((404, "anomaly_not_found")));
        Assert.That((await AskAsync("GET", "/v1/anomalies/other")).Problem, Is.EqualTo((404, "anomaly_not_found")));
    }

    [Test]
    public async Task Findings_of_jobs_are_anomalies_of_their_stores_until_the_next_run()
    {
        var (insights, now) = (_engine.Host.Insights, _engine.Host.Time.GetUtcNow());
        await SaveAsync(now.AddHours(-2), "concept");
        var at = now.AddHours(-1).UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
        await insights.SaveAsync(InsightStore.DataQuality, now.AddHours(-1), [("demo", $$"""
            {"from":"{{at}}","to":"{{at}}","events":100,"sampled":1,"lastEventAt":null,"checks":[{"name":"without_price","count":40,"of":100,"percent":40,"limit":5,"exceeded":true},{"name":"late","count":0,"of":100,"percent":0,"limit":5,"exceeded":false}]}
            """)], TimeSpan.FromDays(7));
        Assert.That((await ListAsync("drift")).Select(item => (Text(item, "id"), Text(item, "title"))), Is.EqualTo(new[] { ("drift-demo", "The model purchase:1 no longer fits the store demo: concept") }));
        Assert.That((await ListAsync("data_quality")).Select(item => Text(item, "title")), Is.EqualTo(new[] { "Events of the store demo exceed limits: without_price 40%" }));
        Assert.That((await AskAsync("PUT", "/v1/anomalies/drift-demo", """{"status":"resolved"}""")).Problem, Is.EqualTo((409, "anomaly_of_job")));
        await SaveAsync(now.AddHours(-1), "none");
        Assert.That(await ListAsync("drift"), Is.Empty);
        await SaveAsync(now, "concept", reportedAt: now.AddDays(-3));
        Assert.That(await ListAsync("drift"), Is.Empty, "too old to be of now");

        Task SaveAsync(DateTimeOffset time, string verdict, DateTimeOffset? reportedAt = null)
        {
            var text = (reportedAt ?? time).UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
            return insights.SaveAsync(InsightStore.Drift, time, [("demo", $$"""
                {"at":"{{text}}","model":"purchase:1","verdict":"{{verdict}}","referenceAt":"{{text}}","referenceRows":1,"rows":1,"features":[],"score":null,"concept":{"outcomes":0,"purchases":0,"predicted":0,"cause":"","since":null} }
                """)], TimeSpan.FromDays(90));
        }
    }

    [Test]
    public async Task Threats_are_refused_attempts_by_kind_the_most_severe_first()
    {
        for (var i = 0; i < 12; i++)
        {
            await _engine.PostAsync("/v1/auth/login", """{"email":"nobody@shop.example","password":"wrong-password-1"}""", key: null);
        }

        var now = _engine.Host.Time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var (minute, count) in new[] { (50, 0), (40, 200), (30, 400) })
        {
            Append("cartrecovery_access_refused_total", now - (minute * 60_000L), count, "code", "unknown_key");
            Append("cartrecovery_bot_carts_total", now - (minute * 60_000L), count / 100, "evidence", "timing");
            Append("cartrecovery_events_rejected_total", now - (minute * 60_000L), count, "code", "missing_field");
        }

        var threats = (await AskAsync("GET", "/v1/security/threats")).Json.GetProperty("items").EnumerateArray().ToList();
        var signIns = threats.Where(item => Text(item, "kind") is "failed_sign_ins" or "throttled_sign_ins").ToList();
        Assert.That(signIns.Select(item => Text(item, "address")), Is.Not.Empty.And.All.EqualTo("127.0.0.1"));
        Assert.That(signIns[0].GetProperty("last_at").GetDateTimeOffset(), Is.GreaterThanOrEqualTo(signIns[0].GetProperty("first_at").GetDateTimeOffset()));
        var keys = threats.Single(item => Text(item, "kind") == "refused_keys" && Text(item, "detail") == "unknown_key");
        Assert.That(keys.GetProperty("count").GetInt64(), Is.InRange(300, 700), "extrapolated");
        Assert.That(Text(keys, "severity"), Is.EqualTo("warning"));
        Assert.That(Text(threats.Single(item => Text(item, "kind") == "bots"), "severity"), Is.EqualTo("info"));
        Assert.That(threats.Select(item => Text(item, "detail")), Does.Not.Contain("missing_field"), "a mistake is no threat");
        Assert.That(threats.Select(item => Text(item, "severity") == "info" ? 1 : 0), Is.Ordered);
        Assert.That((await AskAsync("GET", "/v1/security/threats?from=1y")).Problem.Status, Is.EqualTo(400));
    }

    [Test]
    public async Task Accesses_are_those_of_the_audit_log_and_a_security_incident_is_one_of_the_part_security()
    {
        await _engine.PostAsync("/v1/auth/login", """{"email":"other@shop.example","password":"wrong-password-1"}""", key: null);
        var viewer = await _users.NewAsync(new Grant("viewer", null));
        Assert.That((await _engine.GetAsync("/v1/security/access", key: null, viewer)).Problem, Is.EqualTo((403, "permission_denied")));
        var actions = (await AskAsync("GET", "/v1/security/access?limit=100")).Json.GetProperty("items").EnumerateArray().Select(item => Text(item, "action")).ToList();
        Assert.That(actions, Does.Contain("user.login_refused").And.Contain("access.refused").And.None.EqualTo("user.add").And.None.EqualTo("anomaly.report"));
        var reported = await AskAsync("POST", "/v1/security/incident", """{"title":"A key was leaked","severity":"critical","links":["https://wiki/keys"]}""");
        Assert.That((reported.Status, Text(reported.Json, "title"), reported.Json.GetProperty("affected_services")[0].GetString()), Is.EqualTo((HttpStatusCode.Created, "A key was leaked", "security")));
    }

    async Task<List<JsonElement>> ListAsync(string kind) => [.. (await AskAsync("GET", $"/v1/anomalies?kind={kind}")).Json.GetProperty("items").EnumerateArray()];

    async Task<ApiAnswer> AskAsync(string method, string path, string? body = null)
    {
        using var content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        return await _engine.AskAsync(new HttpMethod(method), path, content, key: null, _operator);
    }

    void Append(string metric, long time, double value, string label, string text) =>
        _engine.Host.Monitor.History!.Append(SeriesLabels.Of(metric, "job", "cartrecovery", "instance", "other", label, text), time, value);

    static string? Text(JsonElement item, string name) => item.GetProperty(name).GetString();
}
