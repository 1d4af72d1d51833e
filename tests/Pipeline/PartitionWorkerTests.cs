using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Migration;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline;

/// <summary>Many partitions on few workers.</summary>
public sealed class PartitionWorkerTests
{
    ManualTime _time = null!;

    [SetUp]
    public void SetClock() => _time = new ManualTime(Start);

    [Test]
    public void There_are_no_more_workers_than_partitions_and_processors()
    {
        using var one = new PartitionSet(1, TestStages.Options([], memory: 1 << 20), _time, TimeSpan.Zero);
        using var many = new PartitionSet(Environment.ProcessorCount + 1, TestStages.Options([], memory: 1 << 20), _time, TimeSpan.Zero);
        Assert.That((one.Workers, many.Workers), Is.EqualTo((1, Environment.ProcessorCount)));
    }

    [Test]
    public async Task A_partition_whose_batch_fills_delays_no_other()
    {
        using var set = Open(2, workers: 1, batchRows: 4, maxAge: TimeSpan.FromMinutes(10));
        set.Start();
        var (slow, other) = (new RecordingSource(), new RecordingSource());
        Send(set[0], slow, 1, Of("page_view"));
        Assert.That((await FindAsync(set[0], "c1"))?.EventCount, Is.EqualTo(1));
        for (var batch = 1; batch <= 20; batch++)
        {
            Send(set[1], other, batch, Of("page_view"), Of("page_view"), Of("page_view"), Of("page_view"));
            await Eventually.Is(() => other.Processed.Count == batch, "a full batch is processed");
            Assert.That((await FindAsync(set[1], "c1"))?.EventCount, Is.EqualTo(4 * batch));
        }

        await set[1].FlushAsync(default).WaitAsync(Eventually.Deadline);
        Assert.That(slow.Processed, Is.Empty);
        _time.Advance(TimeSpan.FromMinutes(10));
        await Eventually.Is(() => slow.Processed.Count == 1, "the old batch is processed");
    }

    [Test]
    public async Task A_partition_that_is_never_idle_starves_no_other()
    {
        using var set = Open(3, workers: 1);
        var isBusy = true;
        var busy = new RecordingSource();

        // Each batch that ends brings the next ones, on the worker itself.
        busy.WhenProcessed = (_, upTo) =>
        {
            if (Volatile.Read(ref isBusy))
            {
                set[0].Inbox.TryEnqueue(Slab(busy, upTo + 1, Full()));
            }
        };
        for (var i = 0; i < 100; i++)
        {
            Send(set[0], busy, 1, Full());
        }

        set.Start();
        var other = new RecordingSource();
        for (var round = 1; round <= 20; round++)
        {
            Send(set[1], other, round, Of("page_view"));
            await set[1].FlushAsync(default).WaitAsync(Eventually.Deadline);
            Assert.That(other.Processed, Has.Count.EqualTo(round));
            Assert.That(await FindAsync(set[2], "nobody's"), Is.Null);
            Assert.That(set[0].Inbox.Depth, Is.GreaterThan(16), "the other partition is busy");
        }

        Volatile.Write(ref isBusy, false);
        set.Stop();
        Assert.That(set.StopProblems, Is.Empty);
    }

    [Test]
    public async Task Carts_go_idle_in_every_partition()
    {
        const int Partitions = 5;
        var consumer = new RecordingConsumer();
        using var set = Open(Partitions, workers: 2, TestStages.OnIdle("left", Duration.FromMinutes(20)));
        for (var i = 0; i < Partitions; i++)
        {
            consumer.Attach(set[i].Tail);
            Send(set[i], new RecordingSource(), 1, Of("page_view") with { Cart = $"c{i}" });
        }

        set.Watermark.Raise(Start, Start);
        set.Start();
        await set.FlushAsync(default).WaitAsync(Eventually.Deadline);
        await Eventually.Is(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(10));
                return consumer.Taken.Count == Partitions;
            },
            "all carts are idle");
        Assert.That(consumer.Interventions.Select(i => i.CartId), Is.EquivalentTo(Enumerable.Range(0, Partitions).Select(i => $"c{i}")));
        Assert.That(consumer.Interventions.Select(i => i.DecidedAt.ToUnixTimeMilliseconds()), Is.All.EqualTo(Start + (20 * Minute)));
    }

    [Test]
    public async Task Every_partition_makes_checkpoints_and_a_last_one()
    {
        const int Partitions = 5;
        using var scratch = new Scratch();
        var source = new RecordingSource();
        using (var set = new PartitionSet(Partitions, Options(), TimeProvider.System, TimeSpan.Zero, workers: 2))
        {
            set.Start();
            var sent = 0;
            await Eventually.Is(
                () =>
                {
                    sent++;
                    for (var i = 0; i < Partitions; i++)
                    {
                        Send(set[i], source, sent, Of("page_view") with { Cart = $"c{sent}" });
                    }

                    return Enumerable.Range(0, Partitions).All(i => set[i].Counters.Checkpoints >= 2);
                },
                "two checkpoints of each partition");
            set.Stop();
            Assert.That((set.StopProblems, set.CheckpointProblem), Is.EqualTo((Array.Empty<string>(), (string?)null)));
            Assert.That(source.Processed, Has.Count.EqualTo(sent * Partitions));
        }

        using var again = new PartitionSet(Partitions, Options(), TimeProvider.System, TimeSpan.Zero, workers: 2);
        Assert.That(again.Recover().Select(report => report.Events), Is.All.Zero, "the last checkpoints have everything");

        PipelineOptions Options() => RecordedFolder.Options(scratch.Folder, checkpointInterval: TimeSpan.FromMilliseconds(1));
    }

    [Test]
    public async Task A_fault_ends_its_partition_and_no_other_of_the_worker()
    {
        using var set = Open(3, workers: 1);
        var fault = new TaskCompletionSource<Exception>();
        set[1].OnFault = fault.SetResult;
        set.Start();
        Send(set[1], new RecordingSource { WhenProcessed = (_, _) => throw new InvalidOperationException("The source is broken.") }, 1, Of("page_view"));
        Assert.That((await fault.Task.WaitAsync(Eventually.Deadline)).Message, Is.EqualTo("The source is broken."));

        var source = new RecordingSource();
        foreach (var other in new[] { set[0], set[2] })
        {
            Send(other, source, 1, Of("page_view"));
            await other.FlushAsync(default).WaitAsync(Eventually.Deadline);
            Assert.That((await FindAsync(other, "c1"))?.EventCount, Is.EqualTo(1));
        }

        set.Stop();
        Assert.That(Enumerable.Range(0, 3).Select(i => set[i].Fault is null), Is.EqualTo(new[] { true, false, true }));
        Assert.That(source.Processed, Has.Count.EqualTo(2));
    }

    PartitionSet Open(int partitions, int workers, params Engine.Configuration.Campaigns.CampaignConfig[] campaigns) =>
        new(partitions, TestStages.Options(campaigns, memory: 1 << 20), _time, TimeSpan.Zero, workers);

    PartitionSet Open(int partitions, int workers, int batchRows, TimeSpan maxAge) =>
        new(partitions, TestStages.Options([], batchRows: batchRows, memory: 1 << 20), _time, maxAge, workers);

    static Task<Engine.State.Carts.CartRecord?> FindAsync(Partition partition, string cart) =>
        partition.FindAsync(EventReading.KeyOf(cart), default).WaitAsync(Eventually.Deadline);

    static TestEvent[] Full() => [.. Enumerable.Range(0, EventSlab.Capacity).Select(i => Of("page_view") with { Cart = $"c{i}" })];

    void Send(Partition partition, RecordingSource source, long upTo, params TestEvent[] events) =>
        Assert.That(partition.Inbox.TryEnqueue(Slab(source, upTo, events)), Is.True);

    EventSlab Slab(RecordingSource source, long upTo, TestEvent[] events)
    {
        var slab = EventReading.Slab(events);
        slab.EndRun(source, upTo);
        (slab.ReceivedAt, slab.ReceivedTicks) = (_time.GetUtcNow().ToUnixTimeMilliseconds(), _time.GetTimestamp());
        return slab;
    }
}
