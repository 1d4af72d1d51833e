using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Segments;

namespace CartRecovery.Engine.ControlPlane.Experiments;

/// <summary>Stores experiments in the control database. Every change and its audit entry are one transaction. Thread-safe.</summary>
/// <param name="database">The database.</param>
public sealed class ExperimentStore(ControlDatabase database)
{
    /// <summary>Maximum number of experiments of a store and of all stores, and of allocations of an experiment.</summary>
    public const int MaxPerStore = 100, MaxExperiments = 1_000, MaxAllocations = 50;

    readonly AuditLog _audit = new(database);

    /// <summary>Starts an experiment.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="key">The key.</param>
    /// <param name="definition">The definition. The caller has validated it.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlRefusalException">The key is taken by an experiment or a flag, or there are too many
    /// experiments.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<Experiment> AddAsync(
        string store, string key, ExperimentDefinition definition, string actor, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        var json = JsonSerializer.Serialize(definition, ExperimentJson.Default.ExperimentDefinition);
        if (await session.NumberAsync($"SELECT 1 FROM experiments WHERE store = {store} AND key = {key}") is not null
            || await session.NumberAsync($"SELECT 1 FROM feature_flags WHERE store = {store} AND key = {key}") is not null)
        {
            throw new ControlRefusalException(ControlRefusalException.FlagExists, "The store has a flag or an experiment with this key already. Choose another key.");
        }

        if (Encoding.UTF8.GetByteCount(json) > FlagStore.Limits.Bytes || await session.NumberAsync($"SELECT COUNT(*) FROM experiments WHERE store = {store}") >= MaxPerStore
            || await session.NumberAsync($"SELECT COUNT(*) FROM experiments") >= MaxExperiments)
        {
            throw new ControlRefusalException(ControlRefusalException.TooManyExperiments,
                $"An experiment has at most {FlagStore.Limits.Bytes} bytes, a store {MaxPerStore} experiments, all stores {MaxExperiments}. Delete one that has ended.");
        }

        await SegmentUses.EnsureAsync(session, store, [definition.Segment]);
        var now = DateTimeOffset.FromUnixTimeMilliseconds(database.Time.GetUtcNow().ToUnixTimeMilliseconds());
        var experiment = new Experiment(Guid.CreateVersion7().ToString("n"), store, key, definition,
            [new Allocation(now.ToUnixTimeMilliseconds(), [.. definition.Variants!.Select(variant => variant.Weight)])], now, actor);
        await session.RunAsync($"""
            INSERT INTO experiments (id, store, key, definition, allocations, started_at, started_by)
            VALUES ({experiment.Id}, {store}, {key}, {json}, {Write(experiment.Allocations)}, {now}, {actor})
            """);
        await RecordAsync(session, "experiment.start", experiment, actor, address);
        return experiment;
    }, cancellation);

    /// <summary>Changes the weights for new subjects. Subjects already assigned keep their variant.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="key">The key.</param>
    /// <param name="weights">A weight for every variant. The caller has validated the numbers.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The changed experiment; <see langword="null"/> if there is none.</returns>
    /// <exception cref="ControlRefusalException">It has ended, the variants do not match, or the weights were changed too
    /// often.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<Experiment?> SetWeightsAsync(
        string store, string key, IReadOnlyDictionary<string, double> weights, string actor, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        if (await RunningAsync(session, store, key) is not { } experiment)
        {
            return null;
        }

        var variants = experiment.Definition.Variants!;
        if (weights.Count != variants.Count || variants.Any(variant => !weights.ContainsKey(variant.Name!)) || experiment.Allocations.Count >= MaxAllocations)
        {
            throw new ControlRefusalException(ControlRefusalException.ExperimentUnchangeable,
                $"weights: expected one for each of {string.Join(", ", variants.Select(variant => variant.Name))}; they can be changed {MaxAllocations - 1} times.");
        }

        var changed = experiment with
        {
            Allocations = [.. experiment.Allocations, new Allocation(database.Time.GetUtcNow().ToUnixTimeMilliseconds(), [.. variants.Select(variant => weights[variant.Name!])])],
        };
        await session.RunAsync($"UPDATE experiments SET allocations = {Write(changed.Allocations)} WHERE id = {experiment.Id}");
        await RecordAsync(session, "experiment.weights", changed, actor, address);
        return changed;
    }, cancellation);

    /// <summary>Ends an experiment. From then on, every subject gets the winner.</summary>
    /// <returns>The ended experiment; <see langword="null"/> if there is none.</returns>
    /// <exception cref="ControlRefusalException">It has ended already, or has no such variant.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<Experiment?> EndAsync(string store, string key, string? winner, string actor, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        if (await RunningAsync(session, store, key) is not { } experiment)
        {
            return null;
        }

        if (winner is not null && !experiment.Definition.Variants!.Any(variant => variant.Name == winner))
        {
            throw new ControlRefusalException(ControlRefusalException.ExperimentUnchangeable, "winner: expected the name of a variant; leave it out for the control.");
        }

        var ended = experiment with { EndedAt = DateTimeOffset.FromUnixTimeMilliseconds(database.Time.GetUtcNow().ToUnixTimeMilliseconds()), Winner = winner ?? experiment.Control };
        await session.RunAsync($"UPDATE experiments SET ended_at = {ended.EndedAt}, winner = {ended.Winner} WHERE id = {experiment.Id}");
        await RecordAsync(session, "experiment.end", ended, actor, address);
        return ended;
    }, cancellation);

    /// <summary>Deletes an experiment that has ended.</summary>
    /// <returns>The deleted experiment; <see langword="null"/> if there is none.</returns>
    /// <exception cref="ControlRefusalException">It is running.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<Experiment?> DeleteAsync(string store, string key, string actor, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        if (await FindAsync(session, store, key) is not { } experiment)
        {
            return null;
        }

        if (experiment.EndedAt is null)
        {
            throw new ControlRefusalException(ControlRefusalException.ExperimentUnchangeable, "The experiment runs. End it first.");
        }

        await session.RunAsync($"DELETE FROM experiments WHERE id = {experiment.Id}");
        await RecordAsync(session, "experiment.delete", experiment, actor, address);
        return experiment;
    }, cancellation);

    /// <summary>Reads experiments in a transaction, the newest first.</summary>
    internal static Task<List<Experiment>> ReadAsync(ControlSession session, SqlPart condition) => session.ListAsync(
        $"""
        SELECT id, store, key, definition, allocations, started_at, started_by, ended_at, winner FROM experiments
        WHERE {condition} ORDER BY started_at DESC, id DESC LIMIT {MaxExperiments}
        """,
        row => new Experiment(row.Text(0), row.Text(1), row.Text(2), JsonSerializer.Deserialize(row.Text(3), ExperimentJson.Default.ExperimentDefinition)!,
            JsonSerializer.Deserialize(row.Text(4), ExperimentJson.Default.ListAllocation)!, row.Time(5), row.Text(6), row.TimeOrNull(7), row.TextOrNull(8)));

    static string Write(IReadOnlyList<Allocation> allocations) => JsonSerializer.Serialize([.. allocations], ExperimentJson.Default.ListAllocation);

    static async Task<Experiment?> FindAsync(ControlSession session, string store, string key) =>
        (await ReadAsync(session, SqlPart.Of($"store = {store} AND key = {key}"))).FirstOrDefault();

    static async Task<Experiment?> RunningAsync(ControlSession session, string store, string key) =>
        await FindAsync(session, store, key) is not { } experiment ? null
            : experiment.EndedAt is null ? experiment
            : throw new ControlRefusalException(ControlRefusalException.ExperimentUnchangeable, "The experiment has ended. Start a new one.");

    async Task RecordAsync(ControlSession session, string action, Experiment experiment, string actor, string? address)
    {
        await _audit.AppendAsync(session, new AuditEvent(actor, action, $"experiment:{experiment.Key}", experiment.Store, $$"""{"id":"{{experiment.Id}}"}""") { Address = address });
        await session.MarkChangedAsync(FlagStore.Topic);
    }
}
