using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Definitions;

/// <summary>Stores the definitions of a kind and their versions. Every change and its audit entry are one transaction. Thread-safe.</summary>
/// <param name="database">The database.</param>
/// <param name="kind">The kind.</param>
public sealed class DefinitionStore<T>(ControlDatabase database, DefinitionKind<T> kind)
    where T : class
{
    /// <summary>Maximum number of kept versions of a definition. The oldest are deleted first.</summary>
    public const int MaxVersions = 100;

    readonly AuditLog _audit = new(database);

    /// <summary>Creates a definition, or adds a version. The new version is in force at once.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="name">The name.</param>
    /// <param name="definition">The definition. The caller has validated it.</param>
    /// <param name="expected">The precondition.</param>
    /// <param name="guarded">If campaigns need approval, those in force that name it, including those of the configuration file; <see langword="null"/> if they need none.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlRefusalException">The precondition fails, a limit is reached, or an approved campaign names it.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<VersionedDefinition<T>> SetAsync(
        string store, string name, T definition, Precondition expected, IReadOnlyList<string>? guarded, string actor, string? address, CancellationToken cancellation = default)
    {
        var json = JsonSerializer.Serialize(definition, kind.Json);
        var bytes = Encoding.UTF8.GetByteCount(json);
        return database.WriteAsync(async session =>
        {
            var former = await FindAsync(session, store, name);
            expected.Check(former?.Version, kind.Terms);
            if (guarded is not null)
            {
                await DefinitionUses.EnsureNotApprovedAsync(session, kind, store, name, guarded);
            }

            var current = SqlPart.Of($"(SELECT d.store, d.{kind.Column} AS name, v.bytes FROM {Current(kind)}) AS present");
            await kind.Limits.EnsureAsync(session, kind.Terms, current, SqlPart.Of($"store = {store} AND name = {name}"), store, former is null, bytes);
            var now = DateTimeOffset.FromUnixTimeMilliseconds(database.Time.GetUtcNow().ToUnixTimeMilliseconds());
            var version = new VersionedDefinition<T>(store, name, definition, (former?.Number ?? 0) + 1, Guid.CreateVersion7().ToString("n"), now, actor);
            await session.RunAsync($"""
                INSERT INTO {kind.Table} (store, {kind.Column}, number) VALUES ({store}, {name}, {version.Number})
                ON CONFLICT (store, {kind.Column}) DO UPDATE SET number = excluded.number
                """);
            await session.RunAsync($"""
                INSERT INTO {kind.Versions} (store, {kind.Column}, number, version, definition, bytes, created_at, created_by)
                VALUES ({store}, {name}, {version.Number}, {version.Version}, {json}, {bytes}, {now}, {actor})
                """);
            await session.RunAsync($"DELETE FROM {kind.Versions} WHERE store = {store} AND {kind.Column} = {name} AND number <= {version.Number - MaxVersions}");
            await RecordAsync(session, former is null ? "add" : "change", version, actor, address);
            return version;
        }, cancellation);
    }

    /// <summary>Deletes an unused definition and its versions.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="name">The name.</param>
    /// <param name="expected">The precondition.</param>
    /// <param name="campaigns">The campaigns in force that name it, including those of the configuration file.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns><see langword="false"/> if there is none.</returns>
    /// <exception cref="ControlRefusalException">The precondition fails, or the definition is in use.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<bool> DeleteAsync(
        string store, string name, Precondition expected, IReadOnlyList<string> campaigns, string actor, string? address, CancellationToken cancellation = default) =>
        database.WriteAsync(async session =>
        {
            if (await FindAsync(session, store, name) is not { } former)
            {
                return false;
            }

            expected.Check(former.Version, kind.Terms);
            await DefinitionUses.EnsureUnusedAsync(session, kind, store, name, campaigns);
            await session.RunAsync($"DELETE FROM {kind.Versions} WHERE store = {store} AND {kind.Column} = {name}");
            await session.RunAsync($"DELETE FROM {kind.Table} WHERE store = {store} AND {kind.Column} = {name}");
            await RecordAsync(session, "delete", former, actor, address);
            return true;
        }, cancellation);

    /// <summary>Lists a definition's versions, the newest first.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<VersionedDefinition<T>>> VersionsAsync(string store, string name, CancellationToken cancellation = default) => database.ReadAsync(session => session.ListAsync(
        $"""
        SELECT v.store, v.{kind.Column}, {Content} FROM {kind.Versions} v WHERE v.store = {store} AND v.{kind.Column} = {name} ORDER BY v.number DESC LIMIT {MaxVersions}
        """, row => Read(row, kind)), cancellation);

    /// <summary>Reads the current versions in a transaction, by store and name.</summary>
    internal static Task<List<VersionedDefinition<T>>> ReadAsync(ControlSession session, DefinitionKind<T> kind, SqlPart condition) => session.ListAsync(
        $"""
        SELECT d.store, d.{kind.Column}, {Content} FROM {Current(kind)} WHERE {condition} ORDER BY d.store, d.{kind.Column} LIMIT {kind.Limits.Total}
        """, row => Read(row, kind));

    static SqlPart Content => SqlPart.Of($"v.definition, v.number, v.version, v.created_at, v.created_by");

    static SqlPart Current(DefinitionKind<T> kind) =>
        SqlPart.Of($"{kind.Table} d JOIN {kind.Versions} v ON v.store = d.store AND v.{kind.Column} = d.{kind.Column} AND v.number = d.number");

    static VersionedDefinition<T> Read(ControlRow row, DefinitionKind<T> kind) =>
        new(row.Text(0), row.Text(1), JsonSerializer.Deserialize(row.Text(2), kind.Json)!, row.Number(3), row.Text(4), row.Time(5), row.Text(6));

    async Task<VersionedDefinition<T>?> FindAsync(ControlSession session, string store, string name) =>
        (await ReadAsync(session, kind, SqlPart.Of($"d.store = {store} AND d.{kind.Column} = {name}"))).FirstOrDefault();

    async Task RecordAsync(ControlSession session, string action, VersionedDefinition<T> version, string actor, string? address)
    {
        await _audit.AppendAsync(session, new AuditEvent(actor, $"{kind.Terms.Noun}.{action}", $"{kind.Terms.Noun}:{version.Name}", version.Store,
            string.Create(CultureInfo.InvariantCulture, $$"""{"version":{{version.Number}}}"""))
        { Address = address });
        await session.MarkChangedAsync(kind.Topic);
    }
}
