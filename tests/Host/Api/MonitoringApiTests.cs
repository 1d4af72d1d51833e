using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Tests.Monitoring.Query.Oracle;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>The history of metrics over HTTP.</summary>
[TestFixture]
sealed class MonitoringApiTests
{
    const string Key = "mk_7d1f0c5e9a2b4c6d8e0f1a2b";

    // The end of the data.
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
    public async Task Answers_are_those_of_Prometheus()
    {
        using var prometheus = await PrometheusServer.StartAsync(OracleData.Create().All);
        var (start, end) = (OracleData.Start / 1000, End / 1000);
        using (Assert.EnterMultipleScope())
        {
            foreach (var path in new[]
            {
                $"query?query=level&time={end - 600}", $"query?query=level&time={end - 600}.5", $"query?query=scalar(level)&time={start}", $"query?query=\"a\"&time={end}",
                $"query?query=sum by(job) (rate(requests_total[5m]))&time={end - 600}", $"query?query=level[2m]&time={end - 600}", $"query?query=level/0&time={end - 600}",
                $"query?query=1e30&time={end}", $"query?query=1/3e8&time={end}", $"query_range?query=level&start={end - 600}&end={end}&step=47",
                $"query_range?query=vector(1)&start={end - 600}&end={end}&step=1m", $"series?match[]=level{{job=\"api\"}}&match[]=info&start={start}&end={end}",
                $"labels?start={start}&end={end - 100}", $"labels?match[]=level&start={start}&end={end}", $"label/job/values?start={start}&end={end - 100}",
                $"label/__name__/values?match[]={{job=\"api\"}}&start={start}&end={end}",
                "query?query=rate(level)", "query?query=", "query?query=level&time=x", "query?query=level&timeout=x", $"query_range?query=level&start={start}&end={end}&step=0",
                $"query_range?query=level&start={end}&end={start}&step=5", $"query_range?query=level&start={start}&step=5", $"query_range?query=level&start={start}&end={end}&step=0.1",
                "series", "series?match[]=level[5m]", "label/a-b/values",
            })
            {
                var ours = await GetAsync($"/api/v1/{path}");
                var theirs = await prometheus.AskAsync($"api/v1/{path}");
                Assert.That((int)ours.Status, Is.EqualTo(theirs.Status), path);
                Assert.That(Comparable(ours.Body), Is.EqualTo(Comparable(theirs.Body)), path);
            }

            var (oursByForm, theirsByForm) = (Form(end), Form(end));
            Assert.That(Comparable((await _engine.AskAsync(HttpMethod.Post, "/api/v1/query", oursByForm, Key)).Body),
                Is.EqualTo(Comparable((await prometheus.AskAsync("api/v1/query", theirsByForm)).Body)), "by form");
        }
    }

    [Test]
    public async Task The_engines_own_metrics_are_collected()
    {
        await _engine.Host.Monitor.CollectAsync();
        var up = (await GetAsync("/api/v1/query?query=up{job=\"cartrecovery\"}")).Json.GetProperty("data").GetProperty("result");
        Assert.That(up[0].GetProperty("value")[1].GetString(), Is.EqualTo("1"));
        var rules = (PromVector)_engine.Host.Alerting.Queries.Evaluate(PromQuery.Parse("up{job=\"cartrecovery\"}"), _engine.Host.Time.GetUtcNow().ToUnixTimeMilliseconds());
        Assert.That(rules.Samples.Single().Value, Is.EqualTo(1), "alert rules query the history");
        var names = (await GetAsync("/api/v1/label/__name__/values?match[]={job=\"cartrecovery\"}")).Body;
        foreach (var name in new[] { "cartrecovery_events_received_total", "cartrecovery_event_latency_seconds_bucket", "cartrecovery_monitoring_series", "cartrecovery_machine_cpu_seconds_total", "process_open_fds" })
        {
            Assert.That(names, Does.Contain($"\"{name}\""));
        }

        Assert.That((await GetAsync("/api/v1/metadata?metric=cartrecovery_event_latency_seconds")).Body, Does.Contain("\"type\":\"histogram\""));
        Assert.That((await _engine.GetAsync("/health", Key)).Json.GetProperty("parts").GetProperty("monitoring").GetProperty("detail").GetString(), Does.Contain("series"));
    }

    [Test]
    public async Task Only_the_metrics_key_or_a_user_reads_and_writes()
    {
        Assert.That((await _engine.GetAsync("/api/v1/query?query=1", key: null)).Problem, Is.EqualTo((401, "missing_key")));
        Assert.That((await _engine.GetAsync("/api/v1/query?query=1")).Problem, Is.EqualTo((403, "user_required")), "a store's key");
        Assert.That((await _engine.GetAsync("/api/v1/query?query=1", key: null, ("Authorization", $"Bearer {Key}"))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.PostAsync("/api/v1/monitoring/metrics", "{}")).Problem, Is.EqualTo((403, "user_required")));
    }

    [Test]
    public async Task A_pushed_metric_is_listed_as_the_latest_and_exported()
    {
        const string Push = """{"metric_name":"payment_success_total","service_name":"payment-service","value":2,"type":"counter","labels":{"provider":"stripe"}}""";
        Assert.That((await _engine.PostAsync("/api/v1/monitoring/metrics", Push, Key)).Body, Is.EqualTo("""{"success":true}"""));
        await _engine.PostAsync("/api/v1/monitoring/metrics", """{"metric_name":"payment_success_total","value":1,"type":"counter","labels":{"provider":"stripe"}}""", Key, ("x-service-name", "payment-service"));
        _engine.Host.Monitor.Pushed!.Collect(_engine.Host.Time.GetUtcNow().ToUnixTimeMilliseconds());
        foreach (var path in new[] { "latest?service=payment-service", "service/payment-service", "?metric_name=payment_success_total", "?service=payment-service&start_time=1h&limit=5" })
        {
            var item = (await GetAsync($"/api/v1/monitoring/metrics{(path[0] == '?' ? "" : "/")}{path}")).Json[0];
            Assert.That((item.GetProperty("metric_name").GetString(), item.GetProperty("service_name").GetString(), item.GetProperty("value").GetDouble(),
                item.GetProperty("labels").GetProperty("provider").GetString()), Is.EqualTo(("payment_success_total", "payment-service", 3.0, "stripe")), path);
        }

        Assert.That((await GetAsync("/api/v1/monitoring/metrics/export")).Body, Does.Contain("# TYPE payment_success_total counter\npayment_success_total{job=\"payment-service\",provider=\"stripe\"} 3\n"));
    }

    [TestCase("""{"metric_name":"a-b","service_name":"s","value":1}""")]
    [TestCase("""{"metric_name":"a","value":1}""")]
    [TestCase("""{"metric_name":"a","service_name":"s","value":1,"type":"summary"}""")]
    [TestCase("""{"metric_name":"a","service_name":"s","value":-1,"type":"counter"}""")]
    [TestCase("""{"metric_name":"a","service_name":"s","value":1,"labels":{"a-b":"c"}}""")]
    public async Task A_push_that_is_no_metric_is_refused(string body) =>
        Assert.That((await _engine.PostAsync("/api/v1/monitoring/metrics", body, Key)).Problem, Is.EqualTo((400, "invalid_metric")));

    [TestCase("application/json", "snappy", 415)]
    [TestCase("application/x-protobuf", "gzip", 415)]
    [TestCase("application/x-protobuf;proto=io.prometheus.write.v3.Request", "snappy", 415)]
    [TestCase("application/x-protobuf", "snappy", 400)]
    public async Task Remote_write_refuses_what_it_does_not_read(string type, string encoding, int status)
    {
        using var body = new ByteArrayContent([255, 255, 255]);
        body.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        body.Headers.ContentEncoding.Add(encoding);
        Assert.That((int)(await _engine.AskAsync(HttpMethod.Post, "/api/v1/write", body, Key)).Status, Is.EqualTo(status));
    }

    static FormUrlEncodedContent Form(long end) => new([new("query", "sum(level) by (job)"), new("time", $"{end - 600}")]);

    Task<ApiAnswer> GetAsync(string path) => _engine.GetAsync(path, Key);

    // Elements of vectors and series have no order; values may differ in the last bits.
    static string Comparable(string body)
    {
        var json = JsonNode.Parse(body)!.AsObject();
        if (json["data"] is JsonObject data && data["result"] is JsonArray result && result.All(element => element is JsonObject))
        {
            data["result"] = Sorted(result);
        }
        else if (json["data"] is JsonArray list)
        {
            json["data"] = Sorted(list);
        }

        // The words of the parser are its own.
        if (json["error"]?.GetValue<string>() is { } error && error.Contains("parse error", StringComparison.Ordinal))
        {
            json["error"] = error.Split(':')[0];
        }

        return Rounded(json)!.ToJsonString();
    }

    static JsonArray Sorted(JsonArray array) => [.. array.Select(element => element!.DeepClone()).OrderBy(element => element.ToJsonString(), StringComparer.Ordinal)];

    static JsonNode? Rounded(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Rounded(p.Value)))),
        JsonArray array => new JsonArray([.. array.Select(Rounded)]),
        JsonValue value when value.TryGetValue<string>(out var text) && text.Length > 14 && double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) =>
            JsonValue.Create(number.ToString("G12", System.Globalization.CultureInfo.InvariantCulture)),
        _ => node?.DeepClone(),
    };
}
