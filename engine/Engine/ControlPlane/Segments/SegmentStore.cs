using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Engine.ControlPlane.Segments;

/// <summary>Stores segments and their versions. Every change and its audit entry are one transaction. Thread-safe.</summary>
/// <param name="database">The database.</param>
public sealed class SegmentStore(ControlDatabase database)
{
    /// <summary>Maximum number of segments of a store, of all stores, and of kept versions of each.</summary>
    public const int MaxPerStore = 200, MaxSegments = 2_000, MaxVersions = 100;

    /// <summary>Maximum size of one definition, and of all together, in bytes. The definitions that campaigns use must fit into a journal entry.</summary>
    public const int MaxBytes = 16 * 1024, MaxAllBytes = 1 << 20;

    /// <summary>The topic that every change marks in <see cref="ControlChanges"/>.</summary>
    internal const string Topic = "segments";

    readonly AuditLog _audit = new(database);

    /// <summary>Creates a segment, or adds a version. The new version is in force at once.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="key">The key.</param>
    /// <param name="definition">The definition. The caller has validated it.</param>
    /// <param name="expected">What must be there.</param>
    /// <param name="actor">Who asks, for the audit log.</param>
    /// <param name="address">Where the request comes from.</param>
    /// <param name="guarded">If campaigns need approval, those in force that name it, also those of the configuration, which is not in the database; <see langword="null"/> if
    /// they need none.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlRefusalException">Something else is there, there are too many, or a campaign that was approved names it.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<Segment> SetAsync(
        string store, string key, SegmentDefinition definition, FlagExpectation expected, string actor, string? address, IReadOnlyList<string>? guarded = null, CancellationToken cancellation = default)
    {
        var json = JsonSerializer.Serialize(definition, SegmentJson.Default.SegmentDefinition);
        var bytes = Encoding.UTF8.GetByteCount(json);
        return database.WriteAsync(async session =>
        {
            var former = await FindAsync(session, store, key);
            Check(expected, former?.Version);
            if (guarded is not null)
            {
                await SegmentUses.EnsureNotApprovedAsync(session, store, key, guarded);
            }

            var others = await session.NumberAsync($"""
                SELECT SUM(v.bytes) FROM segments s JOIN segment_versions v ON v.store = s.store AND v.key = s.key AND v.number = s.number
                WHERE NOT (s.store = {store} AND s.key = {key})
                """) ?? 0;
            if (bytes > MaxBytes || others + bytes > MaxAllBytes
                || (former is null && (await session.NumberAsync($"SELECT COUNT(*) FROM segments WHERE store = {store}") >= MaxPerStore
                    || await session.NumberAsync($"SELECT COUNT(*) FROM segments") >= MaxSegments)))
            {
                throw new ControlRefusalException(ControlRefusalException.TooManySegments,
                    $"A segment has at most {MaxBytes} bytes, a store {MaxPerStore} segments, all stores {MaxSegments} with {MaxAllBytes} bytes. Delete an unused one.");
            }

            var now = DateTimeOffset.FromUnixTimeMilliseconds(database.Time.GetUtcNow().ToUnixTimeMilliseconds());
            var segment = new Segment(store, key, definition, (former?.Number ?? 0) + 1, Guid.CreateVersion7().ToString("n"), now, actor);
            await session.RunAsync($"""
                INSERT INTO segments (store, key, number) VALUES ({store}, {key}, {segment.Number})
                ON CONFLICT (store, key) DO UPDATE SET number = excluded.number
                """);
            await session.RunAsync($"""
                INSERT INTO segment_versions (store, key, number, version, definition, bytes, created_at, created_by)
                VALUES ({store}, {key}, {segment.Number}, {segment.Version}, {json}, {bytes}, {now}, {actor})
                """);
            await session.RunAsync($"DELETE FROM segment_versions WHERE store = {store} AND key = {key} AND number <= {segment.Number - MaxVersions}");
            await RecordAsync(session, former is null ? "segment.add" : "segment.change", segment, actor, address);
            return segment;
        }, cancellation);
    }

    /// <summary>Deletes an unused segment and its versions.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="key">The key.</param>
    /// <param name="expected">What must be there.</param>
    /// <param name="campaigns">The campaigns in force that name it, including those of the configuration file.</param>
    /// <param name="actor">Who asks, for the audit log.</param>
    /// <param name="address">Where the request comes from.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns><see langword="false"/> if there is none.</returns>
    /// <exception cref="ControlRefusalException">The precondition fails, or the segment is in use.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<bool> DeleteAsync(
        string store, string key, FlagExpectation expected, IReadOnlyList<string> campaigns, string actor, string? address, CancellationToken cancellation = default) =>
        database.WriteAsync(async session =>
        {
            if (await FindAsync(session, store, key) is not { } former)
            {
                return false;
            }

            Check(expected, former.Version);
            var uses = await SegmentUses.FindAsync(session, store, key, campaigns);
            if (uses.Count > 0)
            {
                throw new ControlRefusalException(ControlRefusalException.SegmentInUse, $"The segment is used by {SegmentUses.Describe(uses)}. Change or delete that first.");
            }

            await session.RunAsync($"DELETE FROM segment_versions WHERE store = {store} AND key = {key}");
            await session.RunAsync($"DELETE FROM segments WHERE store = {store} AND key = {key}");
            await RecordAsync(session, "segment.delete", former, actor, address);
            return true;
        }, cancellation);

    /// <summary>Lists a segment's versions, the newest first.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<Segment>> VersionsAsync(string store, string key, CancellationToken cancellation = default) => database.ReadAsync(session => session.ListAsync(
        $"""
        SELECT store, key, definition, number, version, created_at, created_by FROM segment_versions
        WHERE store = {store} AND key = {key} ORDER BY number DESC LIMIT {MaxVersions}
        """, Read), cancellation);

    /// <summary>Reads the current versions in a transaction, by store and key.</summary>
    internal static Task<List<Segment>> ReadAsync(ControlSession session, SqlPart condition) => session.ListAsync(
        $"""
        SELECT s.store, s.key, v.definition, v.number, v.version, v.created_at, v.created_by
        FROM segments s JOIN segment_versions v ON v.store = s.store AND v.key = s.key AND v.number = s.number WHERE {condition} ORDER BY s.store, s.key LIMIT {MaxSegments}
        """, Read);

    static async Task<Segment?> FindAsync(ControlSession session, string store, string key) =>
        (await ReadAsync(session, SqlPart.Of($"s.store = {store} AND s.key = {key}"))).FirstOrDefault();

    static Segment Read(ControlRow row) => new(row.Text(0), row.Text(1), JsonSerializer.Deserialize(row.Text(2), SegmentJson.Default.SegmentDefinition)!, row.Number(3), row.Text(4),
        row.Time(5), row.Text(6));

    static void Check(FlagExpectation expected, string? present)
    {
        if (expected.IsNew && present is not null)
        {
            throw new ControlRefusalException(ControlRefusalException.SegmentExists, "There is a segment with this key already. Change it, or choose another key.");
        }

        if ((expected.Version is not null && expected.Version != present) || (expected.MustExist && present is null))
        {
            throw new ControlRefusalException(ControlRefusalException.SegmentChanged, "The segment was changed or deleted meanwhile. Read it again, and repeat your change with its ETag.");
        }
    }

    async Task RecordAsync(ControlSession session, string action, Segment segment, string actor, string? address)
    {
        await _audit.AppendAsync(session, new AuditEvent(actor, action, $"segment:{segment.Key}", segment.Store,
            string.Create(CultureInfo.InvariantCulture, $$"""{"version":{{segment.Number}}}"""))
        { Address = address });
        await session.MarkChangedAsync(Topic);
    }
}
