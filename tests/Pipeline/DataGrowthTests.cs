using CartRecovery.Engine.Events;
using System.Runtime.CompilerServices;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Pipeline;

/// <summary>
/// Twice the memory's carts pass through a journaled partition again and again, each lot after the end of the one before, with checkpoints
/// and a crash in each. The data folder must stop growing, and every cart must stay right.
/// </summary>
public sealed class DataGrowthTests
{
    const int Memory = 1 << 20;
    const int Rounds = 6;
    const int EventsASlab = 200;
    const long Hour = EventReading.Day / 24;
    const long Lifetime = 2 * EventReading.Day;
    static readonly int s_carts = 2 * Memory / LogRecord<CartRecord>.Bytes / EventsASlab * EventsASlab;
    static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    [Test]
    public void Data_stops_growing_and_every_cart_is_right()
    {
        using var scratch = new Scratch();
        var options = Options(scratch.Folder);
        var time = new ManualTime(EventReading.Now);
        var sizes = new List<long>();
        for (var round = 1; round <= Rounds; round++)
        {
            // The first half ends with a crash between two checkpoints.
            Run(options, time, round, isFirst: true);
            Run(options, time, round, isFirst: false);
            sizes.Add(Directory.EnumerateFiles(scratch.Folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length));
            time.Advance(TimeSpan.FromMilliseconds(2 * Lifetime));
        }

        TestContext.Out.WriteLine(string.Join(", ", sizes.Select(size => $"{size >> 10} KB")));
        Assert.That(sizes.Skip(3).Max(), Is.LessThan(1.3 * sizes[2]), "the data folder has stopped growing");
    }

    static void Run(PipelineOptions options, ManualTime time, int round, bool isFirst)
    {
        var counters = new PartitionCounters();
        var tail = new JournalTail();
        var recovered = new PartitionRecovery(0, options, new SlabPool(4), counters, tail).Run(time, progress: null);
        using var state = recovered.State;
        using var work = new PartitionProcessor(0, options, state, counters, recovered.Journal, tail, time);
        work.Begin(recovered.Checkpoints, recovered.Handover, recovered.ReceivedAt);
        if (!isFirst)
        {
            AssertHolds(state, round, s_carts / 2, events: 1);
        }

        for (var (cart, until) = isFirst ? (0, s_carts / 2) : (s_carts / 2, s_carts); cart < until; cart += EventsASlab)
        {
            Take(work, time, round, cart, until: cart + EventsASlab);
            AwaitCheckpoint(work, counters, time);
        }

        // A second event for each cart; most are on disk.
        for (var cart = 0; !isFirst && cart < s_carts; cart += EventsASlab)
        {
            Take(work, time, round, cart, cart + EventsASlab);
        }

        if (!isFirst)
        {
            AwaitCheckpoint(work, counters, time);
        }

        AssertHolds(state, round, isFirst ? s_carts / 2 : s_carts, isFirst ? 1u : 2u);
        Assert.That(recovered.Journal!.WaitUntilDurable(s_deadline, TimeProvider.System), Is.True);
    }

    static void Take(PartitionProcessor work, ManualTime time, int round, int from, int until)
    {
        time.Advance(TimeSpan.FromMilliseconds(Hour));
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var slab = EventReading.Slab(Enumerable.Range(from, until - from).Select(i => new TestEvent("add_to_cart", now) { Cart = Name(round, i), Product = "p", Price = i + 1 }));
        slab.ReceivedAt = now;
        work.Take(slab);
        work.EndBatch();
    }

    static void AwaitCheckpoint(PartitionProcessor work, PartitionCounters counters, ManualTime time)
    {
        var (before, start) = (counters.Checkpoints, TimeProvider.System.GetTimestamp());
        while (counters.Checkpoints == before && TimeProvider.System.GetElapsedTime(start) < s_deadline)
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            work.RunIdle(time.GetUtcNow().ToUnixTimeMilliseconds());
            Thread.Yield();
        }

        Assert.That(counters.Checkpoints, Is.GreaterThan(before));
    }

    static void AssertHolds(PartitionState state, int round, int carts, uint events)
    {
        for (var i = 0; i < carts; i++)
        {
            var found = state.Stages.Find(EventReading.KeyOf(Name(round, i)));
            Assert.That((found?.EventCount, found?.ItemCount), Is.EqualTo(((uint?)events, (int?)events)), Name(round, i));
            Assert.That(state.Stages.Find(EventReading.KeyOf(Name(round - 1, i))), Is.Null);
        }
    }

    static string Name(int round, int cart) => $"{round}-{cart}";

    static PipelineOptions Options(string folder) => new()
    {
        Stores = TestStages.Stores,
        Model = TestStages.Model,
        Campaigns = TestCampaigns.Compile(),
        BatchRows = 256,
        WindowMilliseconds = 0,
        CartLifetimeMilliseconds = Lifetime,
        Carts = RecordStoreSize.For(Memory, Unsafe.SizeOf<CartRecord>()),
        Customers = RecordStoreSize.For(1 << 20, 128),
        Timers = 1 << 10,
        DedupWindow = TimeSpan.FromHours(1),
        DedupBytes = 1 << 20,
        DataFolder = folder,
        Journal = new JournalOptions
        {
            Stores = new JournalStores("demo"u8.ToArray()),
            Layout = new JournalLayout(1 << 20, 1 << 20),
            CommitAge = TimeSpan.FromMilliseconds(5),
            CommitBytes = 64 * 1024,
            CheckpointInterval = TimeSpan.FromMilliseconds(5),
            RetentionAge = TimeSpan.Zero,
            RetentionBytes = 0,
            CheckpointsKept = 2,
            CheckpointFolder = _ => Path.Combine(folder, "checkpoints"),
            Device = _ => new FileJournalDevice(Path.Combine(folder, "journal")),
            CursorFile = _ => null,
        },
    };
}
