using SQLitePCL;

namespace CartRecovery.Engine.Storage;

/// <summary>
/// A connection to an SQLite database. Not thread-safe. A commit survives a process crash at once. It survives a power loss once <see
/// cref="LogPath"/> is synced; the owner syncs it, so that no commit waits for the disk.
/// </summary>
public sealed class Database : IDisposable
{
    /// <summary>Memory of the page cache, in bytes.</summary>
    public const long CacheBytes = 64 << 20;

    readonly List<Statement> _statements = [];
    readonly sqlite3 _handle;

    static Database() => raw.SetProvider(new SQLite3Provider_e_sqlite3());

    /// <summary>Opens a database; creates it if missing.</summary>
    /// <param name="path">The file; <c>:memory:</c> for an in-memory database.</param>
    /// <param name="isReader">Whether the connection only reads, beside the writer's connection.</param>
    /// <exception cref="IOException">The database cannot be opened.</exception>
    public Database(string path, bool isReader = false)
    {
        Path = path;
        var flags = raw.SQLITE_OPEN_NOMUTEX | (isReader ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        var code = raw.sqlite3_open_v2(path, out _handle, flags, null);
        if (code != raw.SQLITE_OK)
        {
            _handle?.Dispose();
            throw new IOException($"cannot open {path}: {raw.sqlite3_errstr(code).utf8_to_string()}");
        }

        Execute("PRAGMA busy_timeout=5000");
        if (!isReader)
        {
            Execute("PRAGMA journal_mode=WAL");
            Execute("PRAGMA synchronous=NORMAL");
            Execute($"PRAGMA cache_size=-{CacheBytes >> 10}");
            Execute("PRAGMA wal_autocheckpoint=0");

            // Overwrites deleted rows with zeros in pages that are written anyway.
            Execute("PRAGMA secure_delete=FAST");
        }
    }

    /// <summary>The database file.</summary>
    public string Path { get; }

    /// <summary>The write-ahead log of <see cref="Path"/>.</summary>
    public string LogPath => Path + "-wal";

    /// <summary>Number of pages this connection has written to the log.</summary>
    public int PagesLogged => raw.sqlite3_db_status(_handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, 0) == raw.SQLITE_OK ? pages : 0;

    /// <summary>Checkpoints the write-ahead log without blocking on readers (<c>PASSIVE</c>).</summary>
    /// <returns>The number of pages left in the log.</returns>
    /// <exception cref="IOException">The checkpoint failed.</exception>
    public int Checkpoint()
    {
        var code = raw.sqlite3_wal_checkpoint_v2(_handle, null, raw.SQLITE_CHECKPOINT_PASSIVE, out var logged, out var moved);
        return code is raw.SQLITE_OK or raw.SQLITE_BUSY ? Math.Max(0, logged - moved) : throw Failure(code);
    }

    /// <summary>Number of rows changed by the last statement.</summary>
    public int Changes => raw.sqlite3_changes(_handle);

    /// <summary>Runs statements that return no rows.</summary>
    /// <exception cref="IOException">A statement failed.</exception>
    public void Execute(string sql)
    {
        var code = raw.sqlite3_exec(_handle, sql);
        if (code != raw.SQLITE_OK)
        {
            throw Failure(code);
        }
    }

    /// <summary>Prepares a statement that lives as long as the connection.</summary>
    /// <param name="sql">One statement; parameters are <c>?1</c>, <c>?2</c> and so on.</param>
    /// <exception cref="IOException">The statement is invalid.</exception>
    public Statement Prepare(string sql)
    {
        var code = raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var handle);
        if (code != raw.SQLITE_OK)
        {
            throw Failure(code);
        }

        var statement = new Statement(this, handle);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Closes a statement before the connection.</summary>
    internal void Forget(Statement statement)
    {
        _statements.Remove(statement);
        statement.Close();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var statement in _statements)
        {
            statement.Close();
        }

        _handle.Dispose();
    }

    internal IOException Failure(int code) => new($"{Path}: {raw.sqlite3_errmsg(_handle).utf8_to_string()} ({code})");
}
