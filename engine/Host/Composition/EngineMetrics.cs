using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Delivery;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Api;

namespace CartRecovery.Host.Composition;

/// <summary>
/// Declares the engine's metrics. Parts keep plain counters, read at each scrape; only durations are observed as they occur.
/// </summary>
sealed class EngineMetrics : IEngineTotals
{
    /// <summary>The name of the event latency histogram.</summary>
    public const string Latency = "cartrecovery_event_latency_seconds";

    static readonly ActionKind[] s_actions = Enum.GetValues<ActionKind>();
    static readonly double[] s_writeBounds = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    static readonly FinalOutcome[] s_outcomes = Enum.GetValues<FinalOutcome>();

    readonly EngineHost _host;

    public EngineMetrics(EngineHost host)
    {
        _host = host;
        DeclareEvents();
        DeclareState();
        DeclareInterventions();
        DeclareQueues();
        DeclareDeadLetters();
        DeclareDurations();
    }

    /// <summary>The metrics exposed at <c>/metrics</c>.</summary>
    public MetricRegistry Registry { get; } = new();

    /// <inheritdoc/>
    public long Received => IngestCounters.Protocols.Sum(_host.Counters.ReceivedBy);

    /// <inheritdoc/>
    public long Processed => Partitions.Sum(p => p.Counters.Processed);

    /// <inheritdoc/>
    public long Predictions => Partitions.Sum(p => p.Counters.Predictions);

    /// <inheritdoc/>
    public long Carts => Partitions.Sum(p => p.Counters.Carts);

    IEnumerable<Partition> Partitions => Enumerable.Range(0, _host.Partitions.Count).Select(i => _host.Partitions[i]);

    void DeclareEvents()
    {
        Registry.Counter("cartrecovery_events_received_total", "Events that came in, refused ones among them", ["protocol"],
            () => IngestCounters.Protocols.Select(p => new Sample(_host.Counters.ReceivedBy(p), IngestCounters.NameOf(p))));
        Registry.Counter("cartrecovery_events_processed_total", "Events folded, scored and decided on", () => Processed);
        Registry.Counter("cartrecovery_events_rejected_total", "Events refused, by the code their sender was told", ["code"],
            () => Enum.GetValues<EventErrorCode>().Where(c => c != EventErrorCode.None)
                .Select(c => new Sample(_host.Counters.RejectedFor(c), EventProblem.CodeOf(c))));
        Registry.Counter("cartrecovery_events_duplicate_total", "Events that were there already: acknowledged, and nothing else",
            () => Partitions.Sum(p => p.Counters.Duplicates));
        Registry.Gauge("cartrecovery_connections", "Open streams", ["protocol"],
            () => IngestCounters.Protocols.Where(p => p != Protocol.Http)
                .Select(p => new Sample(_host.Counters.ConnectionsOf(p), IngestCounters.NameOf(p))));
        Registry.Counter("cartrecovery_connections_refused_total", "Connections refused because there were too many, by the code that the client was told",
            ["reason"], () => ConnectionLimiter.Reasons.Select(r => new Sample(_host.ConnectionLimiter.RejectedFor(r), ConnectionLimiter.ProblemOf(r).Code)));
        Registry.Counter("cartrecovery_slow_consumers_total", "Streams closed because the client did not read", () => _host.Counters.SlowConsumers);
    }

    void DeclareState()
    {
        Registry.Counter("cartrecovery_journal_bytes_total", "Bytes written to the journals", () => Partitions.Sum(p => p.JournalBytes));
        Registry.Counter("cartrecovery_journal_retries_total", "Writes to the journals that failed and were tried again",
            () => Partitions.Sum(p => p.JournalRetries));
        Registry.Counter("cartrecovery_checkpoints_total", "Checkpoints of partitions, by what came of them", ["outcome"], () =>
        [
            new(Partitions.Sum(p => p.Counters.Checkpoints), "made"), new(Partitions.Sum(p => p.Counters.CheckpointFailures), "failed"),
        ]);
        Registry.Gauge("cartrecovery_dedup_ids", "Event ids that are remembered", () => Partitions.Sum(p => p.DedupCount));
        Registry.Counter("cartrecovery_predictions_total", "Rows scored", ["model"], () => [new(Predictions, _host.Model.Id)]);
        Registry.Counter("cartrecovery_prediction_runs_total", "Runs of the model", ["model"],
            () => [new(Partitions.Sum(p => p.Counters.Runs), _host.Model.Id)]);
        Registry.Counter("cartrecovery_carts_created_total", "Carts seen for the first time", () => Carts);
        Registry.Counter("cartrecovery_timers_refused_total", "Idle timers there was no room for", () => Partitions.Sum(p => p.Counters.TimersRejected));
    }

    void DeclareInterventions()
    {
        Registry.Gauge("cartrecovery_outbox_pending", "Interventions that were decided on and whose delivery has not ended",
            () => Partitions.Sum(p => p.OutboxCount));
        Registry.Counter("cartrecovery_interventions_total", "Interventions by channel, action and what became of them",
            ["action", "channel", "outcome"], Interventions);
        Registry.Counter("cartrecovery_interventions_withheld_total", "Interventions whose rule fired and that were not made", ["reason"],
            () => WithheldReasons.All.Select(r => new Sample(_host.JourneyEngine.Counters.Withheld(r), WithheldReasons.NameOf(r)))
                .Append(new Sample(Partitions.Sum(p => p.Counters.WithheldByWindow), "window")));
        Registry.Counter("cartrecovery_interventions_deferred_total", "How often an intervention was put off, by what was in its way", ["reason"],
            () => WithheldReasons.All.Select(r => new Sample(_host.JourneyEngine.Counters.Deferred(r), WithheldReasons.NameOf(r))));
        Registry.Counter("cartrecovery_sink_deliveries_total", "Interventions handed to a sink, by what became of them", ["outcome", "sink"],
            () => _host.Sinks.Runners.SelectMany(r => s_outcomes.Select(o => new Sample(r.Total(o), NameOf(o), r.Name))));
        Registry.Counter("cartrecovery_sink_retries_total", "Interventions handed to a sink again, each time counted", ["sink"],
            () => _host.Sinks.Runners.Select(r => new Sample(r.Retried, r.Name)));
        Registry.Counter("cartrecovery_sink_unmarked_total", "Interventions that a sink returned without a verdict, each time counted; above 0 the sink is faulty",
            ["sink"], () => _host.Sinks.Runners.Select(r => new Sample(r.Unmarked, r.Name)));
        Registry.Gauge("cartrecovery_sink_circuit_open", "1 while nothing is sent but probes, because writes failed", ["sink"],
            () => _host.Sinks.Runners.Select(r => new Sample(r.State.Circuit == CircuitState.Closed ? 0 : 1, r.Name)));
    }

    void DeclareQueues()
    {
        Registry.Gauge("cartrecovery_queue_depth", "What waits in a queue", ["queue"],
            () => Partitions.Select((p, i) => new Sample(p.Inbox.Depth, $"partition-{i}"))
                .Concat(_host.Sinks.Runners.Select(r => new Sample(r.QueueDepth, $"sink-{r.Name}")))
                .Append(new Sample(_host.Journeys.Depth, "outreach"))
                .Append(new Sample(_host.DeadLetterQueue.Depth, "deadletters")));
        Registry.Counter("cartrecovery_queue_dropped_total", "What a full queue did not take", ["queue"],
            () => _host.Sinks.Runners.Select(r => new Sample(r.Dropped, $"sink-{r.Name}"))
                .Append(new Sample(_host.DeadLetterQueue.Dropped, "deadletters")));
    }

    void DeclareDeadLetters()
    {
        Registry.Counter("cartrecovery_deadletters_total", "Events kept as dead letters since the start, by the code their sender was told", ["code"],
            () => Enum.GetValues<EventErrorCode>().Where(DeadLetterQueue.Keeps)
                .Select(c => new Sample(_host.DeadLetterQueue.StoredFor(c), EventProblem.CodeOf(c))));
        Registry.Counter("cartrecovery_deadletters_replayed_total", "Dead letters whose event went in after all, since the start",
            () => _host.DeadLetterReplay.Replayed);
        Registry.Gauge("cartrecovery_deadletters_stored", "Dead letters that are kept, by what became of them", ["state"], () =>
        [
            new(_host.DeadLetters.Count(DeadLetterState.Waiting), "waiting"), new(_host.DeadLetters.Count(DeadLetterState.Replayed), "replayed"),
        ]);
        Registry.Gauge("cartrecovery_deadletters_bytes", "What dead letters take on disk", () => _host.DeadLetters.Bytes);
    }

    void DeclareDurations()
    {
        var latency = Registry.Histogram(Latency, "From an event's receipt to the decision on it");
        foreach (var partition in Partitions)
        {
            partition.Counters.Latency = latency;
        }

        var writes = Registry.Histogram("cartrecovery_sink_write_seconds", "How long a write to a sink took", s_writeBounds, "sink");
        foreach (var sink in _host.Sinks.Runners)
        {
            sink.Measure(writes.WithLabels(sink.Name));
        }
    }

    IEnumerable<Sample> Interventions()
    {
        foreach (var action in s_actions.Select(a => (Kind: a, Name: NameOf(a))))
        {
            foreach (var outcome in (string[])["delivered", "unreachable"])
            {
                yield return new(_host.JourneyEngine.Counters.EndedAs(Campaign.SocketChannel, action.Name, outcome), action.Name, Campaign.SocketChannel, outcome);
            }

            foreach (var sink in _host.Sinks.Runners)
            {
                foreach (var outcome in s_outcomes)
                {
                    yield return new(sink.Count(action.Kind, outcome), action.Name, sink.Name, NameOf(outcome));
                }
            }
        }
    }

    /// <summary>Returns an outcome's label.</summary>
    public static string NameOf(FinalOutcome outcome) => outcome switch
    {
        FinalOutcome.Delivered => "delivered",
        FinalOutcome.Rejected => "rejected",
        FinalOutcome.Bounced => "bounced",
        FinalOutcome.Failed => "failed",
        FinalOutcome.Kept => "kept",
        _ => "dropped",
    };

    /// <summary>Returns an action's label.</summary>
    public static string NameOf(ActionKind action) => action switch
    {
        ActionKind.Discount => "discount",
        ActionKind.Urgency => "urgency",
        _ => "reminder",
    };
}
