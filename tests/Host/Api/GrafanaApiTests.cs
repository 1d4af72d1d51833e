using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Tests.Monitoring.Query.Oracle;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Requests as Grafana's JSON data sources send them, SimpleJson's and simPod's.</summary>
[TestFixture]
sealed class GrafanaApiTests
{
    const string Key = "mk_7d1f0c5e9a2b4c6d8e0f1a2b";
    const long End = OracleData.Start + 3_600_000;

    InProcessEngine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Monitoring.Enabled = true;
            config.Listen.MetricsKey = Key;
        }, new ShiftedTime(DateTimeOffset.FromUnixTimeMilliseconds(End)));
        foreach (var series in OracleData.Create().All)
        {
            foreach (var (time, value) in series.Samples)
            {
                _engine.Host.Monitor.History!.Append(series.Labels, time, value);
            }
        }
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _engine.DisposeAsync();

    [Test]
    public async Task The_data_source_is_tested_and_its_metrics_are_listed()
    {
        Assert.That((await _engine.GetAsync("/api/v1/monitoring/grafana", Key)).Body, Is.EqualTo("""{"status":"ok"}"""));
        Assert.That((await PostAsync("search", "{}")).EnumerateArray().Select(name => name.GetString()), Does.Contain("level").And.Contain("requests_total"));
        Assert.That((await PostAsync("search", """{"target":"requests"}""")).EnumerateArray().Select(name => name.GetString()), Has.All.Contain("requests"));
        Assert.That((await PostAsync("metrics", """{"metric":"level","payload":{}}""")).EnumerateArray().Select(metric => metric.GetProperty("value").GetString()), Does.Contain("level"));
        Assert.That((await PostAsync("metric-payload-options", """{"metric":"level","name":"x"}""")).GetArrayLength(), Is.Zero);
        Assert.That((await PostAsync("tag-keys", "{}")).EnumerateArray().Select(tag => tag.GetProperty("text").GetString()), Does.Contain("job").And.Not.Contains("__name__"));
        Assert.That((await PostAsync("tag-values", """{"key":"job"}""")).EnumerateArray().Select(value => value.GetProperty("text").GetString()), Does.Contain("api"));
    }

    [Test]
    public async Task Targets_give_the_series_of_the_query_API()
    {
        var expected = (await _engine.GetAsync(string.Create(CultureInfo.InvariantCulture,
            $"/api/v1/query_range?query=sum by(job) (level)&start={(End - 600_000) / 1000}&end={End / 1000}&step=60"), Key)).Json.GetProperty("data").GetProperty("result");
        var found = await PostAsync("query", Query(60_000, """{"target":"sum by(job) (level)","refId":"A","type":"timeserie","datasource":{"uid":"x"}},{"target":"level","refId":"B","hide":true},{"refId":"C"}"""));
        Assert.That(found.GetArrayLength(), Is.EqualTo(expected.GetArrayLength()).And.GreaterThan(0));
        foreach (var (ours, theirs) in found.EnumerateArray().Zip(expected.EnumerateArray()))
        {
            Assert.That(ours.GetProperty("refId").GetString(), Is.EqualTo("A"));
            Assert.That(ours.GetProperty("datapoints").EnumerateArray().Select(point => (point[0].GetDouble(), point[1].GetInt64())),
                Is.EqualTo(theirs.GetProperty("values").EnumerateArray().Select(value => (double.Parse(value[1].GetString()!, CultureInfo.InvariantCulture), (long)(value[0].GetDouble() * 1000)))));
        }
    }

    [Test]
    public async Task A_range_of_a_year_has_as_many_points_as_the_panel_asks_for()
    {
        var body = $$$"""{"range":{"from":"{{{Time(End - 31_536_000_000)}}}","to":"{{{Time(End)}}}"},"intervalMs":1,"maxDataPoints":100,"targets":[{"target":"vector(1)","refId":"A"}]}""";
        Assert.That((await PostAsync("query", body))[0].GetProperty("datapoints").GetArrayLength(), Is.EqualTo(101));
    }

    [Test]
    public async Task A_table_has_the_last_values_by_label()
    {
        var table = (await PostAsync("query", Query(60_000, """{"target":"sum by(job) (level)","refId":"A","type":"table"}""")))[0];
        Assert.That(table.GetProperty("columns").EnumerateArray().Select(column => column.GetProperty("text").GetString()), Is.EqualTo(new[] { "Time", "job", "Value" }));
        Assert.That(table.GetProperty("rows").EnumerateArray().Select(row => row[0].GetInt64()), Has.All.EqualTo(End));
    }

    [TestCase("=", "api", true)]
    [TestCase("!=", "api", false)]
    [TestCase("=~", "a.*", true)]
    [TestCase("!~", "a.*", false)]
    public async Task Filters_of_the_panel_choose_among_the_series(string comparison, string value, bool isFound)
    {
        var body = Query(60_000, """{"target":"sum by(job) (level)","refId":"A","type":"table"}""")[..^1] + $$""","adhocFilters":[{"key":"job","operator":"{{comparison}}","value":"{{value}}"}]}""";
        var jobs = (await PostAsync("query", body))[0].GetProperty("rows").EnumerateArray().Select(row => row[1].GetString()).ToArray();
        Assert.That(jobs.Contains("api"), Is.EqualTo(isFound));
    }

    [Test]
    public async Task What_was_changed_is_an_annotation_that_names_nobody()
    {
        await new AuditLog(_engine.Host.Control).RecordAsync(new AuditEvent("user:someone", "campaign.pause", "campaign:cart-idle"));
        var now = _engine.Host.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var found = await PostAsync("annotations", $$$"""{"range":{"from":"{{{Time(now - 60_000)}}}","to":"{{{Time(now + 60_000)}}}"},"annotation":{"name":"changes","enable":true}}""");
        var one = found.EnumerateArray().Single(annotation => annotation.GetProperty("title").GetString() == "campaign.pause");
        Assert.That((one.GetProperty("text").GetString(), one.GetProperty("tags")[0].GetString()), Is.EqualTo(("campaign:cart-idle", "campaign")));
        Assert.That(found.GetRawText(), Does.Not.Contain("someone"));
        Assert.That((await PostAsync("annotations", """{"range":{"from":"2020-01-01T00:00:00Z","to":"2020-01-02T00:00:00Z"}}""")).GetArrayLength(), Is.Zero);
    }

    [TestCase("query", "[]", "invalid_grafana_request")]
    [TestCase("query", "{", "invalid_json")]
    [TestCase("query", """{"range":{"from":"x","to":"2020-01-02T00:00:00Z"}}""", "invalid_grafana_request")]
    [TestCase("query", """{"range":{"from":"2020-01-03T00:00:00Z","to":"2020-01-02T00:00:00Z"}}""", "invalid_grafana_request")]
    [TestCase("query", """{"range":{"from":1577923200,"to":1577923200000}}""", "invalid_grafana_request")]
    [TestCase("query", """{"targets":[{"target":"rate(level)","refId":"A"}]}""", "invalid_query")]
    [TestCase("query", """{"targets":[{"target":"level","refId":"A"}],"adhocFilters":[{"key":"job","operator":"<","value":"1"}]}""", "invalid_query")]
    [TestCase("search", "7", "invalid_grafana_request")]
    public async Task What_cannot_be_answered_says_why(string path, string body, string code) =>
        Assert.That((await _engine.PostAsync($"/api/v1/monitoring/grafana/{path}", body, Key)).Problem, Is.EqualTo((400, code)));

    static string Query(int interval, string targets) => string.Create(CultureInfo.InvariantCulture,
        $$$"""{"panelId":1,"range":{"from":"{{{Time(End - 600_000)}}}","to":"{{{Time(End)}}}","raw":{"from":"now-10m","to":"now"}},"intervalMs":{{{interval}}},"maxDataPoints":1000,"targets":[{{{targets}}}]}""");

    static string Time(long at) => DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("O", CultureInfo.InvariantCulture);

    async Task<JsonElement> PostAsync(string path, string body)
    {
        var answer = await _engine.PostAsync($"/api/v1/monitoring/grafana/{path}", body, Key);
        Assert.That((int)answer.Status, Is.EqualTo(200), answer.Body);
        return answer.Json;
    }
}
