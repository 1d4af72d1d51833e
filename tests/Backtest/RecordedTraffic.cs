using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Learning.Datasets;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Backtest;

/// <summary>Real partitions' journals of a real shop's log, recorded live with the decisions made.</summary>
sealed class RecordedTraffic
{
    public const int Partitions = 2;

    static readonly JournalLayout s_layout = new(4 << 20, 1 << 20);
    static readonly JournalStores s_stores = new("demo"u8.ToArray());

    readonly string _folder = TestStages.NewFolder();

    /// <summary>The recorded campaigns: one of each kind, and two idle campaigns.</summary>
    public static readonly CampaignConfig[] Campaigns =
    [
        TestStages.OnEvent("added", "add_to_cart"),
        TestStages.OnEvent("bought", "purchase"),
        TestStages.OnScore("keen", above: 0.06, below: null, new ConditionConfig { Feature = "item_views", AtLeast = 3 }),
        TestStages.OnIdle("left", Duration.FromMinutes(3), new ConditionConfig { Feature = "item_views", AtLeast = 4 }),
        TestStages.OnIdle("left-longer", Duration.FromMinutes(15), new ConditionConfig { Feature = "highest_seen_price", Above = 300 }),
    ];

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    /// <summary>The log's events, followed by a much later one that makes the last carts go idle.</summary>
    public static IReadOnlyList<byte[]> Messages { get; } = [.. ShopLogSample.Events.Select(ShopLogSample.ToJson), .. Closing()];

    /// <summary>When the log's events occurred and were received.</summary>
    public static (long First, long Last) Times => (ShopLogSample.Events[0].At, ShopLogSample.Events[^1].At);

    /// <summary>Every delivered decision with all its fields.</summary>
    public RecordingConsumer Consumer { get; } = new();

    /// <summary>Plays the log through the partitions.</summary>
    /// <param name="quiet">Ends with ten minutes without events, so that ticks advance time; otherwise with much later events.</param>
    /// <param name="eventsARead">How many events arrive together.</param>
    /// <param name="plans">The models of each of <paramref name="series"/>; null for the shipped one.</param>
    /// <param name="series">Campaigns that take effect one after another, in equal parts of the log; null for <see cref="Campaigns"/>.</param>
    public static async Task<RecordedTraffic> RecordAsync(bool quiet, int eventsARead = 100, IReadOnlyList<DecisionsConfig>? series = null, IReadOnlyList<ServingPlan>? plans = null)
    {
        var traffic = new RecordedTraffic { Events = quiet ? ShopLogSample.Events.Count : Messages.Count, EventsARead = eventsARead };
        await traffic.WriteAsync(quiet, series?.Select((decisions, i) => Compile(decisions, plans?[i])).ToArray() ?? []);
        return traffic;
    }

    /// <summary>The number of events.</summary>
    public int Events { get; private init; }

    int EventsARead { get; init; }

    /// <summary>The journals of all partitions.</summary>
    public JournalView[] Journals() =>
        [.. Enumerable.Range(0, Partitions).Select(i => new JournalView(() => new FileJournalDevice(FolderOf(i), readOnly: true), s_layout, s_stores))];

    /// <summary>Replays the journals.</summary>
    public ReplayReport Replay(
        int lanes = 1, TimeRange? range = null, IEnumerable<CampaignConfig>? campaigns = null, OnnxModel? model = null, int threads = 2, ReplayScope? scope = null) =>
        Replay([.. Journals().Select(j => new JournalStream(j))], lanes, range, campaigns, model, threads, scope);

    /// <summary>Replays the given streams.</summary>
    public static ReplayReport Replay(
        IReadOnlyList<IReplayStream> streams, int lanes = 1, TimeRange? range = null, IEnumerable<CampaignConfig>? campaigns = null,
        OnnxModel? model = null, int threads = 2, ReplayScope? scope = null) =>
        new Replay(streams, lanes, threads, PipelineOptionsOf(campaigns ?? Campaigns, model), scope).Run(range ?? TimeRange.Everything, default);

    /// <summary>Replays the journals by the campaigns that they record, and by the recorded versions of models that are found.</summary>
    public ReplayReport ReplayRecorded(int lanes, Func<string, ServedModel?>? find = null) =>
        new Replay([.. Journals().Select(j => new JournalStream(j))], lanes, threads: 2,
            PipelineOptionsOf(Campaigns, model: null, readCampaigns: record => CampaignCompiler.Compile(record, TestStages.Stores, find)))
        .Run(TimeRange.Everything, default);

    /// <summary>Exports the journals' events.</summary>
    public byte[] Export(ExportFormat format, TimeRange? range = null, int? store = null)
    {
        using var output = new MemoryStream();
        new EventExport(Journals(), range ?? TimeRange.Everything, store).WriteTo(output, format, default);
        return output.ToArray();
    }

    static CampaignSet Compile(DecisionsConfig decisions, ServingPlan? plan) => CampaignCompiler.Compile(
        decisions, TestStages.Stores, ConfigurationRecord.Write(decisions, new ContactConfig(), TestStages.Stores, serving: plan?.Record), serving: plan);

    async Task WriteAsync(bool quiet, CampaignSet[] series)
    {
        var time = new ManualTime(Times.First);
        var options = PipelineOptionsOf(Campaigns, model: null, new JournalOptions
        {
            Stores = s_stores,
            Layout = s_layout,
            CommitAge = TimeSpan.FromMilliseconds(1),
            CommitBytes = 64 << 10,
            CheckpointInterval = TimeSpan.FromDays(1),
            RetentionAge = TimeSpan.FromDays(1000),
            RetentionBytes = 1L << 40,
            CheckpointsKept = 2,
            CheckpointFolder = i => Path.Combine(_folder, "checkpoints", $"{i}"),
            Device = i => new FileJournalDevice(FolderOf(i)),
            CursorFile = _ => null,
        });
        options.Campaigns = series.FirstOrDefault() ?? options.Campaigns;
        using var set = new PartitionSet(Partitions, options, time, TimeSpan.Zero);
        for (var i = 0; i < Partitions; i++)
        {
            Consumer.Attach(set[i].Tail);
        }

        set.Start();
        var source = new RecordingSource { ConnectionId = 7 };
        var router = new EventRouter(set, EventReading.AnyTime(), 2500, Protocol.WebSocket, new IngestCounters(), source, source);
        for (var from = 0; from < Events; from += EventsARead)
        {
            var campaigns = series.Length == 0 ? options.Campaigns : series[(int)((long)from * series.Length / Events)];
            if (campaigns != options.Campaigns)
            {
                await set.FlushAsync(default).WaitAsync(Eventually.Deadline);
                options.Campaigns = campaigns;
            }

            router.BeginRead(ReceivedAt(from));
            foreach (var message in Messages.Take(Events).Skip(from).Take(EventsARead))
            {
                router.RouteJson(message);
            }

            await router.SubmitAsync(default);
        }

        await set.FlushAsync(default).WaitAsync(Eventually.Deadline);
        if (quiet)
        {
            time.Advance(TimeSpan.FromMilliseconds(Times.Last - Times.First + (10 * EventReading.Minute)));
            await Eventually.Is(() => Consumer.Interventions.Any(i => i.DecidedAt.ToUnixTimeMilliseconds() > Times.Last + (5 * EventReading.Minute)),
                "carts go idle");
        }

        set.Stop();
        Assert.That(source.Rejected, Is.Empty);
    }

    static PipelineOptions PipelineOptionsOf(IEnumerable<CampaignConfig> campaigns, OnnxModel? model, JournalOptions? journal = null, Func<ReadOnlyMemory<byte>, CampaignSet?>? readCampaigns = null)
    {
        var options = TestStages.Options(campaigns, Window, batchRows: 64);
        return new PipelineOptions
        {
            Stores = options.Stores,
            Serving = model is null ? options.Serving : ServingPlan.Of(model),
            Campaigns = options.Campaigns,
            WindowMilliseconds = options.WindowMilliseconds,
            Scored = options.Scored,
            BatchRows = options.BatchRows,
            Carts = options.Carts,
            Customers = options.Customers,
            Timers = options.Timers,
            DedupWindow = options.DedupWindow,
            DedupBytes = options.DedupBytes,
            CollectsCustomerEvents = journal is not null,
            DataFolder = options.DataFolder,
            Journal = journal,
            ReadCampaigns = readCampaigns,
        };
    }

    string FolderOf(int partition) => Path.Combine(_folder, "journal", $"{partition}");

    /// <summary>When an event was received: the time of the last event of its read.</summary>
    public long ReceivedAt(int message) => TimeOf(Math.Min((message / EventsARead * EventsARead) + EventsARead, Events) - 1);

    static long TimeOf(int message) => message < ShopLogSample.Events.Count ? ShopLogSample.Events[message].At : ClosingAt;

    static long ClosingAt => Times.Last + (2 * 60 * EventReading.Minute);

    static IEnumerable<byte[]> Closing() => Enumerable.Range(0, 20).Select(i =>
        new TestEvent("consent", ClosingAt) { Id = $"close {i}", Cart = $"close {i}" }.ToUtf8());
}
