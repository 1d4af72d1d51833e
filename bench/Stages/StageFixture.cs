using System.Buffers;
using System.Text.Json;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;

namespace CartRecovery.Bench.Stages;

/// <summary>Shared by the stage benchmarks: the shipped model and campaigns, and real events spread over many carts.</summary>
sealed class StageFixture : IDisposable
{
    /// <summary>The number of carts.</summary>
    public const int Carts = 100_000;

    readonly DecisionsConfig _decisions;
    readonly string _folder = Directory.CreateTempSubdirectory("cartrecovery-bench").FullName;

    public StageFixture(int batchRows = 256)
    {
        var catalog = new ConfigCatalog([Plugins.ConsoleSink.Spec], FeatureTable.Names);
        var config = ConfigLoader.Load(SourceTree.PathOf("config/cartrecovery.yaml"), catalog).Config
            ?? throw new InvalidOperationException("the shipped configuration has problems");
        Log = ShopLog.Read(SourceTree.PathOf("config/demo/rees46-2019-10-01.csv.gz"));
        (ModelPath, _decisions) = (config.ModelPath, config.Decisions);
        Model = OnnxModel.Load(ModelPath, FeatureTable.Names);
        Options = new PipelineOptions
        {
            DedupWindow = TimeSpan.FromHours(1),
            DedupBytes = 64 << 20,
            Stores = StoreCompiler.Compile(config.Stores).All,
            Serving = ServingPlan.Of(Model),
            Campaigns = CampaignCompiler.Compile(config.Decisions),
            WindowMilliseconds = (long)config.Decisions.Window.Value.TotalMilliseconds,
            BatchRows = batchRows,
            Carts = RecordStoreSize.For(512 << 20, 900),
            Customers = RecordStoreSize.For(64 << 20, 64),
            Timers = 1 << 20,
            CollectsCustomerEvents = false,
            DataFolder = _folder,
        };
        Rules = new EventRules("demo"u8.ToArray(), 0, IsServer: true, 32 * 1024, long.MaxValue / 4, long.MaxValue / 4);
    }

    public List<ShopEvent> Log { get; }

    public OnnxModel Model { get; }

    /// <summary>The model's file.</summary>
    public string ModelPath { get; }

    public PipelineOptions Options { get; }

    public EventRules Rules { get; }

    /// <summary>Compiles the shipped campaigns with models of their own.</summary>
    public CampaignSet CampaignsWith(ServingPlan plan) => CampaignCompiler.Compile(_decisions, Options.Stores, serving: plan);

    /// <summary>Creates native events as sent over the wire, spread over <see cref="Carts"/> carts.</summary>
    public byte[][] Messages(int count, int from = 0)
    {
        var messages = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            var e = Log[(from + i) % Log.Count];
            var json = new ArrayBufferWriter<byte>(256);
            using (var writer = new Utf8JsonWriter(json))
            {
                (e with { Session = $"cart-{(from + i) * 7919L % Carts:D8}", User = $"user-{(from + i) * 7919L % Carts:D8}" }).WriteTo(writer, e.At);
            }

            messages[i] = json.WrittenSpan.ToArray();
        }

        return messages;
    }

    public void Dispose()
    {
        Model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
