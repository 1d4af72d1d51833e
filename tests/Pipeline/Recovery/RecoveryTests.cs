using System.Buffers;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Learning.Datasets;
using CartRecovery.Tests.Simulation;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Pipeline.Recovery;

/// <summary>
/// Plays a real shop's night through a journaled partition on real files: uninterrupted, and with many crashes and checkpoints. The
/// resulting state must be identical byte for byte.
/// </summary>
public sealed class RecoveryTests
{
    const int EventsASlab = 200;
    static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    static readonly List<EventSlab> s_slabs = Read();

    // The same for every run: a slab keeps its run.
    static readonly RecordingSource[] s_sources = [.. Enumerable.Range(1, 3).Select(id => new RecordingSource { ConnectionId = id })];

    RunResult _undisturbed = null!;

    [OneTimeSetUp]
    public void PlayOnce()
    {
        _undisturbed = Play(lives: 1, memory: 16 << 20, checkpoints: false);
        Assert.That(_undisturbed.Interventions, Has.Count.GreaterThan(500).And.Unique);
    }

    [TestCase(9, 16 << 20, false)]
    [TestCase(9, 16 << 20, true)]
    [TestCase(30, 16 << 20, true)]
    public void Recovered_state_equals_the_state_without_a_crash(int lives, int memory, bool checkpoints) => IsTheSame(Play(lives, memory, checkpoints));

    [TestCase(9, false)]
    [TestCase(9, true)]
    public void Recovered_state_is_equal_with_most_carts_on_disk(int lives, bool checkpoints) =>
        IsTheSame(Play(lives, memory: 1 << 20, checkpoints));

    [TestCase(false)]
    [TestCase(true)]
    public void Recovered_state_is_equal_after_the_store_was_removed(bool checkpoints) => IsTheSame(Play(9, 16 << 20, checkpoints, isRemoved: true));

    void IsTheSame(RunResult night)
    {
        Assert.That(StateBytes.Differences(night.State, _undisturbed.State), Is.Empty);
        Assert.That(night.Interventions, Is.EqualTo(_undisturbed.Interventions));
    }

    static RunResult Play(int lives, int memory, bool checkpoints, bool isRemoved = false)
    {
        using var scratch = new Scratch();
        var consumer = new RecordingConsumer();
        var time = new ManualTime(ShopLogSample.Events[^1].At);
        var options = Options(scratch.Folder, memory, checkpoints);
        var position = 0L;
        var random = new Random(lives);
        var told = 0L;
        Array.ForEach(s_sources, source => source.WhenProcessed = (_, upTo) => told = Math.Max(told, upTo));
        var fromCheckpoint = 0;
        var sentAgain = 0;
        var sent = 0;
        List<(string, byte[])> state = [];
        for (var life = 1; life <= lives; life++)
        {
            var counters = new PartitionCounters();
            var tail = new JournalTail();
            var recovered = new PartitionRecovery(0, options, new SlabPool(4), counters, tail).Run(time, progress: null);
            var cursor = consumer.Attach(tail, position);
            if (recovered.Report.Events < told * EventsASlab)
            {
                fromCheckpoint++;
            }

            var fault = default(Exception);
            using (recovered.State)
            using (var work = new PartitionProcessor(0, options, recovered.State, counters, recovered.Journal, tail, time) { OnFault = e => fault = e })
            {
                work.Begin(recovered.Checkpoints, recovered.Handover, recovered.ReceivedAt);
                sentAgain += sent - (int)told;
                for (sent = (int)told; sent < s_slabs.Count * life / lives; sent++)
                {
                    var slab = s_slabs[sent];
                    slab.EndRun(s_sources[sent % 3], sent + 1);
                    foreach (ref var e in slab.Records.AsSpan(0, slab.Count))
                    {
                        e.Flags &= ~EventFlags.Duplicate;
                    }

                    work.Take(slab);
                    if (random.Next(3) == 0)
                    {
                        work.EndBatch();
                    }

                    if (random.Next(10) == 0)
                    {
                        work.Commit();
                    }

                    time.Advance(TimeSpan.FromMilliseconds(1));
                }

                // At least one run leaves a checkpoint however busy the disk is. The worker rests only between batches.
                if (checkpoints && life == lives / 2)
                {
                    work.EndBatch();
                }

                var start = TimeProvider.System.GetTimestamp();
                while (checkpoints && life == lives / 2 && counters.Checkpoints == 0)
                {
                    if (TimeProvider.System.GetElapsedTime(start) > s_deadline)
                    {
                        throw new TimeoutException("No checkpoint was written.");
                    }

                    work.RunIdle(recovered.State.Stages.Now);
                    time.Advance(TimeSpan.FromMilliseconds(1));
                    Thread.Yield();
                }

                if (life == lives)
                {
                    work.EndBatch();
                    if (!recovered.Journal!.WaitUntilDurable(s_deadline, TimeProvider.System))
                    {
                        throw new TimeoutException("The journal did not become durable.");
                    }

                    state = StateBytes.Of(recovered.State, Carts(), []);
                }

                // The reader keeps up, and an abrupt end: only what is durable by then remains.
                consumer.Detach(cursor);
                position = cursor.Position;
            }

            Assert.That(fault, Is.Null);
        }

        if (isRemoved)
        {
            var without = Options(scratch.Folder, memory, checkpoints, new StoreTable([TestStages.Stores[0] with { IsRemoved = true }]));
            using var recovered = new PartitionRecovery(0, without, new SlabPool(4), new PartitionCounters(), new JournalTail()).Run(time, progress: null).State;
            state = StateBytes.Of(recovered, Carts(), []);
        }

        Assert.That(told, Is.EqualTo(s_slabs.Count));
        Assert.That(fromCheckpoint > 0, Is.EqualTo(checkpoints && lives > 1));
        Assert.That(sentAgain > 0, Is.EqualTo(lives > 1));
        return new RunResult(
            state,
            [.. consumer.Interventions.DistinctBy(i => i.Id).Select(i => JsonSerializer.Serialize(i, ContractsJson.Default.Intervention)).Order(StringComparer.Ordinal)]);
    }

    static PipelineOptions Options(string folder, int memory, bool checkpoints, StoreTable? stores = null) => TestJournal.Options(
        folder,
        TestCampaigns.Compile(
            TestStages.OnEvent("added", "add_to_cart"),
            TestStages.OnScore("keen", above: 0.06, below: null, new ConditionConfig { Feature = "item_views", AtLeast = 3 }),
            TestStages.OnIdle("left", Duration.FromMinutes(3), new ConditionConfig { Feature = "item_views", AtLeast = 4 })),
        checkpoints ? TimeSpan.FromMilliseconds(5) : null, memory, stores: stores);

    static IEnumerable<Hash128> Carts() => ShopLogSample.Events.Select(e => e.Session).Distinct(StringComparer.Ordinal).Select(EventReading.KeyOf);

    static List<EventSlab> Read()
    {
        var decoder = new JsonEventDecoder(EventReading.AnyTime());
        var json = new ArrayBufferWriter<byte>(512);
        var slabs = new List<EventSlab>();
        var watermark = 0L;
        foreach (var e in ShopLogSample.Events)
        {
            if (slabs.Count == 0 || slabs[^1].Count == EventsASlab)
            {
                slabs.Add(new EventSlab { ReceivedAt = e.At });
            }

            json.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(json))
            {
                e.WriteTo(writer, e.At);
            }

            var problem = decoder.Read(json.WrittenSpan);
            if (problem.IsError)
            {
                throw new InvalidDataException(problem.Message);
            }

            ref var kept = ref decoder.AppendTo(slabs[^1], json.WrittenSpan);
            kept.Watermark = watermark = Math.Max(watermark, kept.Timestamp);
        }

        return slabs;
    }

    sealed record RunResult(List<(string Name, byte[] Bytes)> State, List<string> Interventions);
}
