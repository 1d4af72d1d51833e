using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Backups;

/// <summary>Stores which folders have backups, so that an erasure can replace the backups as well. Thread-safe; used by several processes.</summary>
/// <param name="database">The database.</param>
public sealed class BackupDestinations(ControlDatabase database)
{
    // Far more than an installation has; bounds the list.
    const int MaxDestinations = 1000;

    /// <summary>Lists the destinations of an engine.</summary>
    /// <param name="engine">The engine's id if several engines share the database; else empty.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<BackupDestination>> ListAsync(string engine, CancellationToken cancellation = default) => database.ReadAsync(session => session.ListAsync(
        $"SELECT path, engine, key_file, is_encrypted, last_at FROM backup_destinations WHERE engine = {engine} ORDER BY path LIMIT {MaxDestinations}",
        row => new BackupDestination(row.Text(0), row.Text(1), row.TextOrNull(2), row.IsTrue(3), row.Time(4))), cancellation);

    /// <summary>Records a destination. Called before the backup is written: a failed backup must not leave an unknown folder.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task RegisterAsync(BackupDestination destination, CancellationToken cancellation = default) => database.WriteAsync(session => session.RunAsync($"""
        INSERT INTO backup_destinations (path, engine, key_file, is_encrypted, last_at)
        VALUES ({destination.Path}, {destination.Engine}, {destination.KeyFile}, {destination.IsEncrypted}, {destination.LastAt})
        ON CONFLICT (path, engine) DO UPDATE SET key_file = excluded.key_file, is_encrypted = excluded.is_encrypted, last_at = excluded.last_at
        """), cancellation);

    /// <summary>Removes a destination. The caller has made sure that its backups are gone.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task RemoveAsync(string path, string engine, CancellationToken cancellation = default) =>
        database.WriteAsync(session => session.RunAsync($"DELETE FROM backup_destinations WHERE path = {path} AND engine = {engine}"), cancellation);
}
