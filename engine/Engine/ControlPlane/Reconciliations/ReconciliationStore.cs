using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Reconciliations;

/// <summary>
/// Keeps the latest reports of each store, encrypted, and records each in the audit log. A report lists ids of orders and carts, and what the shop
/// wrote about them. Thread-safe.
/// </summary>
/// <param name="database">The database.</param>
public sealed class ReconciliationStore(ControlDatabase database)
{
    /// <summary>Maximum number of reports of a store. Older ones are deleted.</summary>
    public const int MaxPerStore = 200;

    const string Omitted = "(omitted: it named a person who is forgotten)";

    const int TimeDigits = 12;

    readonly AuditLog _audit = new(database);

    /// <summary>Adds a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="address">The client's address, for the audit log; <see langword="null"/> without a request.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task AddAsync(ReconciliationReport report, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        await session.RunAsync($"INSERT INTO reconciliations (id, store, report, sealed) VALUES ({report.Id}, {report.StoreId}, {""}, {Seal(report)})");
        await session.RunAsync($"""
            DELETE FROM reconciliations WHERE store = {report.StoreId} AND id NOT IN (
                SELECT id FROM reconciliations WHERE store = {report.StoreId} ORDER BY id DESC LIMIT {MaxPerStore})
            """);
        await _audit.AppendAsync(session, new AuditEvent(report.By, "reconciliation.add", $"reconciliation:{report.Id}", report.StoreId,
            $$"""{"orders":{{report.Orders}},"missing":{{report.MissingHere}},"differing":{{report.Differing}},"repaired":{{report.Repaired}}}""")
        { Address = address });
    }, cancellation);

    /// <summary>Lists reports of a store, the newest first.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="before">Lists reports with smaller ids; <see langword="null"/> to begin with the newest.</param>
    /// <param name="limit">Maximum number of reports to return.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<ReconciliationReport>> ListAsync(string store, string? before, int limit, CancellationToken cancellation = default)
    {
        // Ids are ordered by time.
        var last = before ?? "~";
        return database.ReadAsync(session => session.ListAsync(
            $"SELECT id, report, sealed FROM reconciliations WHERE store = {store} AND id < {last} ORDER BY id DESC LIMIT {limit}", Read), cancellation);
    }

    /// <summary>Finds a report; <see langword="null"/> if the store has none with this id.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<ReconciliationReport?> FindAsync(string store, string id, CancellationToken cancellation = default) =>
        database.ReadAsync(
            session => session.FirstAsync($"SELECT id, report, sealed FROM reconciliations WHERE store = {store} AND id = {id}", Read), cancellation);

    /// <summary>Encrypts reports that an earlier version stored in the clear. Idempotent.</summary>
    /// <returns>The number of reports.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<int> SealAllAsync(CancellationToken cancellation = default)
    {
        var sealedReports = await database.WriteAsync(async session =>
        {
            var plain = await session.ListAsync($"SELECT id, report, sealed FROM reconciliations WHERE sealed IS NULL", Read);
            foreach (var report in plain)
            {
                await SetAsync(session, report);
            }

            return plain.Count;
        }, cancellation);
        try
        {
            await (sealedReports > 0 ? database.ScrubAsync(cancellation) : Task.CompletedTask);
        }
        catch (ControlDatabaseException e) when (e.Code == ControlDatabaseException.Conflict)
        {
            // A command reads the database: the former rows stay in its log until a later checkpoint.
        }

        return sealedReports;
    }

    /// <summary>Deletes a person's ids from the reports of a store. The reports' numbers stay.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="isTheirs">Whether an order's id and a cart's id are theirs.</param>
    /// <param name="names">Whether a text names them.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The number of differences and errors that had some.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<long> EraseAsync(string store, Func<string?, string?, bool> isTheirs, Func<string, bool> names, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        var erased = 0L;
        foreach (var id in await session.ListAsync($"SELECT id FROM reconciliations WHERE store = {store} ORDER BY id", row => row.Text(0)))
        {
            var report = (await session.FirstAsync($"SELECT id, report, sealed FROM reconciliations WHERE id = {id}", Read))!;
            var before = erased;
            var source = names(report.Source) ? Omitted : report.Source;
            erased += source == report.Source ? 0 : 1;
            var changed = report with
            {
                Source = source,
                Differences = [.. report.Differences.Select(d => isTheirs(d.OrderId, d.CartId) || names($"{d.OrderId} {d.CartId}") ? Without(d) : d)],
                Errors = [.. report.Errors.Select(error => names(error.Message) ? WithoutText(error) : error)],
            };
            if (erased > before)
            {
                await SetAsync(session, changed);
            }
        }

        return erased;

        ReconciliationDifference Without(ReconciliationDifference difference)
        {
            erased++;
            return difference with { Line = null, OrderId = null, CartId = null, Shop = null, Engine = null };
        }

        ReconciliationError WithoutText(ReconciliationError error)
        {
            erased++;
            return error with { Message = Omitted };
        }
    }, cancellation);

    /// <summary>Deletes reports that were made before a time.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task PurgeAsync(DateTimeOffset oldest, CancellationToken cancellation = default)
    {
        var first = FirstIdOf(oldest);
        return database.WriteAsync(session => session.RunAsync($"DELETE FROM reconciliations WHERE id < {first}"), cancellation);
    }

    /// <summary>Counts the reports of a store.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="oldest">Those that were made before are expired.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>All, those that are expired, and when the oldest was made (ms since 1970 UTC).</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<(long Rows, long Expired, long? OldestAt)> CountAsync(string store, DateTimeOffset oldest, CancellationToken cancellation = default)
    {
        var first = FirstIdOf(oldest);
        var ids = await database.ReadAsync(session => session.ListAsync($"SELECT id FROM reconciliations WHERE store = {store} ORDER BY id LIMIT {MaxPerStore}", row => row.Text(0)), cancellation);
        return (ids.Count, ids.Count(id => string.CompareOrdinal(id, first) < 0),
            ids is [var old, ..] ? long.Parse(old.AsSpan(0, TimeDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : null);
    }

    // Ids begin with the time, in milliseconds.
    static string FirstIdOf(DateTimeOffset time) => Math.Max(0, time.ToUnixTimeMilliseconds()).ToString($"x{TimeDigits}", CultureInfo.InvariantCulture);

    Task SetAsync(ControlSession session, ReconciliationReport report) =>
        session.RunAsync($"UPDATE reconciliations SET report = {""}, sealed = {Seal(report)} WHERE id = {report.Id}");

    byte[] Seal(ReconciliationReport report) =>
        database.Keys.Seal(JsonSerializer.SerializeToUtf8Bytes(report, ReconciliationJson.Default.ReconciliationReport), PlaceOf(report.Id));

    // An earlier version stored them in the clear.
    ReconciliationReport Read(ControlRow row) => JsonSerializer.Deserialize(
        row.BytesOrNull(2) is { } bytes ? database.Keys.OpenBytes(bytes, PlaceOf(row.Text(0))) : Encoding.UTF8.GetBytes(row.Text(1)),
        ReconciliationJson.Default.ReconciliationReport)!;

    static string PlaceOf(string id) => $"reconciliations.sealed:{id}";
}
