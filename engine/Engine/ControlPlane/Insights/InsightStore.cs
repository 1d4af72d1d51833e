using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Insights;

/// <summary>Reports on a store's data that an engine makes on a schedule, kept by time. Any thread.</summary>
/// <param name="database">The database.</param>
/// <param name="engine">The engine's id where engines share the database; else empty.</param>
public sealed class InsightStore(ControlDatabase database, string engine)
{
    /// <summary>A kind of report.</summary>
    public const string DataQuality = "data_quality", Features = "features";

    // Stores of an engine, with some that were removed.
    const int MaxStores = 5000;

    /// <summary>Keeps reports, and deletes those of the kind that were kept for long enough.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="at">The time that they are of; another report of the time is replaced.</param>
    /// <param name="reports">The reports as JSON, by the id of their store.</param>
    /// <param name="retention">How long they are kept.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task SaveAsync(
        string kind, DateTimeOffset at, IReadOnlyCollection<(string Store, string Report)> reports, TimeSpan retention, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        foreach (var (store, report) in reports)
        {
            await session.RunAsync($"""
                INSERT INTO insights (kind, engine, store, at, report) VALUES ({kind}, {engine}, {store}, {at}, {report})
                ON CONFLICT (kind, engine, store, at) DO UPDATE SET report = excluded.report
                """);
        }

        await session.RunAsync($"DELETE FROM insights WHERE kind = {kind} AND at < {database.Time.GetUtcNow() - retention}");
    }, cancellation);

    /// <summary>Lists reports of a store, the newest first.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<(DateTimeOffset At, string Report)>> ListAsync(string kind, string store, DateTimeOffset before, int limit, CancellationToken cancellation = default) =>
        database.ReadAsync(session => session.ListAsync(
            $"SELECT at, report FROM insights WHERE kind = {kind} AND engine = {engine} AND store = {store} AND at < {before} ORDER BY at DESC LIMIT {limit}",
            row => (row.Time(0), row.Text(1))), cancellation);

    /// <summary>Reads the newest report of each store.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<IReadOnlyDictionary<string, string>> LatestAsync(string kind, CancellationToken cancellation = default) => (await database.ReadAsync(session => session.ListAsync(
        $"""
        SELECT store, report FROM insights WHERE kind = {kind} AND engine = {engine}
            AND at = (SELECT MAX(at) FROM insights AS newest WHERE newest.kind = insights.kind AND newest.engine = insights.engine AND newest.store = insights.store) LIMIT {MaxStores}
        """, row => (Store: row.Text(0), Report: row.Text(1))), cancellation)).ToDictionary(row => row.Store, row => row.Report, StringComparer.Ordinal);
}
