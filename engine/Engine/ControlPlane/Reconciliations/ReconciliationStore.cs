using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Reconciliations;

/// <summary>Keeps the latest reports of each store, and records each in the audit log. Thread-safe.</summary>
/// <param name="database">The database.</param>
public sealed class ReconciliationStore(ControlDatabase database)
{
    /// <summary>Maximum number of reports of a store. Older ones are deleted.</summary>
    public const int MaxPerStore = 200;

    readonly AuditLog _audit = new(database);

    /// <summary>Adds a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="address">The client's address, for the audit log; <see langword="null"/> without a request.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task AddAsync(ReconciliationReport report, string? address, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        var json = JsonSerializer.Serialize(report, ReconciliationJson.Default.ReconciliationReport);
        await session.RunAsync($"INSERT INTO reconciliations (id, store, report) VALUES ({report.Id}, {report.StoreId}, {json})");
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
            $"SELECT report FROM reconciliations WHERE store = {store} AND id < {last} ORDER BY id DESC LIMIT {limit}", Read), cancellation);
    }

    /// <summary>Finds a report; <see langword="null"/> if the store has none with this id.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<ReconciliationReport?> FindAsync(string store, string id, CancellationToken cancellation = default) =>
        database.ReadAsync(session => session.FirstAsync($"SELECT report FROM reconciliations WHERE store = {store} AND id = {id}", Read), cancellation);

    static ReconciliationReport Read(ControlRow row) => JsonSerializer.Deserialize(row.Text(0), ReconciliationJson.Default.ReconciliationReport)!;
}
