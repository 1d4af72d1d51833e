using System.Globalization;
using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Federation;
using CartRecovery.Engine.ControlPlane.Usage;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.Delivery;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Host.Alerting;
using CartRecovery.Host.Composition.Listening;
using CartRecovery.Host.Monitoring;

namespace CartRecovery.Host.Api.Health;

/// <summary>The engine's state.</summary>
/// <param name="Status">ok, degraded or down.</param>
/// <param name="Parts">The state of each part, by name; absent for those who may not see it.</param>
sealed record HealthResponse(
    string Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, PartHealth>? Parts = null);

/// <summary>The state of a part.</summary>
/// <param name="Status">ok, degraded or down.</param>
/// <param name="Detail">What is wrong, or the current state.</param>
/// <param name="QueueDepth">Of a partition: slabs queued in its inbox.</param>
/// <param name="Evaluator">Of the model: the evaluator in use.</param>
/// <param name="Circuit">Of a sink: closed, half-open or open.</param>
sealed record PartHealth(
    string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? QueueDepth = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Evaluator = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Circuit = null);

/// <summary>Collects the health of every part.</summary>
sealed class HealthReport(
    IEngineState engine, PartitionSet partitions, CartRecoveryConfig config, DeadLetterQueue deadLetters, JourneyWorker journeys, IJourneyOptionsProvider inForce,
    SinkSet sinks, IngestOptions ingest, ControlDatabase control, JobScheduler jobs, ForeignTokens foreign, TlsCertificates certificates, UsageLedger usage,
    AlertingService alerting, MetricMonitor monitor, TimeProvider time)
{
    // Quotas that are named.
    const int MaxNotes = 5;

    const string Ok = "ok", Degraded = "degraded", Down = "down";

    // Journeys that are further behind the journals are degraded.
    static readonly TimeSpan s_maxLag = TimeSpan.FromSeconds(30);

    readonly Lock _gate = new();
    Task<(HealthResponse Response, bool Works)>? _making;

    /// <summary>Whether the engine can store events.</summary>
    public bool AcceptsEvents => engine.Fault is null && partitions.JournalProblem is null;

    /// <summary>Creates the report. Requests that arrive together share one, however many there are.</summary>
    /// <returns>The report, and whether the engine can accept events.</returns>
    public Task<(HealthResponse Response, bool Works)> MakeAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_making is not { IsCompleted: false })
            {
                _making = MakeAsync();
            }

            return _making.WaitAsync(cancellationToken);
        }
    }

    string? ModelProblem() => engine.ModelsProblem is { } unserved ? $"{engine.Model.Id} serves instead of the champion: {unserved}"
        : engine.Serving.Models.FirstOrDefault(model => model.Fault is not null) is { } stopped ? $"{stopped.Id} ({stopped.Alias}) is no longer used: {stopped.Fault}" : null;

    async Task<(HealthResponse Response, bool Works)> MakeAsync()
    {
        var reports = await sinks.CheckHealthAsync(CancellationToken.None);
        var isDown = engine.Fault is not null;
        var sheds = partitions.JournalProblem is not null;
        var journeysProblem = JourneysProblem();
        var recipients = RecipientsProblem();
        var jobsProblem = JobsProblem();
        var modelProblem = ModelProblem();
        var alertsProblem = alerting.Problem;
        var (hasRates, rates) = engine.RatesState;
        var (settings, unfit) = (engine.SettingsState, engine.UnfitCampaigns);
        var quotas = usage.Counters.Where(counter => counter.Level > 0).OrderByDescending(counter => counter.Level).Take(MaxNotes).ToList();
        var exceeded = quotas.Exists(counter => counter.Level > 1) ? TextOf(quotas) : null;
        var isHealthy = !sheds && exceeded is null && journeysProblem is null && recipients is null && rates is null && engine.ReloadProblem is null && settings.Problem is null && partitions.CheckpointProblem is null
            && !ingest.Incomplete.IsExhausted && jobsProblem is null && alertsProblem is null && unfit.Count == 0 && modelProblem is null
            && control.Changes.Problem is null && foreign.Problem is null && monitor.Problem is null && certificates.Problem is null && partitions.ClockMonitor.Problem is null && reports.All(s => s.Health.Healthy);
        var parts = new Dictionary<string, PartHealth>(StringComparer.Ordinal);
        for (var i = 0; i < partitions.Count; i++)
        {
            var fault = partitions[i].Fault;
            parts.Add($"partition-{i}", new PartHealth(fault is null ? Ok : Down, fault?.Message, partitions[i].Inbox.Depth));
        }

        var isJournaled = config.Journal.Enabled;
        parts.Add("journal", Part(isJournaled ? partitions.JournalProblem : null, isJournaled ? "written" : "not enabled"));
        parts.Add("deadletters", Part(
            deadLetters.IsFailing ? "dead letters cannot be written and are being dropped; see cartrecovery_queue_dropped_total" : null,
            "kept"));
        parts.Add("streams", Part(ingest.Incomplete.IsExhausted
            ? "no memory for incomplete long messages; those that have held the most for longest are closed: cartrecovery_streams_overloaded_total" : null, "read"));
        parts.Add("checkpoints", Part(partitions.CheckpointProblem, isJournaled ? "made" : "not enabled"));
        parts.Add("clock", Part(partitions.ClockMonitor.Problem, "steady"));
        parts.Add("outreach", Part(journeysProblem, $"{journeys.Lag} journal entries behind"));
        parts.Add("recipients", Part(recipients, "within contact.unproven"));
        parts.Add("control", Part(control.Changes.Problem, "read"));
        if (usage.Counters.Any(counter => counter.Limit > 0))
        {
            parts.Add("quotas", Part(exceeded, quotas.Count == 0 ? "within 80%" : TextOf(quotas)));
        }

        parts.Add("jobs", Part(jobsProblem, "on time"));
        parts.Add("alerts", Part(alertsProblem, $"{alerting.Rules.Groups.Sum(group => group.Rules.Count)} rules"));
        parts.Add("monitoring", Part(monitor.Problem, monitor.State));
        if (foreign.IsConfigured)
        {
            parts.Add("issuers", Part(foreign.Problem, "keys read when needed"));
        }

        if (certificates.HasLists)
        {
            parts.Add("certificates", Part(certificates.Problem, "the revocation lists are current"));
        }

        if (hasRates)
        {
            parts.Add("rates", Part(rates, "fetched"));
        }

        parts.Add("configuration", Part(engine.ReloadProblem is { } problem ? $"the configuration file was rejected; the running configuration is unchanged: {problem}" : null,
            engine.NeedsRestart.Count == 0 ? "in force" : $"in force. Restart required: {string.Join(", ", engine.NeedsRestart)}"));
        parts.Add("settings", Part(settings.Problem is { } rejected ? $"config_overlay_rejected: {rejected}" : null, settings.Version == 0 ? "the file's" : $"version {settings.Version}"));
        parts.Add("campaigns", Part(unfit.Count == 0 ? null : $"unfit, and set aside: {string.Join("; ", unfit.Take(MaxNotes).Select(one => $"{one.Key}: {one.Value}"))}", $"{inForce.JourneyOptions.Campaigns.Count} in force"));
        parts.Add("model", Part(modelProblem, engine.Model.Id) with { Evaluator = engine.Model.Evaluator });
        foreach (var sink in reports)
        {
            parts.Add($"sink-{sink.Name}", new PartHealth(
                sink.Health.Healthy ? Ok : Down, sink.Health.Detail, Circuit: NameOf(sink.State.Circuit)));
        }

        return (new HealthResponse(isDown ? Down : isHealthy ? Ok : Degraded, parts), !isDown && !sheds);
    }

    string? JourneysProblem()
    {
        var lag = journeys.LagTime;
        return lag <= s_maxLag ? journeys.Problem : string.Create(CultureInfo.InvariantCulture, $"{lag.TotalSeconds:F0} s behind the journal: {journeys.Problem ?? "catching up"}");
    }

    string? RecipientsProblem() => journeys.Counters.RecipientLimit is { } limit && limit.Until > time.GetUtcNow().ToUnixTimeMilliseconds()
        ? $"the store {limit.Store} has had its new recipients (contact.unproven.newRecipients.perStore): messages to more addresses that browsers named wait"
        : null;

    static string TextOf(IEnumerable<UsageCounter> counters) => string.Join("; ", counters.Select(counter => string.Create(CultureInfo.InvariantCulture,
        $"store {counter.Store}{(counter.Key.Length == 0 ? "" : $", key {counter.Key}")}: {counter.Count:N0} of {counter.Limit:N0} {UsageLedger.NameOf(counter.Kind)} of {counter.Period}")));

    string? JobsProblem()
    {
        string[] late = [.. jobs.Jobs.Where(jobs.IsLate).Select(job => job.Name)];
        string[] overdue = [.. jobs.Jobs.Where(jobs.IsOverdue).Select(job => job.Name)];
        string[] failed = [.. jobs.Jobs.Where(job => JobScheduler.FailureOf(job) is not null).Select(job => job.Name)];
        return jobs.Problem is { } problem ? $"jobs do not run: {problem}"
            : overdue.Length > 0 ? $"asked to end, and still running: {string.Join(", ", overdue)}"
            : late.Length > 0 ? $"late: {string.Join(", ", late)}"
            : failed.Length > 0 ? $"failed: {string.Join(", ", failed)}; see: cartrecovery jobs history {failed[0]}" : null;
    }

    static PartHealth Part(string? problem, string fine) => new(problem is null ? Ok : Degraded, problem ?? fine);

    static string NameOf(CircuitState state) => state switch
    {
        CircuitState.Open => "open",
        CircuitState.HalfOpen => "half-open",
        _ => "closed",
    };
}
