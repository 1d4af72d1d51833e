using System.Buffers;
using System.Text.Json;
using CartRecovery.Bench.Baselines;
using CartRecovery.Bench.Load;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Bench;

[TestFixture]
public sealed class PlainServerTests
{
    static readonly string s_model = Path.Combine(Repository.Root, "config", "models", "purchase.onnx");

    [Test]
    public async Task The_plain_server_scores_a_recorded_night_like_the_engine()
    {
        await using var server = await PlainServer.StartAsync(s_model, 0, lazyAcks: false);
        var log = ShopLog.Read(Path.Combine(Repository.Root, "config", "demo", "rees46-2019-10-01.csv.gz"));
        var compared = Compare(server, log.Select(Json));

        Assert.That(compared, Is.GreaterThan(15_000));
    }

    [Test]
    public async Task Removals_sessions_purchases_and_late_events_are_folded_like_the_engine()
    {
        await using var server = await PlainServer.StartAsync(s_model, 0, lazyAcks: false);
        string[] events =
        [
            """{"id":"1","type":"view_item","cartId":"c","sessionId":"a","productId":"p1","price":20,"ts":1732095600000}""",
            """{"id":"2","type":"add_to_cart","cartId":"c","sessionId":"a","productId":"p1","price":20,"quantity":3,"ts":1732095660000}""",
            """{"id":"3","type":"add_to_cart","cartId":"c","sessionId":"a","productId":"p2","price":7.5,"ts":1732095670000}""",
            """{"id":"4","type":"view_item","cartId":"c","sessionId":"a","productId":"p1","price":20,"ts":1732095640000}""",
            """{"id":"5","type":"remove_from_cart","cartId":"c","sessionId":"a","productId":"p1","quantity":2,"ts":1732095680000}""",
            """{"id":"6","type":"remove_from_cart","cartId":"c","sessionId":"a","productId":"p9","ts":1732095681000}""",
            """{"id":"7","type":"view_item","cartId":"c","sessionId":"b","productId":"p2","price":7.5,"ts":1732099680000}""",
            """{"id":"8","type":"purchase","cartId":"c","sessionId":"b","productId":"p2","price":27.5,"ts":1732099690000}""",
            """{"id":"9","type":"page_view","cartId":"d","ts":1732095600000}""",
            """{"id":"10","type":"page_view","cartId":"d","ts":1732099600000}""",
        ];

        Assert.That(Compare(server, events), Is.EqualTo(events.Length));
    }

    [Test]
    public async Task A_keen_shopper_receives_one_intervention()
    {
        await using var server = await PlainServer.StartAsync(s_model, 0, lazyAcks: false);
        using var scorer = server.CreateScorer();
        var log = ShopLog.Read(Path.Combine(Repository.Root, "config", "demo", "rees46-2019-10-01.csv.gz"));
        var events = log.Select(e => JsonSerializer.Deserialize(Json(e), PlainJson.Default.PlainEvent)!).ToArray();
        var steppedIn = events.Where(e => server.Take(e, scorer).StepIn).Select(e => e.CartId).ToArray();

        Assert.That(steppedIn, Is.Not.Empty);
        Assert.That(events.Where(e => steppedIn.Contains(e.CartId, StringComparer.Ordinal)).GroupBy(e => e.CartId, StringComparer.Ordinal),
            Has.All.Matches<IGrouping<string, PlainEvent>>(cart => cart!.Count(e => e.Type == "view_item") >= 4));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Every_event_is_acknowledged(bool lazyAcks)
    {
        await using var server = await PlainServer.StartAsync(s_model, 0, lazyAcks);
        var report = await LoadRun.RunAsync(
            new LoadOptions
            {
                Url = $"ws://127.0.0.1:{server.Port}/v1/stream",
                Metrics = "none",
                Connections = 2,
                Carts = 10,
                Rate = 2_000,
                Duration = "500ms",
                Events = RealEvents.File(),
            },
            TextWriter.Null, colour: false, CancellationToken.None);

        Assert.That((report.Sent, report.Acked), Is.EqualTo((1_000L, 1_000L)));
        Assert.That(report.Failures, Is.Empty);
    }

    // The reference: the engine's own decoder, fold, features and model, event by event.
    static int Compare(PlainServer server, IEnumerable<string> events)
    {
        using var model = OnnxModel.Load(s_model, FeatureTable.Names);
        using var expected = model.CreateScorer(1);
        using var scorer = server.CreateScorer();
        var vector = new FeatureVector(model.Features);
        var clock = new StoreClock(TimeZoneInfo.Utc);
        var decoder = new JsonEventDecoder(new EventRules("demo"u8.ToArray(), 0, IsServer: true, 32 * 1024, long.MaxValue / 4, long.MaxValue / 4));
        var slab = new EventSlab();
        var carts = new Dictionary<string, CartRecord>(StringComparer.Ordinal);
        var products = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        var compared = 0;
        foreach (var json in events)
        {
            var e = JsonSerializer.Deserialize(json, PlainJson.Default.PlainEvent)!;
            var bytes = System.Text.Encoding.UTF8.GetBytes(json);
            slab.Reset();
            Assert.That(decoder.Decode(bytes, e.Ts).IsError, Is.False);
            decoder.AppendTo(slab, bytes);
            var cart = carts.GetValueOrDefault(e.CartId);
            CartFold.Apply(ref cart, slab.Records[0], slab, CurrencyCode.Parse("USD"));
            carts[e.CartId] = cart;
            vector.Fill(cart, clock.At(e.Ts), expected.Row(0));

            if (!products.TryGetValue(e.CartId, out var seen))
            {
                products.Add(e.CartId, seen = new HashSet<string>(StringComparer.Ordinal));
            }

            if (e.ProductId is not null)
            {
                seen.Add(e.ProductId);
            }

            var score = server.Take(e, scorer).Score;

            // The engine's 64-bit product sketch may take a new product for a known one when two share a bit.
            if (System.Numerics.BitOperations.PopCount(cart.ProductSketch) == seen.Count)
            {
                Assert.That(scorer.Row(0).ToArray(), Is.EqualTo(expected.Row(0).ToArray()).Within(1e-4), json);
                Assert.That(score, Is.EqualTo(expected.Score(1)[0]).Within(1e-6), json);
                compared++;
            }
        }

        return compared;
    }

    static string Json(ShopEvent e)
    {
        var json = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(json))
        {
            e.WriteTo(writer, e.At);
        }

        return System.Text.Encoding.UTF8.GetString(json.WrittenSpan);
    }
}
