using System.Runtime.InteropServices;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Learning.Datasets;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Pipeline;

/// <summary>
/// Replays a real shop's night: carts and decisions are independent of slab and batch boundaries and of the number of partitions.
/// </summary>
public sealed class DeterminismTests
{
    static readonly List<ShopEvent> s_log = ShopLog.Read(Path.Combine(Repository.Root, "config", "demo", "rees46-2019-10-01.csv.gz"));
    static readonly byte[][] s_messages = [.. s_log.Select(ShopLogSample.ToJson), .. Closing()];
    static readonly string[] s_carts = [.. s_log.Select(e => e.Session).Distinct(StringComparer.Ordinal)];

    Result _first = null!;

    [OneTimeSetUp]
    public void PlayOnce()
    {
        _first = Play(new Batching(EventsASlab: 256, BatchRows: 256, SlabsADecision: 1));
        Assert.That(s_carts, Has.Length.EqualTo(5066));
        Assert.That(_first.Campaigns.Distinct(), Is.EquivalentTo(new[] { "added", "keen", "left", "left-longer", "bought" }));
        Assert.That(_first.Interventions, Has.Length.GreaterThan(1000).And.Unique);
    }

    [Test]
    public void The_same_log_gives_the_same_bytes() => Same(Play(new Batching(EventsASlab: 256, BatchRows: 256, SlabsADecision: 1)));

    [TestCase(1, 1, 1)]
    [TestCase(1, 256, 100)]
    [TestCase(7, 16, 3)]
    [TestCase(100, 64, 1000)]
    [TestCase(256, 17, 1)]
    public void Slab_and_batch_boundaries_make_no_difference(int eventsASlab, int batchRows, int slabsADecision) =>
        Same(Play(new Batching(eventsASlab, batchRows, slabsADecision)));

    [Test]
    public void Carts_in_memory_and_on_disk_give_the_same_results() =>
        Same(Play(new Batching(EventsASlab: 256, BatchRows: 64, SlabsADecision: 1, Memory: 1 << 20)));

    [TestCase(2)]
    [TestCase(5)]
    public void Decisions_are_independent_of_the_number_of_partitions(int partitions)
    {
        var other = Play(new Batching(EventsASlab: 100, BatchRows: 64, SlabsADecision: 1, Partitions: partitions));
        Assert.That(other.Interventions.Order(StringComparer.Ordinal), Is.EqualTo(_first.Interventions.Order(StringComparer.Ordinal)));
        Assert.That(other.Features.AsSpan().SequenceEqual(_first.Features), Is.True);
    }

    void Same(Result other)
    {
        Assert.That(other.Interventions, Is.EqualTo(_first.Interventions));
        Assert.That(other.Features.AsSpan().SequenceEqual(_first.Features), Is.True);
        Assert.That(other.Withheld, Is.EqualTo(_first.Withheld));
    }

    static Result Play(Batching cut)
    {
        var consumer = new RecordingConsumer();
        CampaignConfig[] campaigns =
        [
            TestStages.OnEvent("added", "add_to_cart"),
            TestStages.OnEvent("bought", "purchase"),
            TestStages.OnScore("keen", above: 0.06, below: null, new ConditionConfig { Feature = "item_views", AtLeast = 3 }),
            TestStages.OnIdle("left", Duration.FromMinutes(3), new ConditionConfig { Feature = "item_views", AtLeast = 4 }),
            TestStages.OnIdle("left-longer", Duration.FromMinutes(15), new ConditionConfig { Feature = "highest_seen_price", Above = 300 }),
        ];
        var options = TestStages.Options(campaigns, TimeSpan.FromMinutes(5), cut.BatchRows, memory: cut.Memory);
        using var pipeline = new PipelineFixture(options, cut.Partitions, receivedAt: 0, consumer);
        for (var i = 0; i < s_messages.Length; i++)
        {
            pipeline.ReceiveAt(ReceivedAt(i));
            pipeline.Router.RouteJson(s_messages[i]);
            if ((i + 1) % cut.EventsASlab == 0)
            {
                pipeline.Process();
            }

            if ((i + 1) % (cut.EventsASlab * cut.SlabsADecision) == 0)
            {
                pipeline.Decide();
            }
        }

        pipeline.Process();
        pipeline.Decide();
        Assert.That(pipeline.Rejected, Is.Empty);
        return new Result(
            consumer.Json, [.. consumer.Campaigns], FeaturesOf(pipeline), pipeline.Counters.Sum(c => c.WithheldByWindow));
    }

    // At the end of its minute: what is received together is part of the input, not of how it is cut.
    static long ReceivedAt(int message) =>
        ((message < s_log.Count ? s_log[message].At : s_log[^1].At + (2 * 60 * EventReading.Minute)) / EventReading.Minute * EventReading.Minute) + EventReading.Minute;

    // Every feature of every cart at its latest event.
    static byte[] FeaturesOf(PipelineFixture pipeline)
    {
        var vector = new FeatureVector(FeatureTable.Names);
        var clock = new StoreClock(TimeZoneInfo.Utc);
        var rows = new float[vector.Count * s_carts.Length];
        for (var i = 0; i < s_carts.Length; i++)
        {
            var key = EventReading.KeyOf(s_carts[i]);
            var cart = pipeline.StagesOf(key).Find(key) ?? throw new InvalidOperationException($"There is no cart {s_carts[i]}.");
            vector.Fill(cart, clock.At(cart.LastAt), rows.AsSpan(i * vector.Count));
        }

        return MemoryMarshal.AsBytes(rows.AsSpan()).ToArray();
    }

    // All partitions advance to the same time, long after the log's end, when all idle timers have fired.
    static IEnumerable<byte[]> Closing() => Enumerable.Range(0, 100).Select(i =>
        new TestEvent("consent", s_log[^1].At + 2 * 60 * EventReading.Minute) { Id = $"close {i}", Cart = $"close {i}" }.ToUtf8());

    sealed record Batching(int EventsASlab, int BatchRows, int SlabsADecision, int Partitions = 1, long Memory = 16 << 20);

    sealed record Result(string[] Interventions, string[] Campaigns, byte[] Features, long Withheld);
}
