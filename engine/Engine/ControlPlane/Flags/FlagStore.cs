using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Segments;

namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>Stores feature flags. Every change and its audit entry are one transaction. Thread-safe.</summary>
/// <param name="database">The database.</param>
public sealed class FlagStore(ControlDatabase database)
{
    /// <summary>The limits on flags. A flag has no former versions: its salt, and with it the draws, stays.</summary>
    public static readonly DefinitionLimits Limits = new(PerStore: 500, Total: 5_000, Bytes: 32 * 1024, AllBytes: 16 << 20);

    /// <summary>The topic that every change marks in <see cref="ControlChanges"/>.</summary>
    internal const string Topic = "feature_flags";

    static readonly DefinitionTerms s_terms =
        new("flag", "key", ControlRefusalException.FlagExists, ControlRefusalException.FlagChanged, ControlRefusalException.TooManyFlags);

    readonly AuditLog _audit = new(database);

    /// <summary>Creates a flag or replaces its definition.</summary>
    /// <param name="store">The store's id; empty for a flag that all stores share.</param>
    /// <param name="key">The key.</param>
    /// <param name="definition">The definition. The caller has validated it.</param>
    /// <param name="expected">The precondition.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The flag, and whether it is new.</returns>
    /// <exception cref="ControlRefusalException">The precondition fails, an experiment uses the key, or there are too many
    /// flags.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<(FeatureFlag Flag, bool IsNew)> SetAsync(
        string store, string key, FlagDefinition definition, Precondition expected, string actor, string? address, CancellationToken cancellation = default)
    {
        var json = JsonSerializer.Serialize(definition, FlagJson.Default.FlagDefinition);
        var bytes = Encoding.UTF8.GetByteCount(json);
        return database.WriteAsync(async session =>
        {
            var former = (await ReadAsync(session, SqlPart.Of($"store = {store} AND key = {key}"))).FirstOrDefault();
            expected.Check(former?.Version, s_terms);
            if (await session.NumberAsync($"SELECT 1 FROM experiments WHERE store = {store} AND key = {key}") is not null)
            {
                throw new ControlRefusalException(ControlRefusalException.FlagExists, "The store has an experiment with this key. Choose another key.");
            }

            await SegmentUses.EnsureAsync(session, store, (definition.Rules ?? []).Select(rule => rule.Segment));
            await Limits.EnsureAsync(session, s_terms, SqlPart.Of($"feature_flags"), SqlPart.Of($"store = {store} AND key = {key}"), store, former is null, bytes);
            var now = DateTimeOffset.FromUnixTimeMilliseconds(database.Time.GetUtcNow().ToUnixTimeMilliseconds());
            var flag = new FeatureFlag(store, key, definition, former?.Salt ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)),
                Guid.CreateVersion7().ToString("n"), now, actor);
            await session.RunAsync($"""
                INSERT INTO feature_flags (store, key, version, salt, definition, bytes, updated_at, updated_by)
                VALUES ({store}, {key}, {flag.Version}, {flag.Salt}, {json}, {bytes}, {now}, {actor})
                ON CONFLICT (store, key) DO UPDATE SET version = excluded.version, definition = excluded.definition, bytes = excluded.bytes,
                    updated_at = excluded.updated_at, updated_by = excluded.updated_by
                """);
            await _audit.AppendAsync(session, new AuditEvent(actor, former is null ? "feature_flag.add" : "feature_flag.change", $"feature_flag:{key}", NullIfShared(store),
                $$"""{"version":"{{flag.Version}}","enabled":{{(definition.Enabled ? "true" : "false")}}}""")
            { Address = address });
            await session.MarkChangedAsync(Topic);
            return (flag, former is null);
        }, cancellation);
    }

    /// <summary>Deletes a flag.</summary>
    /// <returns><see langword="false"/> if there is none.</returns>
    /// <exception cref="ControlRefusalException">The precondition fails.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<bool> DeleteAsync(string store, string key, Precondition expected, string actor, string? address, CancellationToken cancellation = default) =>
        database.WriteAsync(async session =>
        {
            var former = (await ReadAsync(session, SqlPart.Of($"store = {store} AND key = {key}"))).FirstOrDefault();
            if (former is null)
            {
                return false;
            }

            expected.Check(former.Version, s_terms);
            await session.RunAsync($"DELETE FROM feature_flags WHERE store = {store} AND key = {key}");
            await _audit.AppendAsync(session, new AuditEvent(actor, "feature_flag.delete", $"feature_flag:{key}", NullIfShared(store)) { Address = address });
            await session.MarkChangedAsync(Topic);
            return true;
        }, cancellation);

    /// <summary>Reads flags in a transaction, by store and key.</summary>
    internal static Task<List<FeatureFlag>> ReadAsync(ControlSession session, SqlPart condition) => session.ListAsync(
        $"SELECT store, key, definition, salt, version, updated_at, updated_by FROM feature_flags WHERE {condition} ORDER BY store, key LIMIT {Limits.Total}",
        row => new FeatureFlag(row.Text(0), row.Text(1), JsonSerializer.Deserialize(row.Text(2), FlagJson.Default.FlagDefinition)!, row.Text(3), row.Text(4), row.Time(5), row.Text(6)));

    static string? NullIfShared(string store) => store.Length == 0 ? null : store;
}
