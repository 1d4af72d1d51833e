using System.Buffers;
using System.Diagnostics.Metrics;
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

namespace CartRecovery.Host.Composition;

/// <summary>
/// The engine's instruments. All are observable: the parts count in plain numbers as they go, and are asked when somebody looks.
/// </summary>
sealed class EngineMetrics : IDisposable
{
    static readonly ActionKind[] s_actions = Enum.GetValues<ActionKind>();
    static readonly double[] s_writeBounds = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    static readonly DeliveryAttemptOutcome[] s_outcomes = Enum.GetValues<DeliveryAttemptOutcome>();

    readonly EngineHost _host;
    readonly Meter _meter = new("CartRecovery");
    readonly PrometheusWriter _writer;

    public EngineMetrics(EngineHost host)
    {
        _host = host;
        _writer = new PrometheusWriter(_meter);
        Declare();
        Latencies = [.. Partitions.Select(p => p.Counters.Latency)];
        _writer.AddHistogram("cartrecovery_event_latency_seconds", "From an event's receipt to the decision on it", Latencies);
        foreach (var sink in _host.Sinks.Runners)
            _writer.AddHistogram("cartrecovery_sink_write_seconds", "How long a write to a sink took", [sink.WriteTimes], s_writeBounds, ("sink", sink.Name));
    }

    /// <summary>Received to decided, by partition.</summary>
    public IReadOnlyList<LatencyHistogram> Latencies { get; }

    public long Received => IngestCounters.Protocols.Sum(_host.Counters.ReceivedBy);

    public long Processed => Partitions.Sum(p => p.Counters.Processed);

    public long Predictions => Partitions.Sum(p => p.Counters.Predictions);

    public long Carts => Partitions.Sum(p => p.Counters.Carts);

    IEnumerable<Partition> Partitions => Enumerable.Range(0, _host.Partitions.Count).Select(i => _host.Partitions[i]);

    /// <summary>Writes all metrics as Prometheus text.</summary>
    public void Write(IBufferWriter<byte> output) => _writer.Write(output);

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        _meter.Dispose();
    }

    void Declare()
    {
        Counter("cartrecovery_events_received_total", "Events that came in, refused ones among them",
            () => IngestCounters.Protocols.Select(p => Measure(_host.Counters.ReceivedBy(p), ("protocol", IngestCounters.NameOf(p)))));
        Counter("cartrecovery_events_processed_total", "Events folded, scored and decided on", () => [Measure(Processed)]);
        Counter("cartrecovery_events_rejected_total", "Events refused, by the code their sender was told",
            () => Enum.GetValues<EventErrorCode>().Where(c => c != EventErrorCode.None)
                .Select(c => Measure(_host.Counters.RejectedFor(c), ("code", EventProblem.CodeOf(c)))));
        Counter("cartrecovery_events_duplicate_total", "Events that were there already: acknowledged, and nothing else",
            () => [Measure(Partitions.Sum(p => p.Counters.Duplicates))]);
        Counter("cartrecovery_journal_bytes_total", "Bytes written to the journals", () => [Measure(Partitions.Sum(p => p.JournalBytes))]);
        Counter("cartrecovery_journal_retries_total", "Writes to the journals that failed and were tried again", () => [Measure(Partitions.Sum(p => p.JournalRetries))]);
        Counter("cartrecovery_checkpoints_total", "Checkpoints of partitions, by what came of them",
            () => [Measure(Partitions.Sum(p => p.Counters.Checkpoints), ("outcome", "made")), Measure(Partitions.Sum(p => p.Counters.CheckpointFailures), ("outcome", "failed"))]);
        Gauge("cartrecovery_outbox_pending", "Interventions that were decided on and whose delivery has not ended", () => [Measure(Partitions.Sum(p => p.OutboxCount))]);
        Gauge("cartrecovery_dedup_ids", "Event ids that are remembered", () => [Measure(Partitions.Sum(p => p.DedupCount))]);
        Counter("cartrecovery_predictions_total", "Rows scored", () => [Measure(Predictions, ("model", _host.Model.Id))]);
        Counter("cartrecovery_prediction_runs_total", "Runs of the model", () => [Measure(Partitions.Sum(p => p.Counters.Runs), ("model", _host.Model.Id))]);
        Counter("cartrecovery_carts_created_total", "Carts seen for the first time", () => [Measure(Carts)]);
        Counter("cartrecovery_timers_refused_total", "Idle timers there was no room for", () => [Measure(Partitions.Sum(p => p.Counters.TimersRefused))]);
        Counter("cartrecovery_interventions_total", "Interventions by channel, action and what became of them", Interventions);
        Counter("cartrecovery_interventions_withheld_total", "Interventions whose rule fired and that were not made",
            () => WithheldReasons.All.Select(r => Measure(_host.JourneyEngine.Counters.Withheld(r), ("reason", WithheldReasons.NameOf(r))))
                .Prepend(Measure(Partitions.Sum(p => p.Counters.WithheldByWindow), ("reason", "window"))));
        Counter("cartrecovery_interventions_deferred_total", "How often an intervention was put off, by what was in its way",
            () => WithheldReasons.All.Select(r => Measure(_host.JourneyEngine.Counters.Waits(r), ("reason", WithheldReasons.NameOf(r)))));
        Counter("cartrecovery_slow_consumers_total", "Streams closed because the client did not read", () => [Measure(_host.Counters.SlowConsumers)]);
        Counter("cartrecovery_connections_refused_total", "Connections refused because there were too many, by the code that the client was told",
            () => ConnectionLimiter.Reasons.Select(r => Measure(_host.Gate.RefusedFor(r), ("reason", ConnectionLimiter.ProblemOf(r).Code))));
        Counter("cartrecovery_queue_dropped_total", "What a full queue did not take",
            () => _host.Sinks.Runners.Select(r => Measure(r.Dropped, ("queue", $"sink-{r.Name}")))
                .Append(Measure(_host.DeadLetterQueue.Dropped, ("queue", "deadletters"))));
        Counter("cartrecovery_sink_deliveries_total", "Interventions handed to a sink, by what became of them",
            () => _host.Sinks.Runners.SelectMany(r => s_outcomes.Select(o => Measure(r.Total(o), ("sink", r.Name), ("outcome", NameOf(o))))));
        Counter("cartrecovery_sink_retries_total", "Interventions handed to a sink again, each time counted",
            () => _host.Sinks.Runners.Select(r => Measure(r.Retried, ("sink", r.Name))));
        Counter("cartrecovery_sink_unmarked_total", "Interventions that a sink returned without a verdict, each time counted; above 0 the sink is faulty",
            () => _host.Sinks.Runners.Select(r => Measure(r.Unmarked, ("sink", r.Name))));
        Gauge("cartrecovery_sink_circuit_open", "1 while nothing is sent but probes, because writes failed",
            () => _host.Sinks.Runners.Select(r => Measure(r.State.Circuit == CircuitState.Closed ? 0 : 1, ("sink", r.Name))));
        Gauge("cartrecovery_queue_depth", "What waits in a queue",
            () => Partitions.Select((p, i) => Measure(p.Inbox.Depth, ("queue", $"partition-{i}")))
                .Concat(_host.Sinks.Runners.Select(r => Measure(r.QueueDepth, ("queue", $"sink-{r.Name}"))))
                .Append(Measure(_host.Journeys.Depth, ("queue", "outreach")))
                .Append(Measure(_host.DeadLetterQueue.Depth, ("queue", "deadletters"))));
        Counter("cartrecovery_deadletters_total", "Events kept as dead letters since the start, by the code their sender was told",
            () => Enum.GetValues<EventErrorCode>().Where(DeadLetterQueue.Keeps)
                .Select(c => Measure(_host.DeadLetterQueue.StoredFor(c), ("code", EventProblem.CodeOf(c)))));
        Counter("cartrecovery_deadletters_replayed_total", "Dead letters whose event went in after all, since the start",
            () => [Measure(_host.DeadLetterReplay.Replayed)]);
        Gauge("cartrecovery_deadletters_stored", "Dead letters that are kept, by what became of them",
            () => [Measure(_host.DeadLetters.Count(DeadLetterState.Waiting), ("state", "waiting")),
                Measure(_host.DeadLetters.Count(DeadLetterState.Replayed), ("state", "replayed"))]);
        Gauge("cartrecovery_deadletters_bytes", "What dead letters take on disk", () => [Measure(_host.DeadLetters.Bytes)]);
        Gauge("cartrecovery_connections", "Open streams",
            () => IngestCounters.Protocols.Where(p => p != Protocol.Http)
                .Select(p => Measure(_host.Counters.ConnectionsOf(p), ("protocol", IngestCounters.NameOf(p)))));
    }

    /// <summary>An outcome's label.</summary>
    public static string NameOf(DeliveryAttemptOutcome outcome) => outcome switch
    {
        DeliveryAttemptOutcome.Delivered => "delivered",
        DeliveryAttemptOutcome.Rejected => "rejected",
        DeliveryAttemptOutcome.Bounced => "bounced",
        DeliveryAttemptOutcome.Failed => "failed",
        DeliveryAttemptOutcome.Kept => "kept",
        _ => "dropped",
    };

    /// <summary>A circuit's state at <c>/health</c>.</summary>
    public static string NameOf(CircuitState state) => state switch
    {
        CircuitState.Open => "open",
        CircuitState.HalfOpen => "half-open",
        _ => "closed",
    };

    /// <summary>An action's label.</summary>
    public static string NameOf(ActionKind action) => action switch
    {
        ActionKind.Discount => "discount",
        ActionKind.Urgency => "urgency",
        _ => "reminder",
    };

    IEnumerable<Measurement<long>> Interventions()
    {
        foreach (var action in s_actions)
        {
            foreach (var outcome in (string[])["delivered", "unreachable"])
            {
                yield return Measure(_host.JourneyEngine.Counters.EndedAs(Campaign.SocketChannel, NameOf(action), outcome),
                    ("channel", Campaign.SocketChannel), ("action", NameOf(action)), ("outcome", outcome));
            }

            foreach (var sink in _host.Sinks.Runners)
            {
                foreach (var outcome in s_outcomes)
                {
                    yield return Measure(sink.Count(action, outcome), ("channel", sink.Name), ("action", NameOf(action)), ("outcome", NameOf(outcome)));
                }
            }
        }
    }

    void Counter(string name, string help, Func<IEnumerable<Measurement<long>>> observe) =>
        _meter.CreateObservableCounter(name, observe, unit: null, help);

    void Gauge(string name, string help, Func<IEnumerable<Measurement<long>>> observe) =>
        _meter.CreateObservableGauge(name, observe, unit: null, help);

    static Measurement<long> Measure(long value, params (string Name, string Value)[] labels) =>
        new(value, labels.Select(l => new KeyValuePair<string, object?>(l.Name, l.Value)));
}
