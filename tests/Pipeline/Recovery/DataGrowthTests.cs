using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Pipeline.Recovery;

/// <summary>
/// Twice the memory's carts pass through a journaled partition three times, then three times more, each round after the lifetime of the one
/// before, with checkpoints and two restarts in each. The data folder must stop growing, and every cart must stay right.
/// </summary>
public sealed class DataGrowthTests
{
    const int Memory = 1 << 20;
    const int Rounds = 6;
    const int Settled = 3;
    const int EventsALot = 500;
    const long Pace = EventReading.Day / 8;
    const long Lifetime = 2 * EventReading.Day;

    // Half of them is a number of whole lots.
    static readonly int s_carts = Memory / LogRecord<CartRecord>.Bytes / EventsALot * EventsALot * 2;
    static readonly TimeSpan s_deadline = Eventually.Deadline;

    Scratch _scratch = null!;
    PipelineOptions _options = null!;
    ManualTime _time = null!;
    long _largest;

    [SetUp]
    public void MakeFolder()
    {
        _scratch = new Scratch();
        _options = Options(_scratch.Folder);
        _time = new ManualTime(EventReading.Now);
        _largest = 0;
    }

    [TearDown]
    public void RemoveFolder() => _scratch.Dispose();

    [Test]
    public void Data_stops_growing_and_every_cart_is_right()
    {
        var largest = new List<long>();
        for (var round = 1; round <= Rounds; round++, _largest = 0)
        {
            PlayFirstHalf(round);
            PlaySecondHalf(round);
            largest.Add(_largest);
            _time.Advance(TimeSpan.FromMilliseconds(2 * Lifetime));
        }

        TestContext.Out.WriteLine($"largest in each round: {string.Join(", ", largest.Select(size => $"{size >> 10:N0} KB"))}");
        Assert.That(largest[0], Is.GreaterThan(2 * Memory), "the carts must not fit in memory");
        Assert.That(largest.Skip(Settled).Max(), Is.LessThan(largest.Take(Settled).Max() + (2 * Memory)),
            "the last three rounds need less than one round's carts more than the first three");
    }

    // Ends with a crash: the last lot is only in the journal, and its checkpoint has just begun.
    void PlayFirstHalf(int round)
    {
        using var partition = new Partition(_options, _time);
        for (var cart = 0; cart < s_carts / 2; cart += EventsALot)
        {
            if (cart > 0)
            {
                AwaitCheckpoint(partition);
            }

            Take(partition, round, cart);
        }

        AssertHolds(partition, round, s_carts / 2, events: 1);
        Assert.That(partition.Journal.WaitUntilDurable(s_deadline, TimeProvider.System), Is.True);
    }

    void PlaySecondHalf(int round)
    {
        using var partition = new Partition(_options, _time);
        Assert.That(partition.Replayed, Is.Positive);
        AssertHolds(partition, round, s_carts / 2, events: 1);
        for (var cart = s_carts / 2; cart < s_carts; cart += EventsALot)
        {
            Take(partition, round, cart);
            AwaitCheckpoint(partition);
        }

        // A second event for each cart; most are on disk.
        for (var cart = 0; cart < s_carts; cart += EventsALot)
        {
            Take(partition, round, cart);
        }

        AwaitCheckpoint(partition);
        AssertHolds(partition, round, s_carts, events: 2);
    }

    void Take(Partition partition, int round, int from)
    {
        _time.Advance(TimeSpan.FromMilliseconds(Pace));
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var events = Enumerable.Range(from, EventsALot).Select(i => new TestEvent("add_to_cart", now) { Cart = Name(round, i), Product = "p", Price = i + 1 });
        foreach (var some in events.Chunk(EventSlab.Capacity))
        {
            var slab = EventReading.Slab(some);
            slab.ReceivedAt = now;
            partition.Work.Take(slab);
        }

        partition.Work.EndBatch();
    }

    // Completes a checkpoint, then measures the folder.
    void AwaitCheckpoint(Partition partition)
    {
        var before = partition.Counters.Checkpoints;
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var isMade = SpinWait.SpinUntil(
            () =>
            {
                partition.Work.RunIdle(now);
                return partition.Counters.Checkpoints > before;
            },
            s_deadline);
        Assert.That(isMade, Is.True, partition.Work.CheckpointProblem);
        _largest = Math.Max(_largest, BytesIn(_scratch.Folder));
    }

    static void AssertHolds(Partition partition, int round, int carts, uint events)
    {
        for (var i = 0; i < carts; i++)
        {
            var found = partition.State.Stages.Find(EventReading.KeyOf(Name(round, i)));
            Assert.That((found?.EventCount, found?.ItemCount), Is.EqualTo(((uint?)events, (int?)events)), Name(round, i));
            Assert.That(partition.State.Stages.Find(EventReading.KeyOf(Name(round - 1, i))), Is.Null);
        }
    }

    static string Name(int round, int cart) => $"r{round}-{cart}";

    static long BytesIn(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    static PipelineOptions Options(string folder) =>
        TestJournal.Options(folder, TestCampaigns.Compile(), TimeSpan.FromMilliseconds(5), Memory, window: 0, Lifetime);

    /// <summary>A recovered partition, whose disposal is a crash: no last checkpoint is written.</summary>
    sealed class Partition : IDisposable
    {
        public Partition(PipelineOptions options, TimeProvider time)
        {
            var tail = new JournalTail();
            var recovered = new PartitionRecovery(0, options, new SlabPool(4), Counters, tail).Run(time, progress: null);
            (State, Journal, Replayed) = (recovered.State, recovered.Journal!, recovered.Report.Events);
            Work = new PartitionProcessor(0, options, State, Counters, Journal, tail, time);
            Work.Begin(recovered.Checkpoints, recovered.Handover, recovered.ReceivedAt);
        }

        public PartitionState State { get; }

        public PartitionJournal Journal { get; }

        public PartitionProcessor Work { get; }

        public PartitionCounters Counters { get; } = new();

        /// <summary>Events that were only in the journal.</summary>
        public long Replayed { get; }

        public void Dispose()
        {
            Work.Dispose();
            State.Dispose();
        }
    }
}
