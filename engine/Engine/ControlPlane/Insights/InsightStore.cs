using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Insights;

/// <summary>Stores periodic reports on a store's data, by time. Thread-safe.</summary>
/// <param name="database">The database.</param>
/// <param name="engine">The engine's id if several engines share the database; else empty.</param>
public sealed class InsightStore(ControlDatabase database, string engine)
{
    /// <summary>A kind of report.</summary>
    public const string DataQuality = "data_quality", Features = "features", Drift = "drift", DriftReference = "drift_reference",
        Training = "training", ShadowEvaluation = "shadow_evaluation";

    /// <summary>Stands for the store in reports on all stores together.</summary>
    public const string AllStores = "";

    // Stores of an engine, including removed ones.
    const int MaxStores = 5000;

    /// <summary>Stores reports, and deletes expired ones of the kind.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="at">The time of the reports; a report of the same time is replaced.</param>
    /// <param name="reports">The reports as JSON, by the id of their store.</param>
    /// <param name="retention">Retention of reports.</param>
    /// <param name="cancellation">Cancels the operation.</param>
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
