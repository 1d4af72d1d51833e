using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Batches;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Events;

namespace CartRecovery.Tests.Pipeline;

/// <summary>One partition's stages without its worker: input is processed synchronously.</summary>
sealed class StageRun : IDisposable
{
    readonly RecordingConsumer _consumer = new();

    public StageRun(IEnumerable<CampaignConfig> campaigns, TimeSpan window = default, int batchRows = 256, int timers = 1000,
        ScoredEvents scored = ScoredEvents.All, ServingPlan? serving = null) =>
        Stages = new PartitionStages(0, TestStages.Options(campaigns, window, batchRows, timers, scored: scored, serving: serving), Counters);

    /// <summary>Runs compiled campaigns.</summary>
    public StageRun(CampaignSet campaigns, TimeSpan window)
    {
        var options = TestStages.Options([], window);
        options.Campaigns = campaigns;
        Stages = new PartitionStages(0, options, Counters);
    }

    /// <summary>Runs what the options say.</summary>
    public StageRun(PipelineOptions options) => Stages = new PartitionStages(0, options, Counters);

    /// <summary>The decisions so far.</summary>
    public RecordingConsumer Consumer
    {
        get
        {
            _consumer.Take(Stages.Decisions);
            return _consumer;
        }
    }

    public PartitionCounters Counters { get; } = new();

    public PartitionStages Stages { get; }

    /// <summary>The last intervention.</summary>
    public Intervention Last => Consumer.Interventions.Last();

    /// <summary>How much the shoppers' clocks are ahead of the engine's (ms).</summary>
    public long Ahead { get; set; }

    /// <summary>Folds events of one batch without deciding. Each is received at its time, on a clock that never goes back.</summary>
    public int Process(IEventSource? source, params IEnumerable<TestEvent> events) => Process(EventReading.AnyTime(), source, events);

    /// <summary>Folds events of one batch that came under a key's rules, without deciding.</summary>
    public int Process(EventRules rules, IEventSource? source, params IEnumerable<TestEvent> events)
    {
        var own = 0;
        foreach (var e in events)
        {
            var slab = EventReading.Slab(rules, e);
            slab.EndRun(source, upTo: 0);
            slab.ReceivedAt = e.At - Ahead;
            own += Stages.Process(slab);
        }

        return own;
    }

    /// <summary>Folds events in and decides.</summary>
    public void Play(params IEnumerable<TestEvent> events)
    {
        Process(source: null, events);
        Stages.Decide();
    }

    /// <summary>Advances time, as another cart's event would.</summary>
    public void PassTo(long at) => Play(new TestEvent("consent", at) { Cart = "someone else's" });

    public CartRecord Cart(string id = "c1") =>
        Stages.Find(EventReading.KeyOf(id)) ?? throw new InvalidOperationException($"There is no cart {id}.");

    public void Dispose() => Stages.Dispose();
}
