using System.Text;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>Stores API keys. Every change and its audit entry are one transaction. Thread-safe.</summary>
/// <param name="database">The database.</param>
public sealed class ApiKeyStore(ControlDatabase database)
{
    /// <summary>Maximum number of a store's active keys, and of all keys when one is added.</summary>
    public const int MaxPerStore = 100, MaxKeys = 10_000;

    // Include replaced and expired keys. Twice MaxKeys, so that a rotation is permitted when no key can be added.
    const int MaxRowsPerStore = 10 * MaxPerStore, MaxRows = 2 * MaxKeys;

    /// <summary>Default and maximum time for which both keys are valid after a rotation.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(24), MaxOverlap = TimeSpan.FromDays(30);

    /// <summary>The topic that every change marks in <see cref="ControlChanges"/>.</summary>
    internal const string Topic = "api_keys";

    // Retention of expired keys: their list shows why a client stopped working.
    static readonly TimeSpan s_expiredRetention = TimeSpan.FromDays(30);

    readonly AuditLog _audit = new(database);

    /// <summary>Creates a key.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="settings">The settings. The caller has validated them.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="by">The user who creates it. Must hold all of the key's permissions. <see langword="null"/> for a command.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The record, and the key's text, which is not stored.</returns>
    /// <exception cref="ControlRefusalException"><see cref="ControlRefusalException.TooManyKeys"/>, or <paramref name="by"/> lacks a permission.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<(ApiKey Key, string Text)> AddAsync(
        string store, ApiKeySettings settings, string actor, string? address, SignedInUser? by = null, CancellationToken cancellation = default)
    {
        var (key, text) = Make(store, settings, actor);
        await database.WriteAsync(async session =>
        {
            await GrantCheck.EnsureHeldAsync(session, by, KeyScopes.Of(settings.Kind, settings.Scopes), store);
            if (await session.NumberAsync($"SELECT COUNT(*) FROM api_keys WHERE store = {store} AND replaced_by IS NULL AND (expires_at IS NULL OR expires_at > {key.CreatedAt})")
                >= MaxPerStore)
            {
                throw new ControlRefusalException(ControlRefusalException.TooManyKeys, $"The store has {MaxPerStore} keys. Revoke an unused one.");
            }

            await InsertAsync(session, key, MaxKeys);
            await _audit.AppendAsync(session, new AuditEvent(actor, "api_key.add", $"key:{key.Id}", store, DetailsOf(key)) { Address = address });
            await session.MarkChangedAsync(Topic);
        }, cancellation);
        return (key, text);
    }

    /// <summary>
    /// Creates a key with the same settings, and expires the former key after an overlap. The lifetime of a key that expires starts anew.
    /// </summary>
    /// <param name="former">The former key.</param>
    /// <param name="overlap">How long both keys are valid.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <param name="by">The user who rotates it. Must hold all of the key's permissions. <see langword="null"/> for a command.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The new record, and the new key's text, which is not stored.</returns>
    /// <exception cref="ControlRefusalException">The former key was replaced, has expired or was revoked; there are too many keys; or
    /// <paramref name="by"/> lacks a permission.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<(ApiKey Key, string Text)> RotateAsync(
        ApiKey former, TimeSpan overlap, string actor, string? address, SignedInUser? by = null, CancellationToken cancellation = default)
    {
        var now = database.Time.GetUtcNow();
        var life = former.Settings.ExpiresAt - former.CreatedAt;
        life = life > ApiKeySettings.MaxLife ? ApiKeySettings.MaxLife : life;
        var (key, text) = Make(former.Store, former.Settings with { ExpiresAt = now + life }, actor);
        var end = former.Settings.ExpiresAt is { } expires && expires < now + overlap ? expires : now + overlap;
        await database.WriteAsync(async session =>
        {
            await GrantCheck.EnsureHeldAsync(session, by, KeyScopes.Of(former.Settings.Kind, former.Settings.Scopes), former.Store);
            if (await session.RunAsync($"""
                UPDATE api_keys SET expires_at = {end}, replaced_by = {key.Id}
                WHERE id = {former.Id} AND replaced_by IS NULL AND (expires_at IS NULL OR expires_at > {now})
                """) == 0)
            {
                throw new ControlRefusalException(ControlRefusalException.KeyEnded, "The key was replaced or revoked, or has expired. Rotate its successor, or create a new one.");
            }

            // Frequent rotations leave more expired keys than CleanAsync deletes in time.
            await session.RunAsync($"""
                DELETE FROM api_keys WHERE store = {key.Store} AND expires_at <= {now} AND id NOT IN
                    (SELECT id FROM api_keys WHERE store = {key.Store} AND expires_at <= {now} ORDER BY expires_at DESC, id DESC LIMIT {MaxPerStore})
                """);
            await InsertAsync(session, key, MaxRows);
            await _audit.AppendAsync(session, new AuditEvent(actor, "api_key.rotate", $"key:{former.Id}", key.Store, DetailsOf(key)) { Address = address });
            await session.MarkChangedAsync(Topic);
        }, cancellation);
        return (key, text);
    }

    /// <summary>
    /// Revokes a key and closes its streams. This engine rejects it at once, others within <see cref="ControlChanges.Interval"/>.
    /// </summary>
    /// <returns><see langword="false"/> if the store has no such key.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<bool> RevokeAsync(string store, string id, string actor, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        if (await session.RunAsync($"DELETE FROM api_keys WHERE id = {id} AND store = {store}") == 0)
        {
            return false;
        }

        await _audit.AppendAsync(session, new AuditEvent(actor, "api_key.revoke", $"key:{id}", store) { Address = address });
        await session.MarkChangedAsync(Topic);
        return true;
    }, cancellation);

    /// <summary>Lists a store's keys, the newest first.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<ApiKey>> ListAsync(string store, CancellationToken cancellation = default) =>
        database.ReadAsync(session => ReadAsync(session, SqlPart.Of($"store = {store}")), cancellation);

    /// <summary>Finds a key of a store; returns <see langword="null"/> if there is none.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<ApiKey?> FindAsync(string store, string id, CancellationToken cancellation = default) =>
        database.ReadAsync(async session => (await ReadAsync(session, SqlPart.Of($"store = {store} AND id = {id}"))).FirstOrDefault(), cancellation);

    /// <summary>Stores the time of use of keys. Marks no topic: followers do not reload.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task MarkUsedAsync(IReadOnlyList<string> ids, CancellationToken cancellation = default)
    {
        var now = database.Time.GetUtcNow();
        return database.WriteAsync(async session =>
        {
            foreach (var id in ids)
            {
                await session.RunAsync($"UPDATE api_keys SET last_used_at = {now} WHERE id = {id} AND (last_used_at IS NULL OR last_used_at < {now})");
            }
        }, cancellation);
    }

    /// <summary>Deletes keys that expired long ago.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task CleanAsync(CancellationToken cancellation = default) =>
        database.WriteAsync(session => session.RunAsync($"DELETE FROM api_keys WHERE expires_at < {database.Time.GetUtcNow() - s_expiredRetention}"), cancellation);

    /// <summary>Reads keys in a transaction, the newest first.</summary>
    internal static Task<List<ApiKey>> ReadAsync(ControlSession session, SqlPart condition) => session.ListAsync(
        $"""
        SELECT id, store, name, kind, scopes, origins, loopback_only, expires_at, hint, hash, created_at, created_by, last_used_at, replaced_by, events_per_day
        FROM api_keys WHERE {condition} ORDER BY created_at DESC, id DESC LIMIT {MaxRows}
        """,
        row => new ApiKey(row.Text(0), row.Text(1), new ApiKeySettings(row.Text(2), row.Text(3) == Secret ? KeyKind.Secret : KeyKind.Publishable,
            row.TextOrNull(4)?.Split(' '), row.Text(5).Split(' ', StringSplitOptions.RemoveEmptyEntries), row.IsTrue(6), row.TimeOrNull(7), row.Number(14)), row.Text(8),
            KeyHash.FromBytes(row.Bytes(9)), row.Time(10), row.Text(11))
        { LastUsedAt = row.TimeOrNull(12), ReplacedBy = row.TextOrNull(13) });

    const string Secret = "secret", Publishable = "publishable";

    static string NameOf(KeyKind kind) => kind == KeyKind.Secret ? Secret : Publishable;

    (ApiKey Key, string Text) Make(string store, ApiKeySettings settings, string actor)
    {
        var text = ApiKeyText.New(settings.Kind);

        // Truncated to milliseconds, like the stored time.
        var now = DateTimeOffset.FromUnixTimeMilliseconds(database.Time.GetUtcNow().ToUnixTimeMilliseconds());
        return (new ApiKey(Guid.CreateVersion7().ToString("n"), store, settings, ApiKeyText.HintOf(text), KeyHash.Of(Encoding.ASCII.GetBytes(text)), now, actor), text);
    }

    static async Task InsertAsync(ControlSession session, ApiKey key, int maxRows)
    {
        if (await session.NumberAsync($"SELECT COUNT(*) FROM api_keys WHERE store = {key.Store}") >= MaxRowsPerStore)
        {
            throw new ControlRefusalException(ControlRefusalException.TooManyKeys, $"The store has {MaxRowsPerStore} keys, including replaced ones. Revoke unused ones.");
        }

        if (await session.NumberAsync($"SELECT COUNT(*) FROM api_keys") >= maxRows)
        {
            throw new ControlRefusalException(ControlRefusalException.TooManyKeys, $"There are {maxRows} keys. Revoke unused ones.");
        }

        var settings = key.Settings;
        await session.RunAsync($"""
            INSERT INTO api_keys (id, store, name, kind, scopes, origins, loopback_only, expires_at, hint, hash, created_at, created_by, events_per_day)
            VALUES ({key.Id}, {key.Store}, {settings.Name}, {NameOf(settings.Kind)}, {(settings.Scopes is null ? null : string.Join(' ', settings.Scopes))},
                {string.Join(' ', settings.Origins)}, {settings.LoopbackOnly}, {settings.ExpiresAt}, {key.Hint}, {key.Hash.ToBytes()}, {key.CreatedAt}, {key.CreatedBy},
                {settings.EventsPerDay})
            """);
    }

    // Without the name, which may be personal: the log outlives the deletion of personal data.
    static string DetailsOf(ApiKey key) =>
        $$"""{"key":"{{key.Id}}","hint":"{{key.Hint}}","scopes":"{{(key.Settings.Scopes is { } scopes ? string.Join(' ', scopes) : "all")}}"}""";
}
