using System.Runtime.CompilerServices;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Batches;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Pipeline;

/// <summary>Parts for stages: the shipped model, small stores, and configured campaigns.</summary>
static class TestStages
{
    /// <summary>The shipped model, loaded once.</summary>
    public static OnnxModel Model { get; } =
        OnnxModel.Load(Path.Combine(Repository.Root, "config", "models", "purchase.onnx"), FeatureTable.Names);

    public static StoreTable Stores { get; } = new([new Store(0, "demo", "demo"u8.ToArray(), TimeZoneInfo.Utc, "USD")]);

    public static PipelineOptions Options(
        IEnumerable<CampaignConfig> campaigns, TimeSpan window = default, int batchRows = 256,
        int timers = 1 << 16, long memory = 8 << 20, ScoredEvents scored = ScoredEvents.All, StoreTable? stores = null, ServingPlan? serving = null) => new()
        {
            Stores = stores ?? Stores,
            Serving = serving ?? ServingPlan.Of(Model),
            Campaigns = TestCampaigns.Compile(campaigns),
            WindowMilliseconds = (long)window.TotalMilliseconds,
            Scored = scored,
            BatchRows = batchRows,
            Carts = RecordStoreSize.For(memory, Unsafe.SizeOf<CartRecord>()),
            Customers = RecordStoreSize.For(1 << 20, Unsafe.SizeOf<CustomerRecord>()),
            Timers = timers,
            DedupWindow = TimeSpan.FromHours(1),
            DedupBytes = 1 << 20,
            CollectsCustomerEvents = false,
            DataFolder = NewFolder(),
        };

    public static CampaignConfig OnIdle(string name, Duration wait, params ConditionConfig[] when) =>
        Campaign(name, new TriggerConfig { Idle = wait }, when);

    public static CampaignConfig OnEvent(string name, string type, params ConditionConfig[] when) =>
        Campaign(name, new TriggerConfig { Event = type }, when);

    public static CampaignConfig OnScore(string name, double? above, double? below = null, params ConditionConfig[] when) =>
        Campaign(name, new TriggerConfig { Score = new ScoreTrigger { Above = above, Below = below } }, when);

    /// <summary>A folder of the current test.</summary>
    public static string NewFolder() =>
        Directory.CreateDirectory(Path.Combine(TestContext.CurrentContext.WorkDirectory, "data", Guid.NewGuid().ToString("N"))).FullName;

    static CampaignConfig Campaign(string name, TriggerConfig trigger, ConditionConfig[] when) => new()
    {
        Name = name,
        Trigger = trigger,
        When = [.. when],
        Action = new ActionConfig { Type = ActionKind.Reminder },
        Channel = "socket",
        Message = "{{item_count}} for {{cart_value}} {{currency}} in {{cart_id}}",
    };
}
