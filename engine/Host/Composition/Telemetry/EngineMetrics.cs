using System.Globalization;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Usage;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Delivery;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Api;
using CartRecovery.Host.Api.Access;

namespace CartRecovery.Host.Composition.Telemetry;

/// <summary>
/// Declares the engine's metrics. Parts keep plain counters, which each scrape reads; only durations are observed as they occur.
/// </summary>
sealed class EngineMetrics : IEngineTotals
{
    /// <summary>The name of the event latency histogram.</summary>
    public const string Latency = "cartrecovery_event_latency_seconds";

    static readonly ActionKind[] s_actions = Enum.GetValues<ActionKind>();
    static readonly BotEvidence[] s_declaredBots = [BotEvidence.Declared, BotEvidence.Automated];
    static readonly BotEvidence[] s_bots = [.. s_declaredBots, BotEvidence.Timing];
    static readonly double[] s_writeBounds = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    static readonly FinalOutcome[] s_outcomes = Enum.GetValues<FinalOutcome>();

    readonly EngineHost _host;
    readonly Prometheus.Histogram _sinkWrites;

    public EngineMetrics(EngineHost host)
    {
        _host = host;
        _sinkWrites = Registry.Histogram("cartrecovery_sink_write_seconds", "Duration of sink writes, in seconds", s_writeBounds, "sink");
        DeclareEvents();
        DeclareState();
        ModelMetrics.Declare(Registry, host);
        DeclareInterventions();
        DeclareQueues();
        DeclareQuotas();
        DeclareDeadLetters();
        DeclareDurations();
        JobMetrics.Declare(Registry, host.Jobs, host.DataQuality, host.Drift, host.Retraining, host.Shadows);
        AlertMetrics.Declare(Registry, host.Alerting);
    }

    /// <summary>The metrics exposed at <c>/metrics</c>.</summary>
    public MetricRegistry Registry { get; } = new();

    /// <summary>Number of received events, including rejected ones.</summary>
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
        Registry.Counter("cartrecovery_events_received_total", "Events received, including rejected ones", ["protocol"],
            () => IngestCounters.Protocols.Select(p => new Sample(_host.Counters.ReceivedBy(p), IngestCounters.NameOf(p))));
        Registry.Counter("cartrecovery_events_processed_total", "Events processed: folded, scored and decided", () => Processed);
        Registry.Counter("cartrecovery_partition_events_total", "Events processed by each partition", ["partition"],
            () => Partitions.Select((p, i) => new Sample(p.Counters.Processed, i.ToString(CultureInfo.InvariantCulture))));
        Registry.Counter("cartrecovery_store_events_total", "Events received with each store's keys, including rejected ones", ["store"],
            () => _host.Stores.All.Select(store =>
                new Sample(IngestCounters.Protocols.Sum(_host.Counters.OfStore(store.Number).ReceivedBy), store.Id)));
        Registry.Counter("cartrecovery_events_rejected_total", "Rejected events by error code", ["code"],
            () => Enum.GetValues<EventErrorCode>().Where(c => c != EventErrorCode.None)
                .Select(c => new Sample(_host.Counters.RejectedFor(c), EventProblem.CodeOf(c))));
        Registry.Counter("cartrecovery_events_clamped_total",
            "Events whose time was out of range: counted at the nearest time allowed, and never a reason to contact anybody",
            () => _host.Counters.Clamped);
        Registry.Counter("cartrecovery_event_times_corrected_total",
            "Events whose time was moved to the engine's clock: by what sentAt says of the sender's, or to their receipt where limits.future is 0",
            () => _host.Counters.Corrected);
        Registry.Counter("cartrecovery_event_ids_ignored_total",
            "Ids of accepted events that were ignored because they name nobody, such as \"undefined\"", ["field"],
            () => [new Sample(_host.Counters.IgnoredUsers, "userId"), new Sample(_host.Counters.IgnoredSessions, "sessionId")]);
        Registry.Counter("cartrecovery_events_duplicate_total", "Duplicate events: acknowledged and ignored",
            () => Partitions.Sum(p => p.Counters.Duplicates));
        Registry.Counter("cartrecovery_bot_events_total", "Events of senders that say that they are programs, by evidence", ["evidence"],
            () => s_declaredBots.Select(e => new Sample(_host.Counters.BotsBy(e), NameOf(e))));
        Registry.Counter("cartrecovery_bot_carts_total", "Carts that count as a bot's since the start, by evidence", ["evidence"],
            () => s_bots.Select(e => new Sample(Partitions.Sum(p => p.Counters.BotCartsBy(e)), NameOf(e))));
        Registry.Gauge("cartrecovery_connections", "Open streams", ["protocol"],
            () => IngestCounters.Protocols.Where(p => p != Protocol.Http)
                .Select(p => new Sample(_host.Counters.ConnectionsOf(p), IngestCounters.NameOf(p))));
        Registry.Counter("cartrecovery_connections_refused_total", "Connections rejected by a limit, by error code", ["reason"],
            () => ConnectionLimiter.Reasons.Select(
                r => new Sample(_host.ConnectionLimiter.RejectedFor(r), ConnectionLimiter.ProblemOf(r).Code)));
        Registry.Counter("cartrecovery_access_refused_total", "Requests and streams refused for their key, by error code", ["code"],
            () => AccessRejections.Codes.Select(c => new Sample(_host.AccessRejections.CountOf(c), c)));
        Registry.Gauge("cartrecovery_connections_unauthenticated", "Connections that have not sent a valid key",
            () => _host.ConnectionLimiter.Pending.Count);
        Registry.Counter("cartrecovery_requests_limited_total",
            "Requests and new streams rejected by a rate, by group of route and by what was counted", ["group", "limit"],
            () => RateLimits.Groups.SelectMany(g => RateLimits.Scopes.Select(s =>
                new Sample(_host.Ingest.Rates.Requests(g).RejectedBy(s), RateLimitHeaders.NameOf(g), RateLimitHeaders.NameOf(s)))));
        Registry.Counter("cartrecovery_events_limited_total",
            "Streams closed and batches rejected by a rate of events or bytes, by what was counted", ["limit"],
            () => RateLimits.Scopes.Select(s => new Sample(_host.Ingest.Rates.EventRejectionsBy(s), RateLimitHeaders.NameOf(s))));
        Registry.Counter("cartrecovery_streams_throttled_total", "Waits of streams for a rate of events or bytes, by what was counted",
            ["limit"],
            () => RateLimits.Scopes.Select(s => new Sample(_host.Ingest.Rates.WaitsFor(s), RateLimitHeaders.NameOf(s))));
        Registry.Counter("cartrecovery_slow_consumers_total", "Streams closed because the client did not read its output",
            () => _host.Counters.SlowConsumers);
        Registry.Counter("cartrecovery_streams_overloaded_total", "Streams closed because there was no memory for their incomplete message",
            () => _host.Counters.Overloaded);
    }

    void DeclareState()
    {
        Registry.Counter("cartrecovery_journal_bytes_total", "Bytes written to the journals", () => Partitions.Sum(p => p.JournalBytes));
        Registry.Counter("cartrecovery_journal_retries_total", "Retried journal writes",
            () => Partitions.Sum(p => p.JournalRetries));
        Registry.Gauge("cartrecovery_journal_reader_lag_entries", "Journal entries that a reader has not read yet", ["reader"],
            () => Readers().Select(r => new Sample(r.Sum(c => c.Lag), r.Key)));
        Registry.Gauge("cartrecovery_journal_reader_lag_seconds", "Age of the oldest entry a reader has not read; 0 while it has read all",
            ["reader"],
            () => Readers().Select(r => new Sample(r.Max(c => c.LagTime(_host.Time).TotalSeconds), r.Key)));
        Registry.Counter("cartrecovery_journal_reader_lost_bytes_total", "Bytes of the journals deleted before a reader had read them",
            ["reader"],
            () => Readers().Select(r => new Sample(r.Sum(c => c.Lost), r.Key)));
        Registry.Counter("cartrecovery_checkpoints_total", "Partition checkpoints by outcome", ["outcome"], () =>
        [
            new(Partitions.Sum(p => p.Counters.Checkpoints), "made"), new(Partitions.Sum(p => p.Counters.CheckpointFailures), "failed"),
        ]);
        Registry.Gauge("cartrecovery_dedup_ids", "Event ids in the deduplication windows", () => Partitions.Sum(p => p.DedupCount));
        Registry.Counter("cartrecovery_carts_created_total", "Carts seen for the first time", () => Carts);
        Registry.Counter("cartrecovery_clock_jumps_total", "Jumps of the server's clock by more than a minute",
            () => _host.Partitions.ClockMonitor.Jumps);
        Registry.Counter("cartrecovery_timers_refused_total", "Idle timers dropped because the timer wheel was full",
            () => Partitions.Sum(p => p.Counters.TimersRejected));
    }

    void DeclareInterventions()
    {
        Registry.Counter("cartrecovery_interventions_total", "Interventions by channel, action and outcome",
            ["action", "channel", "outcome"], Interventions);
        Registry.Counter("cartrecovery_interventions_withheld_total", "Withheld interventions by reason", ["reason"],
            () => WithheldReasons.All.Select(r => new Sample(_host.JourneyEngine.Counters.WithheldFor(r), WithheldReasons.NameOf(r)))
                .Append(new Sample(Partitions.Sum(p => p.Counters.WithheldByWindow), "window")));
        Registry.Counter("cartrecovery_interventions_deferred_total", "Deferrals of interventions by reason", ["reason"],
            () => WithheldReasons.All.Select(r => new Sample(_host.JourneyEngine.Counters.DeferredFor(r), WithheldReasons.NameOf(r))));
        Registry.Counter("cartrecovery_sink_deliveries_total", "Sink deliveries by outcome", ["outcome", "sink"],
            () => _host.Sinks.Runners.SelectMany(r => s_outcomes.Select(o => new Sample(r.Total(o), NameOf(o), r.Name))));
        Registry.Counter("cartrecovery_sink_retries_total", "Sink delivery retries", ["sink"],
            () => _host.Sinks.Runners.Select(r => new Sample(r.Retried, r.Name)));
        Registry.Counter("cartrecovery_sink_unmarked_total", "Interventions a sink returned without a verdict. Above 0 the sink is faulty",
            ["sink"], () => _host.Sinks.Runners.Select(r => new Sample(r.Unmarked, r.Name)));
        Registry.Gauge("cartrecovery_sink_circuit_open", "1 while the sink's circuit is open or half-open", ["sink"],
            () => _host.Sinks.Runners.Select(r => new Sample(r.State.Circuit == CircuitState.Closed ? 0 : 1, r.Name)));
        Registry.Gauge("cartrecovery_sink_stopped",
            "1 while the sink has stopped, because its receiver refuses the sender or wants no more", ["sink"],
            () => _host.Sinks.Runners.Select(r => new Sample(r.State.Halt is null ? 0 : 1, r.Name)));
    }

    void DeclareQueues()
    {
        Registry.Gauge("cartrecovery_queue_depth", "Items in a queue", ["queue"],
            () => Partitions.Select((p, i) => new Sample(p.Inbox.Depth, $"partition-{i}"))
                .Concat(_host.Sinks.Runners.Select(r => new Sample(r.QueueDepth, $"sink-{r.Name}")))
                .Append(new Sample(_host.Journeys.Depth, "outreach"))
                .Append(new Sample(_host.Exposures.Depth, "exposures"))
                .Append(new Sample(_host.DeadLetterQueue.Depth, "deadletters")).Append(new Sample(_host.LogFiles.Depth, "log"))
                .Concat(_host.Alerting.Forwarder.Clients.Select(client => new Sample(client.Depth, $"alertmanager-{client.Name}"))));
        Registry.Counter("cartrecovery_queue_dropped_total", "Items dropped by a full queue", ["queue"],
            () => _host.Sinks.Runners.Select(r => new Sample(r.Dropped, $"sink-{r.Name}"))
                .Append(new Sample(_host.Exposures.Dropped, "exposures"))
                .Append(new Sample(_host.DeadLetterQueue.Dropped, "deadletters")).Append(new Sample(_host.LogFiles.Dropped, "log"))
                .Concat(_host.Alerting.Forwarder.Clients.Select(client => new Sample(client.Dropped, $"alertmanager-{client.Name}"))));
    }

    void DeclareQuotas() => Registry.Gauge("cartrecovery_quota_used_ratio", "What a store has used of a quota: 1 is all of it", ["store", "quota"],
        () => _host.Usage.Counters.Where(counter => counter is { Limit: > 0, Key: "" })
            .Select(counter => new Sample((double)counter.Count / counter.Limit, counter.Store, UsageLedger.NameOf(counter.Kind))));

    void DeclareDeadLetters()
    {
        Registry.Counter("cartrecovery_deadletters_total", "Events stored as dead letters, by error code", ["code"],
            () => Enum.GetValues<EventErrorCode>().Where(DeadLetterQueue.Keeps)
                .Select(c => new Sample(_host.DeadLetterQueue.StoredFor(c), EventProblem.CodeOf(c))));
        Registry.Counter("cartrecovery_deadletters_sampled_total",
            "Rejected events of publishable keys not kept, because many had the same error code", ["code"],
            () => Enum.GetValues<EventErrorCode>().Where(DeadLetterQueue.Keeps)
                .Select(c => new Sample(_host.DeadLetterQueue.SampledOut(c), EventProblem.CodeOf(c))));
        Registry.Counter("cartrecovery_deadletters_replayed_total", "Replayed dead letters",
            () => _host.DeadLetterReplay.Replayed);
        Registry.Gauge("cartrecovery_deadletters_stored", "Stored dead letters by state", ["state"], () =>
        [
            new(_host.DeadLetters.Count(DeadLetterState.Waiting), "waiting"),
            new(_host.DeadLetters.Count(DeadLetterState.Replayed), "replayed"),
        ]);
        Registry.Gauge("cartrecovery_deadletters_bytes", "Size of the dead letters on disk, in bytes", () => _host.DeadLetters.Bytes);
    }

    void DeclareDurations()
    {
        var latency = Registry.Histogram(Latency, "Time from receipt to decision, in seconds");
        foreach (var partition in Partitions)
        {
            partition.Counters.Latency = latency;
        }

        foreach (var sink in _host.Sinks.Runners)
        {
            Measure(sink);
        }
    }

    /// <summary>Measures the writes of a sink. Call before its start.</summary>
    public void Measure(SinkRunner sink) => sink.Measure(_sinkWrites.WithLabels(sink.Name));

    /// <summary>Removes the series of a sink that is no longer configured.</summary>
    public void Forget(SinkRunner sink) => _sinkWrites.RemoveLabelled(sink.Name);

    IEnumerable<IGrouping<string, JournalCursor>> Readers() =>
        Partitions.SelectMany(p => p.Tail.Cursors).GroupBy(c => c.Name, StringComparer.Ordinal);

    IEnumerable<Sample> Interventions()
    {
        foreach (var action in s_actions.Select(a => (Kind: a, Name: NameOf(a))))
        {
            foreach (var outcome in (string[])["delivered", "unreachable"])
            {
                yield return new(_host.JourneyEngine.Counters.EndedAs(Campaign.SocketChannel, action.Name, outcome), action.Name,
                    Campaign.SocketChannel, outcome);
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
        FinalOutcome.Postponed => "postponed",
        FinalOutcome.SoftBounced => "soft_bounced",
        FinalOutcome.Unmarked => "unmarked",
        _ => "dropped",
    };

    static string NameOf(BotEvidence evidence) => evidence switch
    {
        BotEvidence.Declared => "declared",
        BotEvidence.Automated => "automated",
        _ => "timing",
    };

    /// <summary>Returns an action's label.</summary>
    public static string NameOf(ActionKind action) => action switch
    {
        ActionKind.Discount => "discount",
        ActionKind.Urgency => "urgency",
        _ => "reminder",
    };
}
