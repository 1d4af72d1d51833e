using System.Net;
using System.Text;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Telemetry;

/// <summary>Traces, metrics and logs as received by a collector.</summary>
[TestFixture]
[NonParallelizable]
sealed class OtlpTests
{
    const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736", Caller = "00f067aa0ba902b7";

    OtlpReceiver _collector = null!;
    InProcessEngine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _collector = await OtlpReceiver.StartAsync();
        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Log.Level = LogThreshold.Information;
            config.Telemetry.Otlp.Endpoint = _collector.Address;
            config.Telemetry.Otlp.Headers["x-token"] = "a b=c";
            config.Telemetry.Otlp.SampleRatio = 1;
            config.Telemetry.Otlp.Interval = Duration.FromSeconds(1);
            config.Telemetry.Otlp.ServiceName = "shop-engine";
            var webhook = new SinkConfig { Type = "webhook", BatchAge = Duration.FromMilliseconds(0) };
            webhook.SetOption("url", $"{_collector.Address}/hook");
            webhook.SetOption("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
            config.Sinks["crm"] = webhook;
            var campaign = InProcessEngine.Answering("begin_checkout");
            campaign.Channel = "crm";
            config.Decisions.Campaigns.Add(campaign);
        });
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        await _collector.DisposeAsync();
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task An_event_is_traced_from_the_request_to_the_acknowledgement()
    {
        await PostAsync(EventJson.Of("traced"));
        var spans = await SpansOfAsync(Trace, "ingest", "fold", "journal", "score", "decide", "deliver", "commit batch", "POST /v1/events");

        var request = spans.Single(s => s.Parent == Caller);
        var batch = spans.Single(s => s.Parent == request.Id && s.Name == "commit batch");
        Assert.That(request.Name, Is.EqualTo("POST /v1/events"));
        Assert.That(request.Tags["http.route"], Is.EqualTo("/v1/events"));
        Assert.That(request.Tags.Keys, Has.None.EqualTo("url.query").And.None.EqualTo("url.path"));
        Assert.That(spans.Where(s => s.Parent == batch.Id).Select(s => s.Name),
            Is.EquivalentTo(new[] { "ingest", "fold", "journal", "score", "decide", "deliver" }));
        Assert.That(batch.Tags["cartrecovery.events"], Is.EqualTo("1"));
        Assert.That(spans.Where(s => s.Parent == batch.Id), Has.All.Matches<OtlpReceiver.Span>(s => s!.Began <= s.Ended && s.Began >= batch.Began && s.Ended <= batch.Ended));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task An_HTTP_delivery_propagates_the_trace()
    {
        await PostAsync(EventJson.Of("delivered", "begin_checkout"), traceparent: null);
        await Eventually.Is(() => !_collector.Traceparents.IsEmpty, "the webhook was called");
        _collector.Traceparents.TryPeek(out var traceparent);
        Assert.That(traceparent, Does.Match("^00-[0-9a-f]{32}-[0-9a-f]{16}-01$"));
        var spans = await SpansOfAsync(traceparent!.Split('-')[1], "sink write crm", "POST");

        var write = spans.Single(s => s.Name == "sink write crm");
        var call = spans.Single(s => s.Parent == write.Id);
        Assert.That(call.Id, Is.EqualTo(traceparent.Split('-')[2]));
        Assert.That(call.Tags.Keys, Has.Member("server.address").And.None.EqualTo("url.full"));
        Assert.That((write.Tags["cartrecovery.sink"], write.Tags["cartrecovery.interventions"]), Is.EqualTo(("crm", "1")));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Metrics_and_logs_carry_the_engines_service_name()
    {
        string[] expected = ["cartrecovery_events_processed_total", "cartrecovery_queue_depth", "cartrecovery_event_latency_seconds_bucket", "process_cpu_seconds_total"];
        await Eventually.Is(() => expected.Except(_collector.Metrics, StringComparer.Ordinal).ToArray() is [], () => $"{string.Join(", ", expected.Except(_collector.Metrics, StringComparer.Ordinal))}");
        await Eventually.Is(() => _collector.Logs.Any(log => log.StartsWith("Started with 2 partitions", StringComparison.Ordinal)), () => $"the log of the start, but {string.Join("; ", _collector.Logs)}");
        await Eventually.Is(() => _collector.Resources.Contains("shop-engine"), "the service's name");

        Assert.That(_collector.Tokens, Has.All.EqualTo("a b=c"));
    }

    async Task PostAsync(string json, string? traceparent = $"00-{Trace}-{Caller}-01")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events?key=sk_demo") { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        if (traceparent is not null)
        {
            request.Headers.Add("traceparent", traceparent);
        }

        using var answer = await _engine.Http.SendAsync(request);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    async Task<OtlpReceiver.Span[]> SpansOfAsync(string trace, params string[] names)
    {
        var spans = Array.Empty<OtlpReceiver.Span>();
        await Eventually.Is(() =>
        {
            spans = [.. _collector.Spans.Where(s => s.Trace == trace)];
            return Array.TrueForAll(names, name => Array.Exists(spans, s => s.Name == name));
        }, () => $"{string.Join(", ", names)} in {trace}, but {string.Join(", ", spans.Select(s => s.Name))}");
        return spans;
    }
}
