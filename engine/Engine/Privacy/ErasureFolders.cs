using System.Globalization;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.Privacy;

/// <summary>
/// Stores which data folders share the control database. A request to erase a person is added for each of them, and each engine erases its own folder. Thread-safe.
/// </summary>
/// <param name="database">The database.</param>
public sealed class ErasureFolders(ControlDatabase database)
{
    /// <summary>Maximum number of folders.</summary>
    public const int Max = 1000;

    readonly AuditLog _audit = new(database);

    /// <summary>Records that the engine of a folder starts. A folder that was unknown is scanned for erased people, see <see cref="ForgottenScan"/>.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task RegisterAsync(string folder, CancellationToken cancellation = default) => database.WriteAsync(session => session.RunAsync($"""
        INSERT INTO privacy_folders (folder, started_at) VALUES ({folder}, {database.Time.GetUtcNow()})
        ON CONFLICT (folder) DO UPDATE SET started_at = excluded.started_at
        """), cancellation);

    /// <summary>
    /// Refuses people who were erased after a backup was made, in the folder that was restored from it. The folder is scanned for them and for all other erased people. Idempotent.
    /// </summary>
    /// <param name="folder">The restored folder.</param>
    /// <param name="tombstones">The tombstones that were kept beside the backup. The control database may have them.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task RestoreAsync(string folder, IReadOnlyList<Tombstone> tombstones, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        var added = 0L;
        foreach (var tombstone in tombstones)
        {
            added += await session.RunAsync($"""
                INSERT INTO tombstones (store, person, created_at, request) VALUES ({tombstone.Store}, {tombstone.Person}, {tombstone.At}, {"restored"})
                ON CONFLICT (store, person) DO NOTHING
                """);
        }

        await session.RunAsync($"UPDATE privacy_folders SET scanned_at = {(DateTimeOffset?)null} WHERE folder = {folder}");
        await session.MarkChangedAsync(Tombstones.Topic);
        await _audit.AppendAsync(session, new AuditEvent(AuditEvent.Engine, "privacy.restore", $"folder:{folder}", null,
            string.Create(CultureInfo.InvariantCulture, $$"""{"tombstones":{{tombstones.Count}},"added":{{added}}}""")));
    }, cancellation);

    /// <summary>Returns whether a folder may have data of people who were erased elsewhere, or before it was restored.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    internal async Task<bool> MustScanAsync(string folder, CancellationToken cancellation = default) => await database.ReadAsync(session =>
        session.NumberAsync($"SELECT COUNT(*) FROM privacy_folders WHERE folder = {folder} AND scanned_at IS NULL"), cancellation) > 0;

    /// <summary>Records that requests were added for all erased people whom the scan found.</summary>
    internal Task SetScannedAsync(string folder, CancellationToken cancellation) => database.WriteAsync(session =>
        session.RunAsync($"UPDATE privacy_folders SET scanned_at = {database.Time.GetUtcNow()} WHERE folder = {folder}"), cancellation);

    /// <summary>Lists the folders, with the last start of each one's engine.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<(string Folder, DateTimeOffset StartedAt)>> ListAsync(CancellationToken cancellation = default) => database.ReadAsync(session => session.ListAsync(
        $"SELECT folder, started_at FROM privacy_folders ORDER BY folder LIMIT {Max}", row => (row.Text(0), row.Time(1))), cancellation);

    /// <summary>
    /// Removes a folder that is deleted, and fails its open requests, which nobody executes any more. If its engine starts again, it registers and scans the folder.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns><see langword="false"/> if the folder is unknown.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<bool> RemoveAsync(string folder, string actor, CancellationToken cancellation = default) => database.WriteAsync(async session =>
    {
        if (await session.RunAsync($"DELETE FROM privacy_folders WHERE folder = {folder}") == 0)
        {
            return false;
        }

        // Copies of other engines' requests are not awaited any more. One that was requested here stays, so that its status can be read.
        var isOpen = SqlPart.Of($"folder = {folder} AND state IN ({ErasureRequest.Pending}, {ErasureRequest.Running})");
        await session.RunAsync($"DELETE FROM privacy_requests WHERE origin IS NOT NULL AND {isOpen}");
        await session.RunAsync($"""
            UPDATE privacy_requests SET state = {ErasureRequest.Failed}, subject = {(byte[]?)null}, problem = {"the data folder was unregistered"}, ended_at = {database.Time.GetUtcNow()}
            WHERE {isOpen}
            """);
        await _audit.AppendAsync(session, new AuditEvent(actor, "privacy.unregister", $"folder:{folder}"));
        return true;
    }, cancellation);

    /// <summary>Lists the other folders in a transaction.</summary>
    internal static Task<List<string>> OthersAsync(ControlSession session, string folder) =>
        session.ListAsync($"SELECT folder FROM privacy_folders WHERE folder <> {folder} ORDER BY folder LIMIT {Max}", row => row.Text(0));
}
