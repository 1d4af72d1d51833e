using System.Globalization;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>
/// The database of what people and receivers know of alerts: the ledger of notices, silences, acknowledgements and the history. Not
/// thread-safe: all that use it share one lock.
/// </summary>
public sealed class NoticeDatabase : IDisposable
{
    // 2: silences recur. 3: the ledger has the starts of what fires.
    const int Version = 3;

    readonly List<Action> _undo = [];
    bool _isInTransaction;

    /// <summary>Opens the database; creates it if it is missing.</summary>
    /// <param name="path">The file; <c>:memory:</c> for one that ends with the process.</param>
    /// <exception cref="IOException">It cannot be opened, or a newer version wrote it.</exception>
    public NoticeDatabase(string path)
    {
        Database = new Database(path);
        var version = Database.Prepare("PRAGMA user_version").Number() ?? 0;
        if (version > Version)
        {
            Database.Dispose();
            throw new IOException($"{path} is of a newer version ({version}); this one reads up to {Version}");
        }

        if (version == 1)
        {
            Database.Execute("BEGIN IMMEDIATE; ALTER TABLE silences ADD COLUMN recurrence TEXT NOT NULL DEFAULT ''; PRAGMA user_version=2; COMMIT");
        }

        if (version is 1 or 2)
        {
            Database.Execute("BEGIN IMMEDIATE; ALTER TABLE ledger ADD COLUMN starts BLOB NOT NULL DEFAULT x''; PRAGMA user_version=3; COMMIT");
        }

        Database.Execute("""
            CREATE TABLE IF NOT EXISTS ledger(
              integration TEXT NOT NULL, group_key TEXT NOT NULL, at INTEGER NOT NULL, firing BLOB NOT NULL, resolved BLOB NOT NULL, starts BLOB NOT NULL DEFAULT x'',
              PRIMARY KEY(integration, group_key)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS silences(
              id TEXT PRIMARY KEY, matchers TEXT NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
              created_by TEXT NOT NULL, comment TEXT NOT NULL, warned INTEGER NOT NULL, recurrence TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS occurrences(
              number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, labels TEXT NOT NULL, annotations TEXT NOT NULL, severity TEXT NOT NULL, service TEXT NOT NULL,
              rule TEXT NOT NULL, generator TEXT NOT NULL, value REAL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, resolved_at INTEGER,
              acknowledged_at INTEGER, acknowledged_by TEXT, resolved_by TEXT, note TEXT);
            CREATE INDEX IF NOT EXISTS occurrences_active ON occurrences(number) WHERE resolved_at IS NULL;
            CREATE TABLE IF NOT EXISTS transitions(
              occurrence INTEGER NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, kind INTEGER NOT NULL, who TEXT, note TEXT,
              PRIMARY KEY(occurrence, number)) WITHOUT ROWID;
            """);
        Database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version={Version}"));
        Database.Execute("PRAGMA wal_autocheckpoint=1000");
    }

    /// <summary>The connection.</summary>
    internal Database Database { get; }

    /// <summary>Runs changes that become durable together.</summary>
    /// <exception cref="IOException">The database cannot be written; nothing was.</exception>
    public void InTransaction(Action changes)
    {
        Database.Execute("BEGIN IMMEDIATE");
        _isInTransaction = true;
        try
        {
            changes();
            Database.Execute("COMMIT");
        }
        catch
        {
            RollBack();
            throw;
        }
        finally
        {
            _isInTransaction = false;
            _undo.Clear();
        }
    }

    /// <summary>Registers what restores memory if the transaction fails; does nothing outside of one. The latest registered runs first.</summary>
    internal void OnRollback(Action undo)
    {
        if (_isInTransaction)
        {
            _undo.Add(undo);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Database.Checkpoint();
        Database.Dispose();
    }

    void RollBack()
    {
        try
        {
            Database.Execute("ROLLBACK");
        }
        finally
        {
            for (var i = _undo.Count - 1; i >= 0; i--)
            {
                _undo[i]();
            }
        }
    }
}
