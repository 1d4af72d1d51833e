using System.Net;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Insights;

/// <summary>The jobs that look at what shops send and at what the engine depends on, on a running engine.</summary>
public sealed class InsightJobsTests
{
    const string OtherKey = "sk_other_0123456789abcdef";

    Scratch _scratch = null!;
    InProcessEngine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _scratch = new Scratch();
        _engine = await InProcessEngine.StartAsync(config =>
        {
            var sink = new SinkConfig { Type = "file" };
            sink.SetOption("path", new OptionValue(_scratch.PathOf("sent.ndjson")));
            config.Sinks["crm"] = sink;
            config.Stores.Add(new StoreConfig { Id = "other", Keys = [InProcessEngine.Key(OtherKey, Engine.ControlPlane.Keys.KeyKind.Secret)] });
            config.DataQuality.MinEvents = 10;
            config.DataQuality.WithoutUser = 60;
        });
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        _scratch.Dispose();
    }

    [Test]
    public async Task The_quality_of_events_is_measured_by_store_and_exceeded_limits_are_reported()
    {
        await SendAsync(EventJson.Array(Enumerable.Range(0, 20).Select(i => EventJson.Of($"q{i}", "add_to_cart", $""","productId":"p{i % 2}","quantity":1{(i % 4 == 0 ? "" : ",\"price\":5,\"currency\":\"USD\"")}"""))));
        await SendAsync(EventJson.Array(Enumerable.Range(0, 40).Select(i => EventJson.Of($"f{i}", "add_to_cart", $""","productId":"p1","price":20,"userId":"u{i}" """))), OtherKey);
        await _engine.PostAsync("/v1/products", """[{"id":"p0","name":"Zero"}]""", InProcessEngine.Secret);
        var run = await RunAsync("data-quality");
        Assert.That((run.Outcome, run.Steps.Select(step => $"{step.Name} {step.Outcome}")), Is.EqualTo(("succeeded", (string[])["measure succeeded", "warn succeeded"])), run.Log);

        var report = (await _engine.GetAsync("/v1/data-quality")).Json.GetProperty("items")[0];
        var checks = report.GetProperty("checks").EnumerateArray().ToDictionary(check => check.GetProperty("name").GetString()!);
        Assert.That((report.GetProperty("events").GetInt64(), report.GetProperty("sampled").GetDouble()), Is.EqualTo((20L, 1.0)), "the other store's are not counted");
        Assert.That(Of("without_price"), Is.EqualTo((5L, 20L, true)));
        Assert.That(Of("without_user"), Is.EqualTo((20L, 20L, true)));
        Assert.That(Of("unknown_product"), Is.EqualTo((10L, 20L, true)));
        Assert.That(Of("future"), Is.EqualTo((0L, 20L, false)));
        Assert.That(Of("silent"), Is.EqualTo((0L, 1L, false)));
        Assert.That(run.Log, Does.Contain("demo: without_price 5 of 20, limit 5"));

        var metrics = (await _engine.Host.Metrics.Registry.ReadAsync()).Families["cartrecovery_data_quality_exceeded"].Samples.ToDictionary(sample => $"{sample.Labels.Single().Value}", sample => sample.Value);
        Assert.That((metrics["without_price"], metrics["future"]), Is.EqualTo((1.0, 0.0)));
        Assert.That((await RunAsync("data-quality")).Log, Does.Not.Contain("demo: without_price"), "it is said once");
        var own = (await _engine.GetAsync("/v1/data-quality?limit=1", OtherKey)).Json;
        Assert.That((own.GetProperty("items")[0].GetProperty("events").GetInt64(), own.GetProperty("next").ValueKind), Is.EqualTo((40L, JsonValueKind.String)).Or.EqualTo((80L, JsonValueKind.String)));

        (long, long, bool) Of(string check) => (checks[check].GetProperty("count").GetInt64(), checks[check].GetProperty("of").GetInt64(), checks[check].GetProperty("exceeded").GetBoolean());
    }

    [Test]
    public async Task The_features_of_carts_are_measured()
    {
        await SendAsync(EventJson.Array(Enumerable.Range(0, 40).Select(i => EventJson.Of($"f{i}", "add_to_cart", $""","productId":"p1","quantity":2,"price":{i + 1}"""))), OtherKey);
        Assert.That((await RunAsync("feature-stats")).Outcome, Is.EqualTo("succeeded"));

        var profile = (await _engine.GetAsync("/v1/features/stats", OtherKey)).Json.GetProperty("items")[0];
        var features = profile.GetProperty("features").EnumerateArray().ToDictionary(feature => feature.GetProperty("name").GetString()!);
        Assert.That((profile.GetProperty("carts").GetInt32(), features.Keys), Is.EqualTo((40, FeatureTable.Names)));
        Assert.That(features["event_count"].GetProperty("quantiles").GetArrayLength(), Is.EqualTo(profile.GetProperty("probabilities").GetArrayLength()));
        Assert.That((features["item_count"].GetProperty("count").GetInt32(), features["item_count"].GetProperty("mean").GetDouble()), Is.EqualTo((40, 2.0)).Or.EqualTo((40, 3.0)));
        Assert.That((await _engine.GetAsync("/v1/features/stats")).Json.GetProperty("items").GetArrayLength(), Is.Zero, "too few carts");
    }

    [Test]
    public async Task Dependencies_are_probed_and_failures_are_in_the_health()
    {
        Assert.That((await RunAsync("health-checks")).Outcome, Is.EqualTo("succeeded"));
        File.Delete(_scratch.PathOf("sent.ndjson"));
        var failed = await RunAsync("health-checks");
        Assert.That(failed.Steps.Select(step => $"{step.Name} {step.Outcome}"), Is.EqualTo(new[] { "control-database succeeded", "disk succeeded", "sinks failed" }));
        Assert.That((failed.Outcome, failed.Problem), Is.EqualTo(("failed", failed.Problem)));
        Assert.That(failed.Problem, Does.StartWith("sinks: IOException: crm: ").And.Contain("was deleted"));
        var part = (await _engine.GetAsync("/health")).Json.GetProperty("parts").GetProperty("jobs");
        Assert.That(part.GetProperty("detail").GetString(), Does.StartWith("failed: health-checks"));
        Assert.That(Directory.EnumerateFiles(_engine.Host.Config.Data, "probe*"), Is.Empty);
    }

    async Task SendAsync(string events, string key = InProcessEngine.Secret)
    {
        var sent = await _engine.PostAsync("/v1/events", events, key);
        Assert.That(sent.Status, Is.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.Accepted), sent.Body);
    }

    async Task<JobRun> RunAsync(string name)
    {
        var jobs = _engine.Host.Jobs.Control;
        var id = await jobs.StartAsync((await jobs.FindAsync(name))!, "cli", address: null);
        JobRun? run = null;
        await Eventually.Is(() => (run = jobs.RunAsync(name, id).GetAwaiter().GetResult()) is not { Outcome: JobOutcome.Waiting or JobOutcome.Running }, $"{name} runs");
        await Eventually.Is(() => _engine.Host.Jobs.Jobs.Single(job => job.Name == name) is { Lease: null, Last: not null }, "the engine knows it");
        return run!;
    }
}
