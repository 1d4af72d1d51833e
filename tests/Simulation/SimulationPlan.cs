using System.Runtime.CompilerServices;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Simulation;

/// <summary>The setup of a simulation's partitions by seed: small pages, small stores, and short checkpoint intervals.</summary>
sealed class SimulationPlan
{
    static readonly CampaignSet s_campaigns = TestCampaigns.Compile(
        TestStages.OnEvent("coupon", "coupon_applied"),
        TestStages.OnScore("keen", above: 0.06, below: null, new ConditionConfig { Feature = "item_views", AtLeast = 2 }),
        TestStages.OnIdle("left", Duration.FromMinutes(1), new ConditionConfig { Feature = "item_count", AtLeast = 1 }),
        TestStages.OnIdle("left-longer", Duration.FromMinutes(10)));

    readonly string _folder;
    readonly JournalLayout _layout;
    readonly bool _spills;
    readonly bool _keepsAll;
    readonly long _window;
    readonly int _rows;
    readonly int _commitBytes;
    readonly TimeSpan _checkpointInterval;

    public SimulationPlan(Random random, string folder)
    {
        _folder = folder;

        // All decisions of a batch must fit in a page.
        var pageSize = random.Next(3) == 0 ? 8 * 1024 : 16 * 1024;
        Carts = pageSize < 16 * 1024 ? 4 : 10;
        _layout = new JournalLayout(pageSize << random.Next(2), pageSize);
        _spills = random.Next(2) == 0;
        _keepsAll = random.Next(2) == 0;
        _window = random.Next(20, 300) * 1000L;
        _rows = random.Next(4) == 0 ? 3 : 64;
        _commitBytes = 1 << random.Next(9, 14);
        _checkpointInterval = TimeSpan.FromMilliseconds(random.Next(200, 20_000));
        DedupWindow = TimeSpan.FromMinutes(random.Next(20, 60));
    }

    /// <summary>The number of carts.</summary>
    public int Carts { get; }

    /// <summary>How long an event id is remembered.</summary>
    public TimeSpan DedupWindow { get; }

    /// <summary>A partition that crashes; in half of the seeds most of its records are on disk.</summary>
    public PipelineOptions Live(Func<int, JournalDevice> device) => Options(device, "live", _spills);

    /// <summary>A partition that never crashes.</summary>
    public PipelineOptions Reference() => Options(_ => throw new NotSupportedException(), "reference", spills: false);

    /// <summary>The folder of a partition's checkpoints.</summary>
    public string CheckpointsOf(int partition) => Path.Combine(_folder, "live", "checkpoints", $"{partition}");

    PipelineOptions Options(Func<int, JournalDevice> device, string folder, bool spills) => new()
    {
        Stores = TestStages.Stores,
        Serving = ServingPlan.Of(TestStages.Model),
        Campaigns = s_campaigns,
        WindowMilliseconds = _window,
        BatchRows = _rows,
        Carts = spills ? new RecordStoreSize(14, 12, 64) : RecordStoreSize.For(1, Unsafe.SizeOf<CartRecord>()),
        Customers = spills ? new RecordStoreSize(12, 10, 64) : RecordStoreSize.For(1, Unsafe.SizeOf<CustomerRecord>()),
        Timers = 1000,
        DedupWindow = DedupWindow,
        DedupBytes = 32 * 1024,
        DataFolder = Path.Combine(_folder, folder),
        Journal = new JournalOptions
        {
            Stores = new JournalStores("demo"u8.ToArray()),
            Layout = _layout,
            CommitAge = TimeSpan.FromMilliseconds(5),
            CommitBytes = _commitBytes,
            CheckpointInterval = _checkpointInterval,
            RetentionAge = _keepsAll ? TimeSpan.FromDays(100) : TimeSpan.Zero,
            RetentionBytes = _keepsAll ? long.MaxValue : 0,
            CheckpointsKept = 2,
            CheckpointFolder = CheckpointsOf,
            Device = device,
            CursorFile = _ => null,
        },
    };
}
