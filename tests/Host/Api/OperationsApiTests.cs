using System.Globalization;
using System.Net;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;
using CartRecovery.Tests.Telemetry;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Operators' endpoints: health, metrics, and the response to unknown paths.</summary>
[TestFixture]
sealed class OperationsApiTests : EngineFixture
{
    [Test]
    public async Task A_working_engine_is_healthy()
    {
        var answer = await Engine.GetAsync("/health", key: null);

        Assert.That((answer.Status, answer.Json.GetProperty("status").GetString()), Is.EqualTo((HttpStatusCode.OK, "ok")));
        Assert.That(answer.Json.GetProperty("parts").EnumerateObject().Select(p => (p.Name, p.Value.GetProperty("status").GetString())),
            Is.EqualTo(new[] { ("partition-0", "ok"), ("partition-1", "ok"), ("journal", "ok"), ("deadletters", "ok"), ("streams", "ok"), ("checkpoints", "ok"), ("clock", "ok"), ("outreach", "ok"), ("recipients", "ok"), ("control", "ok"), ("jobs", "ok"), ("alerts", "ok"), ("monitoring", "ok"), ("configuration", "ok"), ("settings", "ok"), ("campaigns", "ok"), ("model", "ok") }));
        Assert.That(answer.Json.GetProperty("parts").GetProperty("model").GetProperty("evaluator").GetString(), Is.EqualTo(Engine.Host.Model.Evaluator));
    }

    [TestCase("/live")]
    [TestCase("/ready")]
    public async Task Probes_answer_without_a_key(string path)
    {
        var answer = await Engine.GetAsync(path, key: null);

        Assert.That((answer.Status, answer.Json.GetProperty("status").GetString()), Is.EqualTo((HttpStatusCode.OK, "ok")));
    }

    [Test]
    public async Task A_dead_sink_degrades_health_without_stopping_the_engine()
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            var webhook = new SinkConfig { Type = "webhook", Retries = 0, Timeout = Duration.FromMilliseconds(200), BatchAge = Duration.FromMilliseconds(0) };
            // A port without a listener.
            webhook.SetOption("url", "http://127.0.0.1:1/hook");
            webhook.SetOption("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
            config.Sinks["crm"] = webhook;
            var campaign = InProcessEngine.Answering("begin_checkout");
            campaign.Channel = "crm";
            config.Decisions.Campaigns.Add(campaign);
        });
        await engine.PostAsync("/v1/events", EventJson.Of("c", "begin_checkout"));
        ApiAnswer? answer = null;
        var asking = Task.CompletedTask;
        await Eventually.Is(() =>
        {
            if (asking.IsCompleted)
            {
                asking = Task.Run(async () => answer = await engine.GetAsync("/health", key: null));
            }

            return answer?.Json.GetProperty("status").GetString() == "degraded";
        }, "health reports it");

        Assert.That(answer!.Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Json.GetProperty("parts").GetProperty("sink-crm").GetProperty("status").GetString(), Is.EqualTo("down"));
        Assert.That((await engine.PostAsync("/v1/events", EventJson.Of("c"))).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_dead_partition_is_reported_immediately_and_accepts_nothing()
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Partitions = 1;
            config.Log.Level = LogThreshold.Error;
            config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout"));
        });
        using var client = await StreamClient.OpenAsync(engine, StreamTransport.WebSocket);
        await client.SendAsync(EventJson.Of("c"));
        await client.UntilAckAsync(1);
        var broken = new EventSlab();
        broken.EndRun(new BrokenSource(engine), upTo: 0);
        engine.Host.Partitions[0].Inbox.TryEnqueue(broken);
        await client.SendAsync(EventJson.Of("c", "begin_checkout"));
        await Eventually.Is(() => engine.Host.Fault is not null, "the partition died");
        var health = await engine.GetAsync("/health", key: null);
        var events = await engine.PostAsync("/v1/events", EventJson.Of("c"));
        var features = await engine.GetAsync("/v1/features/c");
        var heard = await client.UntilEndAsync();

        Assert.That((health.Status, health.Json.GetProperty("status").GetString()), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "down")));
        Assert.That(health.Json.GetProperty("parts").GetProperty("partition-0").GetProperty("detail").GetString(), Is.EqualTo("broken on purpose"));
        Assert.That((events.Problem, features.Problem), Is.EqualTo(((503, "stopping"), (503, "stopping"))));
        Assert.That(heard, Has.None.Matches<ReceivedMessage>(s => s!.Type == "ack"), "no undecided event is acknowledged");
        Assert.That(client.CloseCode, Is.EqualTo(1001));
    }

    [Test]
    public async Task Metrics_have_every_documented_name_and_pass_promtool()
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Sinks["console"] = new SinkConfig { Type = "console" };
            config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout"));
        });
        using var client = await StreamClient.OpenAsync(engine, StreamTransport.WebSocket);
        await client.SendAsync(EventJson.Of("c"), "{}", EventJson.Of("c", "begin_checkout"), EventJson.Of("c", "begin_checkout"));
        await client.UntilAckAsync(4);
        var answer = await engine.GetAsync("/metrics", key: null);
        var metrics = answer.Body.Split('\n').Where(l => l.Length > 0 && l[0] != '#')
            .ToDictionary(l => l[..l.LastIndexOf(' ')], l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture), StringComparer.Ordinal);

        Assert.That(answer.Headers["Content-Type"], Is.EqualTo("text/plain; version=0.0.4; charset=utf-8"));
        Assert.That(metrics, Is.SupersetOf(new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["cartrecovery_events_received_total{protocol=\"websocket\"}"] = 4,
            ["cartrecovery_events_received_total{protocol=\"tcp\"}"] = 0,
            ["cartrecovery_events_received_total{protocol=\"http\"}"] = 0,
            ["cartrecovery_events_processed_total"] = 3,
            ["cartrecovery_events_rejected_total{code=\"missing_field\"}"] = 1,
            ["cartrecovery_events_duplicate_total"] = 0,
            [$"cartrecovery_predictions_total{{model=\"{engine.Host.Model.Id}\"}}"] = 3,
            ["cartrecovery_interventions_total{action=\"reminder\",channel=\"socket\",outcome=\"delivered\"}"] = 1,
            ["cartrecovery_interventions_withheld_total{reason=\"window\"}"] = 1,
            ["cartrecovery_queue_depth{queue=\"partition-0\"}"] = 0,
            ["cartrecovery_queue_depth{queue=\"sink-console\"}"] = 0,
            ["cartrecovery_queue_dropped_total{queue=\"sink-console\"}"] = 0,
            ["cartrecovery_event_latency_seconds_count"] = 3,
            ["cartrecovery_connections{protocol=\"websocket\"}"] = 1,
        }));
        Assert.That(answer.Body, Does.Contain("# TYPE cartrecovery_event_latency_seconds histogram"));
        Promtool.Passes(["check", "metrics"], answer.Body);
    }

    [TestCase("GET", "/", 404, "not_found")]
    [TestCase("GET", "/v1/nothing", 404, "not_found")]
    [TestCase("GET", "/v1/nothing.json", 404, "not_found")]
    [TestCase("POST", "/v1/nothing", 404, "not_found")]
    [TestCase("GET", "/v1/features/", 404, "not_found")]
    [TestCase("GET", "/v1/features/a/b", 404, "not_found")]
    [TestCase("GET", "/v1/events", 405, "method_not_allowed")]
    [TestCase("DELETE", "/v1/events", 405, "method_not_allowed")]
    [TestCase("POST", "/health", 405, "method_not_allowed")]
    [TestCase("POST", "/metrics", 405, "method_not_allowed")]
    [TestCase("GET", "/v1/predict", 405, "method_not_allowed")]
    [TestCase("PUT", "/v1/features/c", 405, "method_not_allowed")]
    public async Task An_unknown_path_is_a_problem(string method, string path, int status, string code)
    {
        var answer = await Engine.AskAsync(new HttpMethod(method), path, content: null, InProcessEngine.Secret);

        Assert.That(answer.Problem, Is.EqualTo((status, code)));
        if (status == 405)
        {
            Assert.That(answer.Headers["Allow"], Is.Not.Empty);
        }
    }

    /// <summary>Breaks the partition once the second event has arrived.</summary>
    sealed class BrokenSource(InProcessEngine engine) : IEventSource
    {
        public long ConnectionId => 0;

        public ulong Network => 0;

        public void OnForeign(EventSlab slab, in SourceRun run, int first)
        {
        }

        public void OnProcessed(int partition, long upTo)
        {
            SpinWait.SpinUntil(() => engine.Counts.Received == 2, Eventually.Deadline);
            throw new InvalidOperationException("broken on purpose");
        }
    }
}
