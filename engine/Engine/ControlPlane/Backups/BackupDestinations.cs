using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Backups;

/// <summary>Knows where backups are, so that a person who is forgotten can be forgotten there too. Any thread, and any process.</summary>
/// <param name="database">The database.</param>
public sealed class BackupDestinations(ControlDatabase database)
{
    // More than anybody has.
    const int MaxDestinations = 1000;

    /// <summary>Lists the destinations of an engine.</summary>
    /// <param name="engine">The engine's id where engines share the database; else empty.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<BackupDestination>> ListAsync(string engine, CancellationToken cancellation = default) => database.ReadAsync(session => session.ListAsync(
        $"SELECT path, engine, key_file, is_encrypted, last_at FROM backup_destinations WHERE engine = {engine} ORDER BY path LIMIT {MaxDestinations}",
        row => new BackupDestination(row.Text(0), row.Text(1), row.TextOrNull(2), row.IsTrue(3), row.Time(4))), cancellation);

    /// <summary>Records a destination. Called before a backup is made, so that none is unknown.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task RegisterAsync(BackupDestination destination, CancellationToken cancellation = default) => database.WriteAsync(session => session.RunAsync($"""
        INSERT INTO backup_destinations (path, engine, key_file, is_encrypted, last_at)
        VALUES ({destination.Path}, {destination.Engine}, {destination.KeyFile}, {destination.IsEncrypted}, {destination.LastAt})
        ON CONFLICT (path, engine) DO UPDATE SET key_file = excluded.key_file, is_encrypted = excluded.is_encrypted, last_at = excluded.last_at
        """), cancellation);

    /// <summary>Forgets a destination whose backups are gone.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task RemoveAsync(string path, string engine, CancellationToken cancellation = default) =>
        database.WriteAsync(session => session.RunAsync($"DELETE FROM backup_destinations WHERE path = {path} AND engine = {engine}"), cancellation);
}
