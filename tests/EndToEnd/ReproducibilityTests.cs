using System.Text.Json;
using System.Text.RegularExpressions;
using CartRecovery.Bench.Load;
using CartRecovery.Tests.Support;
using CartRecovery.Tests.Telemetry;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>
/// Sends a real shop's night to four fresh engines with the same times: twice over WebSocket, once over TCP, and once as MessagePack
/// arrays. All results must match the reference and each other.
/// </summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed partial class ReproducibilityTests
{
    const int SampledCarts = 300;

    static readonly EngineConfig s_config = new()
    {
        Campaigns = """
            [
              { name: bought, trigger: { event: purchase }, action: { type: reminder }, channel: out, message: "Thank you." },
              { name: keen, trigger: { score: { above: 0.1 } }, when: [{ feature: item_views, atLeast: 4 }], action: { type: urgency }, channel: out, message: "Ending soon." }
            ]
            """,
        Sinks = "{ out: { type: file, path: out.ndjson } }",
    };

    ShopSample _sample = null!;
    IReadOnlyList<string> _chosen = null!;
    Run _first = null!;
    Run _second = null!;
    Run _overTcp = null!;
    Run _inMessagePack = null!;

    /// <summary>One engine's results for the log.</summary>
    sealed record Run(
        long Acked,
        MetricsPage Metrics,
        string MetricsText,
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Features,
        IReadOnlyDictionary<string, double> Scores,
        IReadOnlyDictionary<string, string> Interventions);

    [OneTimeSetUp]
    public async Task Replay()
    {
        var now = TimeProvider.System.GetUtcNow();
        _sample = ShopSample.Read(now);
        _chosen = _sample.Choose(SampledCarts);
        _first = await RunAsync(OverWebSocketAsync);
        _second = await RunAsync(OverWebSocketAsync);
        _overTcp = await RunAsync(async engine => await EventStream.LinesAsync(engine.StreamEndPoint));
        _inMessagePack = await RunAsync(async engine => await EventStream.MessagePackAsync(engine.StreamEndPoint), perMessage: 50);
    }

    [Test]
    public void Every_event_is_received_processed_and_acknowledged()
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var run in new[] { _first, _second, _overTcp, _inMessagePack })
            {
                Assert.That(run.Acked, Is.EqualTo(17_434));
                Assert.That(run.Metrics.Received, Is.EqualTo(17_434));
                Assert.That(run.Metrics.Processed + run.Metrics.Rejected, Is.EqualTo(17_434));
                Assert.That(run.Metrics.Rejected, Is.Zero);
                Assert.That(run.Metrics.Sum("cartrecovery_carts_created_total"), Is.EqualTo(_sample.Carts.Count));
                Assert.That(run.Metrics.Sum("cartrecovery_event_latency_seconds_count"), Is.EqualTo(17_434));
                Assert.That(run.Metrics.Sum("cartrecovery_predictions_total"), Is.GreaterThanOrEqualTo(17_434));
            }

            Assert.That(_first.Metrics.By("cartrecovery_events_received_total", "protocol")["websocket"], Is.EqualTo(17_434));
            Assert.That(_overTcp.Metrics.By("cartrecovery_events_received_total", "protocol")["tcp"], Is.EqualTo(17_434));
            Assert.That(_inMessagePack.Metrics.By("cartrecovery_events_received_total", "protocol")["tcp"], Is.EqualTo(17_434));
        }
    }

    [Test]
    public void Features_match_the_log()
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var cart in _chosen)
            {
                foreach (var (feature, expected) in _sample.FeaturesOf(cart))
                {
                    Assert.That(_first.Features[cart][feature], Is.EqualTo(expected).Within(0.001 + (Math.Abs(expected) * 1e-6)), $"{feature} of {cart}");
                }
            }
        }
    }

    [Test]
    public void A_second_run_reproduces_features_and_scores() => AssertSameCarts(_second);

    [Test]
    public void TCP_and_WebSocket_give_the_same_features_and_scores() => AssertSameCarts(_overTcp);

    [Test]
    public void MessagePack_and_JSON_give_the_same_features_and_scores() => AssertSameCarts(_inMessagePack);

    [Test]
    public void MessagePack_and_JSON_give_the_same_decisions() =>
        Assert.That(_inMessagePack.Interventions, Is.EqualTo(_first.Interventions));

    [Test]
    public void A_second_run_reproduces_the_decisions() => Assert.That(_second.Interventions, Is.EqualTo(_first.Interventions));

    [Test]
    public void TCP_and_WebSocket_give_the_same_decisions() => Assert.That(_overTcp.Interventions, Is.EqualTo(_first.Interventions));

    [Test]
    public void Every_kind_of_campaign_fired() =>
        Assert.That(_first.Interventions.Values.Select(CampaignOf).Distinct(), Is.EquivalentTo(new[] { "bought", "keen" }));

    [Test]
    public void Promtool_accepts_the_metrics_of_a_night() => Promtool.Passes(["check", "metrics"], _first.MetricsText);

    [Test]
    public void No_metric_is_labelled_with_a_cart_or_a_person()
    {
        var labels = Label().Matches(_first.MetricsText);
        string[] allowed = ["protocol", "code", "model", "channel", "action", "outcome", "reason", "queue", "sink", "state", "le", "generation", "reader", "group", "limit", "field", "evidence", "job_name", "integration",
            "store", "currency", "quota", "check", "alias", "kind", "verdict", "partition", "cpu", "mode", "interface", "direction", "service", "part"];

        Assert.That(labels.Select(label => label.Groups["name"].Value).Distinct(), Is.Not.Empty.And.SubsetOf(allowed));
        Assert.That(labels.Select(label => label.Groups["value"].Value).Intersect(_sample.Ids, StringComparer.Ordinal), Is.Empty);
    }

    void AssertSameCarts(Run other)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var cart in _chosen)
            {
                Assert.That(other.Features[cart], Is.EqualTo(_first.Features[cart]), $"features of {cart}");
                Assert.That(other.Scores[cart], Is.EqualTo(_first.Scores[cart]), $"score of {cart}");
            }
        }
    }

    static async Task<EventStream> OverWebSocketAsync(RunningEngine engine) => await EventStream.WebSocketAsync(engine.Stream, EngineConfig.SecretKey);

    async Task<Run> RunAsync(Func<RunningEngine, Task<EventStream>> open, int perMessage = 1)
    {
        using var scratch = new Scratch();

        // Interventions' ids depend on the carts' keys, and these on the folder's secret.
        Directory.CreateDirectory(scratch.PathOf("data"));
        await File.WriteAllBytesAsync(scratch.PathOf("data/secret"), new byte[32]);
        await using var engine = await RunningEngine.StartAsync(scratch, s_config);
        await using var stream = await open(engine);
        foreach (var events in _sample.Events.Chunk(perMessage))
        {
            await stream.SendAsync(perMessage == 1 ? events[0] : [(byte)'[', .. events.SelectMany((one, i) => i == 0 ? one : [(byte)',', .. one]), (byte)']']);
        }

        await stream.AckedAsync(_sample.Events.Count);

        var features = new Dictionary<string, IReadOnlyDictionary<string, double>>(StringComparer.Ordinal);
        var scores = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var cart in _chosen)
        {
            features[cart] = await engine.FeaturesAsync(cart);
            scores[cart] = await engine.ScoreAsync(cart);
        }

        var metrics = await engine.Http.GetStringAsync("/metrics");
        await engine.StopAsync();
        var interventions = File.ReadLines(scratch.PathOf("out.ndjson"))
            .ToDictionary(line => Parse(line).GetProperty("id").GetString()!, StringComparer.Ordinal);
        return new Run(stream.Acked, MetricsPage.Parse(metrics), metrics, features, scores, interventions);
    }

    static JsonElement Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }

    static string CampaignOf(string line) => Parse(line).GetProperty("campaign").GetString()!;

    [GeneratedRegex("[{,](?<name>[a-zA-Z_]+)=\"(?<value>[^\"]*)\"")]
    private static partial Regex Label();
}
