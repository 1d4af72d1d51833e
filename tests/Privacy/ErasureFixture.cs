using System.Text;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Privacy;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Encryption;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Privacy;

/// <summary>A running set of journaled partitions on real files, with carts that do not fit in memory.</summary>
sealed class ErasureFixture : IDisposable
{
    public const int Partitions = 2;

    readonly EventRouter _router;
    readonly RecordingSource _source;
    bool _isStopped;

    /// <summary>Recovers and starts.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="memory">Memory for a partition's carts, in bytes.</param>
    public ErasureFixture(string folder, long memory = 1 << 20)
    {
        Set = new PartitionSet(Partitions, Options(folder, memory), TimeProvider.System, TimeSpan.Zero, workers: 2);
        Set.Recover();
        Set.Start();
        Erasure = new PartitionErasure(Set, () => TestStages.Stores);
        _source = new RecordingSource();
        _router = new EventRouter(Set, EventReading.AnyTime(), 2500, Protocol.Tcp, new IngestCounters(), _source, _source);
        _source.WhenProcessed = OnProcessed;
    }

    public PartitionSet Set { get; }

    public PartitionErasure Erasure { get; }

    /// <summary>Called on a partition's thread when events are acknowledged, with their number so far.</summary>
    public Action<long>? OnAcknowledged { get; set; }

    /// <summary>Submits events in the caller's form, without waiting for them.</summary>
    public void Send(IReadOnlyList<byte[]> events)
    {
        _router.BeginRead();
        foreach (var e in events)
        {
            _router.RouteJson(e);
        }

        Sent += events.Count;
        _router.SubmitAsync(default).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Number of events submitted by <see cref="Send"/>.</summary>
    public long Sent { get; private set; }

    /// <summary>Submits events, and waits until they are durable.</summary>
    public async Task SendAsync(params IEnumerable<TestEvent> events)
    {
        foreach (var part in events.Chunk(100))
        {
            _router.BeginRead();
            foreach (var e in part)
            {
                _router.RouteJson(e.ToUtf8());
            }

            await _router.SubmitAsync(default);
        }

        await Set.FlushAsync(default).WaitAsync(Eventually.Deadline);
    }

    public Task<PartitionErasureResult> EraseAsync(string user, IReadOnlyList<string>? carts = null, Action<string>? onStep = null)
    {
        for (var i = 0; i < Partitions; i++)
        {
            Set[i].Eraser.OnStep = onStep;
        }

        return Erasure.EraseAsync([new ErasedPerson(0, user, carts ?? [], [])], onStep is null ? null : new Steps(onStep), default);
    }

    /// <summary>Returns the bytes of carts; empty for one that is not there.</summary>
    public async Task<Dictionary<string, string>> StateAsync(IEnumerable<string> carts)
    {
        var state = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var cart in carts)
        {
            state[cart] = await Set.FindAsync(EventReading.KeyOf(cart), default).WaitAsync(Eventually.Deadline) is { } record ? Bytes(record) : "";
        }

        return state;
    }

    /// <summary>Stops the workers; the last checkpoint is made.</summary>
    public void Stop()
    {
        if (!_isStopped)
        {
            _isStopped = true;
            Set.Stop();
            Assert.That(Enumerable.Range(0, Partitions).Select(i => Set[i].Fault), Is.All.Null);
        }
    }

    public void Dispose()
    {
        Stop();
        Erasure.Dispose();
        Set.Dispose();
    }

    /// <summary>Returns where texts are found below a folder: in the bytes of files, and in what the journals' blocks hold.</summary>
    public static IEnumerable<string> Found(string folder, params string[] texts) =>
        [.. TestKeys.Found(folder, texts), .. TestKeys.FoundIn(Entries(folder).Select(e => ($"an entry of {e.Kind}", e.Raw)), texts)];

    /// <summary>Reads the journals' entries.</summary>
    public static IEnumerable<(EntryKind Kind, byte[] Raw)> Entries(string folder)
    {
        for (var i = 0; i < Partitions; i++)
        {
            using var device = new FileJournalDevice(JournalOf(folder, i), readOnly: true);
            var reader = new JournalReader(device, TestJournal.Layout);
            while (reader.TryNext(out var entry))
            {
                var raw = entry.Payload.ToArray();
                if (entry.Kind == EntryKind.Events)
                {
                    raw = JournalBlocks.RowsOf(raw);
                }

                yield return (entry.Kind, raw);
            }
        }
    }

    /// <summary>Exports the journals' events.</summary>
    public static string[] Export(string folder)
    {
        var views = Enumerable.Range(0, Partitions).Select(i => new JournalView(
            () => new FileJournalDevice(JournalOf(folder, i), readOnly: true), TestJournal.Layout, new JournalStores("demo"u8.ToArray())));
        using var output = new MemoryStream();
        new EventExport([.. views], new TimeRange(long.MinValue, long.MaxValue), keys: null).WriteTo(output, ExportFormat.Ndjson, CancellationToken.None);
        return Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public static string CheckpointsOf(string folder, int partition) => Path.Combine(folder, $"checkpoints.{partition}");

    void OnProcessed(int partition, long upTo)
    {
        _source.Processed.Clear();
        _router.Progress.Complete(partition, upTo);
        OnAcknowledged?.Invoke(_router.Progress.UpTo);
    }

    static string JournalOf(string folder, int partition) => Path.Combine(folder, $"journal.{partition}");

    static string Bytes(CartRecord record) => Convert.ToHexString(System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<CartRecord>(in record)));

    static PipelineOptions Options(string folder, long memory)
    {
        var campaigns = TestCampaigns.Compile(TestStages.OnEvent("added", "add_to_cart"), TestStages.OnIdle("left", Duration.FromMinutes(3)));
        var one = TestJournal.Options(folder, campaigns, keepsAll: true, memory: memory);
        return new PipelineOptions
        {
            Stores = one.Stores,
            Serving = one.Serving,
            Campaigns = one.Campaigns,
            WindowMilliseconds = one.WindowMilliseconds,
            BatchRows = one.BatchRows,
            Carts = one.Carts,
            Customers = one.Customers,
            Timers = (int)Math.Max(one.Timers, memory / 256),
            DedupWindow = one.DedupWindow,
            DedupBytes = Math.Max(one.DedupBytes, memory / 4),
            DataFolder = folder,
            Journal = new JournalOptions
            {
                Stores = one.Journal!.Stores,
                Layout = TestJournal.Layout,
                CommitAge = TimeSpan.FromMilliseconds(5),
                CommitBytes = 64 * 1024,
                CheckpointInterval = TimeSpan.FromDays(1),
                RetentionAge = TimeSpan.FromDays(3650),
                RetentionBytes = long.MaxValue,
                CheckpointsKept = 2,
                CheckpointFolder = i => CheckpointsOf(folder, i),
                Device = i => new FileJournalDevice(JournalOf(folder, i)),
                CursorFile = _ => null,
            },
        };
    }

    // At once, unlike Progress.
    sealed class Steps(Action<string> onStep) : IProgress<string>
    {
        public void Report(string value) => onStep(value);
    }
}
